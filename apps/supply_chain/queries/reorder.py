"""The suggestions of reorder rules, reckoned when asked for, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from django.db.models import prefetch_related_objects
from django.utils import timezone

from apps.core.models import Company, Site
from apps.core.money import ZERO, round_fraction, round_quantity
from apps.masterdata.services.units import conversion_ratio
from apps.supply_chain.models import ReorderRule
from apps.supply_chain.queries.reorder_figures import (
    Flows,
    demands,
    flows,
    learned_lead_times,
)
from apps.supply_chain.queries.reorder_words import reasons
from apps.supply_chain.queries.sourcing import Source, suppliers_of
from apps.supply_chain.queries.supplier_terms import WorkingDays, working_days
from apps.supply_chain.reordering import (
    Demand,
    LeadTime,
    Level,
    Reckoned,
    Stock,
    min_max,
    reorder_point,
    rounded_up,
)

Method = ReorderRule.Method
_EVERY_DAY = WorkingDays()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one rule comes to today. Quantities in stock units, times in days.

    ``quantity`` is what to order after the supplier's minimum and multiple; zero while there is
    enough. ``reasons`` says in words how it came to that.
    """

    rule_id: int
    item_id: int
    item_code: str
    item_name: str
    unit_code: str
    site_id: int
    site_code: str
    method: str
    partner_id: int | None
    partner_code: str
    partner_name: str
    demand_per_day: Decimal
    demand_deviation: Decimal
    demand_days: int
    lead_time_p50: Decimal
    lead_time_p90: Decimal
    lead_time_receipts: int
    safety_stock: Decimal
    reorder_point: Decimal
    order_up_to: Decimal
    on_hand: Decimal
    reserved: Decimal
    expected_in: Decimal
    expected_out: Decimal
    requested: Decimal
    position: Decimal
    shortfall: Decimal
    quantity: Decimal
    due_date: Date
    unit_price: Decimal | None
    currency: str
    reasons: list[str]


def reorder_suggestions(
    company: Company,
    *,
    site: Site | None = None,
    rule_ids: Iterable[int] | None = None,
    today: Date | None = None,
    with_enough: bool = False,
) -> list[Suggestion]:
    """What to order now, the most urgent first; ``with_enough`` tells of all rules.

    About a dozen statements however many rules.
    """
    today = today or timezone.localdate()
    rules = _rules(company, site, rule_ids)
    if not rules:
        return []
    items = {rule.item_id: rule.item for rule in rules}
    sources = suppliers_of(company, items.values(), today)
    prefetch_related_objects([rule.item for rule in rules], "units")
    partners = {one.partner.pk for one in sources.values() if one.partner}
    book = _Book(
        today,
        sources,
        working_days(company, partners),
        demands([rule.pk for rule in rules], today),
        learned_lead_times(company, items, today),
        flows(company, items),
    )
    found = [book.suggestion(rule) for rule in rules]
    kept = [one for one in found if one.quantity or with_enough]
    return sorted(kept, key=lambda one: (not one.quantity, _cover(one), one.item_code))


def _rules(
    company: Company, site: Site | None, rule_ids: Iterable[int] | None
) -> list[ReorderRule]:
    rows = ReorderRule.objects.filter(company=company, is_active=True, item__is_active=True)
    if site is not None:
        rows = rows.filter(site=site)
    if rule_ids is not None:
        rows = rows.filter(pk__in=list(rule_ids))
    return list(rows.select_related("item__unit", "item__default_supplier", "site").order_by("pk"))


def _cover(one: Suggestion) -> Decimal:
    """For how many days the position lasts: what runs out first is told first."""
    if not one.demand_per_day:
        return Decimal(10**6)
    return (one.position - one.expected_out) / one.demand_per_day


