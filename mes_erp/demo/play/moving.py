"""Stock that moves without being bought, made or sold: opening, lorries, counts, scrap."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from random import Random

from apps.core.sql import fetch_all
from apps.engineering.models import CostRollup, StandardCost
from apps.inventory.models import StockBalance, StockDocument
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.opening_stock import OpeningLine, post_opening_stock
from apps.inventory.services.picking import pick_lots
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from mes_erp.demo.plan.model import Adjustment, Plan, Transfer
from mes_erp.demo.play.plant import Plant

Kind = StockDocument.Kind
_FREE = """
SELECT t.code, b.quantity - b.reserved
  FROM inventory_stockbalance b JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.item_id = %s AND b.location_id = %s AND b.quantity > b.reserved AND t.status = 'available'
 ORDER BY t.expires_on NULLS LAST, b.lot_id
"""


class Mover:
    def __init__(self, plant: Plant) -> None:
        self.plant = plant

    def open_stock(self, plan: Plan, date: Date) -> list[StockDocument]:
        """What lay there when the books were taken over, by lot and serial number."""
        rollup = CostRollup.objects.filter(company=self.plant.company).latest("pk")
        standard = dict(
            StandardCost.objects.filter(rollup=rollup).values_list("item__code", "total")
        )
        lines: list[OpeningLine] = []
        lots: list[NewLot] = []
        for (site, code), quantity in plan.opening.items():
            if not quantity:
                continue
            item, files = self.plant.items[code], self.plant.files.items[code]
            is_sold = files.category in ("FIN", "TRADE")
            place = self.plant.locations["LUE-FG"] if is_sold else self.plant.store(site)
            cost = standard[code] if item.category.costing == "standard" else item.purchase_price
            for lot, part in self._opening_lots(code, quantity, date):
                lines.append(OpeningLine(item, part, cost, place, lot.code if lot else ""))
                lots += [lot] if lot else []
        by = self.plant.user("plant_manager")
        create_lots(self.plant.company, lots, by=by)
        note = "Taken over from the former system"
        return post_opening_stock(self.plant.company, lines, date=date, note=note, by=by)

    def _opening_lots(
        self, code: str, quantity: Decimal, date: Date
    ) -> list[tuple[NewLot | None, Decimal]]:
        """Serial numbers one by one; other tracked items in one lot or two."""
        item, files = self.plant.items[code], self.plant.files.items[code]
        if item.tracking == "none":
            return [(None, quantity)]
        chance = Random(f"opening/{code}")  # noqa: S311 - a story
        made_on = date - timedelta(days=chance.randrange(6, 40))
        if item.tracking == "serial":
            first = chance.randrange(2000, 8000)
            return [
                (NewLot(item, f"{code}-{date:%y}{first + n}", made_on=made_on), Decimal(1))
                for n in range(int(quantity))
            ]
        half = (quantity / 2).to_integral_value()
        parts = [half, quantity - half] if quantity > 20 else [quantity]
        supplier = self.plant.partners[files.supplier] if files.is_bought else None
        return [
            (
                NewLot(
                    item,
                    f"{made_on + timedelta(days=n):%y%m%d}-{chance.randrange(100, 999)}",
                    supplier=supplier,
                    supplier_lot=f"{chance.choice('ABCKLMRST')}{chance.randrange(10**5, 10**6)}"
                    if supplier
                    else "",
                    made_on=made_on + timedelta(days=n),
                ),
                part,
            )
            for n, part in enumerate(parts)
        ]

    def load(self, transfer: Transfer) -> None:
        """The lorry leaves: goods go into transit, the oldest lots first."""
        company, by = self.plant.company, self.plant.user("planner")
        store = self.plant.store(transfer.from_site)
        road = virtual_location(company, "transit")
        items = {self.plant.items[code].pk: self.plant.items[code] for code in transfer.quantities}
        picks = pick_lots(
            company,
            [
                (self.plant.items[code].pk, Decimal(pieces))
                for code, pieces in transfer.quantities.items()
            ],
            location=store,
        )
        lines = [
            StockLine(items[pick.item_id], pick.quantity, store, road, pick.lot.code)
            for pick in picks
            if pick.lot is not None
        ]
        date = self.plant.time.local_date(transfer.from_site, transfer.leaves_at)
        self._post(Kind.TRANSFER, transfer.from_site, date, lines, by, f"Lorry {transfer.key}")

    def unload(self, transfer: Transfer) -> None:
        """The lorry has come: all that is on the road to the site goes into its store."""
        company, by = self.plant.company, self.plant.user("planner")
        road = virtual_location(company, "transit")
        wanted = {self.plant.items[code].pk: code for code in transfer.quantities}
        rows = StockBalance.objects.filter(
            company=company, location=road, item__in=wanted, quantity__gt=0
        ).select_related("lot")
        lines = [
            StockLine(
                self.plant.items[wanted[row.item_id]],
                row.quantity,
                road,
                self.plant.store(transfer.to_site),
                row.lot.code if row.lot else "",
            )
            for row in rows.order_by("item", "lot")
        ]
        date = self.plant.time.local_date(transfer.to_site, transfer.arrives_at)
        self._post(Kind.TRANSFER, transfer.to_site, date, lines, by, f"Lorry {transfer.key}")

    def adjust(self, adjustment: Adjustment, date: Date) -> None:
        """A count (what is missing goes out, what is too much comes in), or stock thrown away."""
        store = self.plant.store(adjustment.site)
        lines = [
            StockLine(
                self.plant.items[code],
                quantity,
                *((store, None) if difference < 0 else (None, store)),
                lot,
            )
            for code, difference in adjustment.differences.items()
            for lot, quantity in self._by_lot(code, adjustment.site, difference)
        ]
        if adjustment.scrap_reason:
            about = (Kind.SCRAP, self.plant.user("quality"), "Run over by a fork lift")
        else:
            about = (Kind.ADJUSTMENT, self.plant.user("plant_manager"), "Cycle count")
        kind, by, note = about
        reason = adjustment.scrap_reason or "A-COUNT"
        self._post(kind, adjustment.site, date, lines, by, note, reason)

    def _by_lot(self, code: str, site: str, difference: Decimal) -> list[tuple[str, Decimal]]:
        """What is missing goes off the first lots as far as they reach; more is of the first."""
        item, left = self.plant.items[code], abs(difference)
        if item.tracking == "none":
            return [("", left)]
        free = fetch_all(_FREE, [item.pk, self.plant.store(site).pk])
        if difference > 0:
            return [(free[0][0], left)]
        found = []
        for lot, quantity in free:
            taken = min(quantity, left)
            left -= taken
            found.append((lot, taken))
            if not left:
                break
        return found

    def _post(
        self,
        kind: str,
        site: str,
        date: Date,
        lines: list[StockLine],
        by: object,
        note: str,
        reason: str = "",
    ) -> None:
        document = draft_stock_document(
            self.plant.company,
            kind=kind,
            site=self.plant.sites[site],
            date=date,
            lines=lines,
            reason=self.plant.reasons[reason] if reason else None,
            note=note,
            by=by,
        )
        post_stock_document(document, by=by)