@dataclass(frozen=True, slots=True)
class _Book:
    """All that the rules of one company reckon with."""

    today: Date
    sources: dict[int, Source]
    calendars: dict[int, WorkingDays]
    demands: dict[int, Demand]
    lead_times: dict[tuple[int, int], LeadTime]
    flows: Flows

    def suggestion(self, rule: ReorderRule) -> Suggestion:
        source = self.sources[rule.item_id]
        demand = self.demands.get(rule.pk) or Demand(rule.history_days)
        lead_time = self._lead_time(rule, source)
        stock = self._stock(rule, lead_time)
        level = self._level(rule, stock, demand, lead_time)
        quantity = _orderable(rule, source, level.shortfall)
        partner, terms = source.partner, source.terms
        arrives = self.today + timedelta(days=int(lead_time.p50.to_integral_value(ROUND_CEILING)))
        return Suggestion(
            rule_id=rule.pk,
            item_id=rule.item_id,
            item_code=rule.item.code,
            item_name=rule.item.name,
            unit_code=rule.item.unit.code,
            site_id=rule.site_id,
            site_code=rule.site.code,
            method=rule.method,
            partner_id=partner.pk if partner else None,
            partner_code=partner.code if partner else "",
            partner_name=partner.name if partner else "",
            demand_per_day=round_quantity(demand.per_day),
            demand_deviation=round_quantity(demand.deviation),
            demand_days=demand.days,
            lead_time_p50=lead_time.p50,
            lead_time_p90=lead_time.p90,
            lead_time_receipts=lead_time.receipts,
            safety_stock=level.safety_stock,
            reorder_point=level.reorder_point,
            order_up_to=level.order_up_to,
            on_hand=stock.on_hand,
            reserved=stock.reserved,
            expected_in=stock.expected_in,
            expected_out=stock.expected_out,
            requested=stock.requested,
            position=level.position,
            shortfall=level.shortfall,
            quantity=quantity,
            due_date=arrives,
            unit_price=_price(rule, source, quantity),
            currency=terms.row.currency_id if terms else "",
            reasons=reasons(rule, Reckoned(demand, lead_time, stock, level, quantity)),
        )

    def _lead_time(self, rule: ReorderRule, source: Source) -> LeadTime:
        """What receipts teach, else what is stated, in calendar days."""
        if source.partner is not None:
            learned = self.lead_times.get((rule.item_id, source.partner.pk))
            if learned is not None:
                return learned
        stated = source.terms.row.lead_time_days if source.terms else None
        if stated is None or source.partner is None:
            return LeadTime(Decimal(rule.item.lead_time_days), Decimal(rule.item.lead_time_days))
        calendar = self.calendars.get(source.partner.pk, _EVERY_DAY)
        days = Decimal((calendar.after(self.today, stated) - self.today).days)
        return LeadTime(days, days)

    def _stock(self, rule: ReorderRule, lead_time: LeadTime) -> Stock:
        place = (rule.item_id, rule.site_id)
        days = int(lead_time.p50.to_integral_value(ROUND_CEILING)) + rule.review_days
        return Stock(
            on_hand=self.flows.on_hand.get(place, ZERO),
            reserved=self.flows.reserved.get(place, ZERO),
            expected_in=self.flows.coming.get(place, ZERO),
            requested=self.flows.requested.get(place, ZERO),
            expected_out=self.flows.going_until(place),
            known_out=self.flows.going_until(place, self.today + timedelta(days=days)),
        )

    def _level(self, rule: ReorderRule, stock: Stock, demand: Demand, lead_time: LeadTime) -> Level:
        if rule.method == Method.MIN_MAX:
            return min_max(stock, minimum=rule.minimum, maximum=rule.maximum or rule.minimum)
        return reorder_point(
            stock,
            demand,
            lead_time,
            review_days=rule.review_days,
            service_level_percent=rule.service_level_percent,
            minimum=rule.minimum,
            maximum=rule.maximum,
        )


def _orderable(rule: ReorderRule, source: Source, shortfall: Decimal) -> Decimal:
    """The shortfall in whole units, then in the lots that the supplier sells."""
    if not shortfall:
        return ZERO
    quantity = rounded_up(shortfall, rule.item.unit.decimal_places)
    if source.terms is None:
        return quantity
    ratio = conversion_ratio(rule.item, source.terms.row.unit)
    lots = source.terms.lots_for(Fraction(quantity) / ratio)
    return round_fraction(lots * ratio, 6)


def _price(rule: ReorderRule, source: Source, quantity: Decimal) -> Decimal | None:
    """What the supplier asks per stock unit for that much, in his currency."""
    if source.terms is None or not quantity:
        return None
    ratio = conversion_ratio(rule.item, source.terms.row.unit)
    price = source.terms.price(Fraction(quantity) / ratio)
    return None if price is None else round_fraction(Fraction(price) / ratio, 6)
