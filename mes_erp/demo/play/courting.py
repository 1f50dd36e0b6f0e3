"""What comes before an order and after a delivery: leads, offers, a complaint made good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from functools import partial

from apps.core.services.master_data import create_row
from apps.crm.models import (
    Complaint,
    Lead,
    Opportunity,
    OpportunityStage,
    OutcomeReason,
    PriceList,
    Quotation,
    Return,
    SalesOrderLine,
    SellerLimit,
)
from apps.crm.services.activities import finish_activity, plan_activity
from apps.crm.services.complaints import accept_complaint, close_complaint, open_complaint
from apps.crm.services.leads import convert_lead, create_lead, lose_lead, qualify_lead
from apps.crm.services.opportunities import Interest, create_opportunity, move_opportunity
from apps.crm.services.price_lists import create_price_rule
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.quotation_orders import order_quotation
from apps.crm.services.quotations import (
    approve_discount,
    approve_quotation,
    create_quotation,
    expire_quotations,
    lose_quotation,
    send_quotation,
)
from apps.crm.services.return_settlement import credit_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    close_return,
    inspect_return,
    receive_return,
    request_return,
)
from apps.crm.services.sales_orders import confirm_sales_order
from apps.crm.services.service_cases import open_service_case, solve_service_case
from apps.supply_chain.models import Shipment, ShipmentLine
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

STAGES = (
    ("NEW", "First contact", 10, "10"),
    ("NEED", "Need understood", 20, "30"),
    ("OFFER", "Offer made", 30, "60"),
    ("DECIDE", "Decision awaited", 40, "80"),
)
REASONS = (
    ("W-LEAD", "Delivery date", "won"),
    ("W-SERVICE", "Service nearby", "won"),
    ("L-PRICE", "Price", "lost"),
    ("L-PROJECT", "Project given up", "lost"),
)
WON, LOST, SHORT, OPEN = "Stable doors, 20 QT80", "Trackers, pilot row", "Bed lifts", "Vent flaps"


class Courtship:
    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan, self.time = plant, plan, plant.time
        self.by, self.manager = plant.user("sales"), plant.user("plant_manager")
        self.main = str(plant.files.story["company"]["main_site"])

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[int, int, Callable[[Date], object]], ...] = (
            (1, 9, self.take_up_leads),
            (2, 11, self.qualify),
            (3, 10, self.offer_others),
            (5, 10, self.quote),
            (12, 10, self.win),
            (13, 9, self.expire),
            (14, 14, self.lose),
            (15, 9, self.complain),
            (17, 10, self.take_back),
            (18, 11, self.offer_again),
        )
        for working_day, hour, do in steps:
            day = self.time.day(self.main, working_day)
            at = self.time.moment(self.main, day, hour, 25)
            yield Act(at, Step.BOOKS, f"crm {working_day}", partial(do, day))

    # --- before the order -------------------------------------------------------------------

    def take_up_leads(self, day: Date) -> None:
        company = self.plant.company
        for name, organisation, source in (
            ("Jutta Feddersen", "Stallbau Eiderstedt GmbH", "fair"),
            ("Marco Bellini", "Tende Lago S.r.l.", "web"),
            ("Ana Reis", "Rega do Alentejo, Lda.", "web"),
        ):
            email = f"{name.split()[0].lower()}@{organisation.split()[0].lower()}.example"
            create_lead(
                company,
                name=name,
                organisation=organisation,
                email=email,
                source=source if source in self._sources else "other",
                owner=self.by,
                by=self.by,
            )

    def qualify(self, day: Date) -> None:
        """The first becomes an opportunity, the second does not."""
        first, second, _third = self._leads()
        lead = qualify_lead(first, by=self.by)
        convert_lead(
            lead,
            name=WON,
            partner_code="C2061",
            value=Decimal("7600"),
            expected_close=day + timedelta(days=21),
            by=self.by,
        )
        opportunity = self._opportunity(WON)
        activity = plan_activity(
            opportunity, subject="Visit: doors, forces, power supply", due_date=day, by=self.by
        )
        finish_activity(activity, outcome="Needs 80 Nm, 24 V, twenty doors", by=self.by)
        move_opportunity(opportunity, stage=self._stage("NEED"), by=self.by)
        lose_lead(second, outcome_reason=self._reason("L-PROJECT"), by=self.by)

    def offer_others(self, day: Date) -> None:
        """An offer above the seller's limit, agreed by the manager; one that ends in a week."""
        plant = self.plant
        create_opportunity(
            plant.company,
            name=LOST,
            partner=plant.partners["C2022"],
            stage=self._stage("OFFER"),
            items=[Interest(plant.items["LA25-500"], Decimal(24))],
            by=self.by,
        )
        quotation = self._quote(LOST, "C2022", "LA25-500", 24, discount_percent=Decimal(12))
        quotation = approve_discount(quotation, by=self.manager)
        self._send(quotation)
        quotation = self._quote(SHORT, "C2041", "LA12-300", 40, valid_until=day + timedelta(days=7))
        self._send(quotation)

    def quote(self, day: Date) -> None:
        opportunity = self._opportunity(WON)
        quotation = create_quotation(
            self.plant.company,
            partner=opportunity.partner,
            site=self.plant.main_site,
            opportunity=opportunity,
            lines=[QuotedLine(self.plant.items["QT80-24"], Decimal(20))],
            note=WON,
            by=self.by,
        )
        self._send(quotation)
        move_opportunity(self._opportunity(WON), stage=self._stage("OFFER"), by=self.by)

    def win(self, day: Date) -> None:
        """The order as it was quoted, confirmed for its promise date."""
        order = order_quotation(
            self._quotation(WON),
            customer_reference="SE-2026-118",
            outcome_reason=self._reason("W-LEAD"),
            by=self.by,
        )
        confirm_sales_order(order, by=self.by)

    def expire(self, day: Date) -> None:
        expire_quotations(self.plant.company, at=day, by=self.by)

    def lose(self, day: Date) -> None:
        lose_quotation(self._quotation(LOST), outcome_reason=self._reason("L-PRICE"), by=self.by)

    def offer_again(self, day: Date) -> None:
        """One offer is with its customer when the story ends, somebody calls next week."""
        quotation = self._send(self._quote(OPEN, "C2028", "QT40-24", 60))
        plan_activity(
            quotation, subject="Call: decision?", due_date=day + timedelta(days=12), by=self.by
        )

    # --- after the delivery -----------------------------------------------------------------

    def complain(self, day: Date) -> None:
        """A customer's actuator stops half way: a case, a complaint that is accepted."""
        line, order_line = self._delivered()
        case = open_service_case(
            self.plant.company,
            partner=line.shipment.partner,
            subject="Actuator stops half way",
            item=line.item,
            lot=line.lot,
            by=self.by,
        )
        solve_service_case(case, solution="Limit switch set wrong; exchange agreed", by=self.by)
        complaint = open_complaint(
            self.plant.company,
            partner=line.shipment.partner,
            item=line.item,
            quantity=Decimal(1),
            description="Stops half way, limit switch does not hold",
            service_case=case,
            order_line=order_line,
            lot=line.lot,
            complained_on=day,
            by=self.by,
        )
        accept_complaint(complaint, answer="We take it back and credit it", by=self.by)
        rma = request_return(
            self.plant.company,
            partner=line.shipment.partner,
            site=self.plant.main_site,
            reason="Stops half way",
            lines=[ReturnedLine(order_line, Decimal(1), lot=line.lot)],
            complaint=complaint,
            requested_on=day,
            by=self.by,
        )
        approve_return(rma, by=self.manager)

    def take_back(self, day: Date) -> None:
        """Received into quarantine, found bad, credited."""
        rma = Return.objects.get(company=self.plant.company)
        rma = receive_return(rma, date=day, by=self.manager)
        findings = [Inspected(line, "keep") for line in rma.lines.all()]
        rma = inspect_return(rma, findings=findings, date=day, by=self.plant.user("quality"))
        credit_return(rma, date=day, by=self.plant.user("accountant"))
        close_return(Return.objects.get(pk=rma.pk), by=self.by)
        close_complaint(Complaint.objects.get(company=self.plant.company), by=self.by)

    def _delivered(self) -> tuple[ShipmentLine, SalesOrderLine]:
        """The first serial number that was shipped and invoiced."""
        rows = ShipmentLine.objects.filter(
            company=self.plant.company,
            shipment__status=Shipment.Status.POSTED,
            lot__isnull=False,
            item__category__code="FIN",
        ).select_related("shipment__partner", "item", "lot", "expected_move")
        line = rows.order_by("pk")[0]
        return line, SalesOrderLine.objects.get(pk=line.expected_move.source_id)

    # --- helpers ----------------------------------------------------------------------------

    def _quote(
        self, note: str, customer: str, item: str, pieces: int, **values: object
    ) -> Quotation:
        given = {k: values.pop(k) for k in ("discount_percent",) if k in values}
        return create_quotation(
            self.plant.company,
            partner=self.plant.partners[customer],
            site=self.plant.main_site,
            lines=[QuotedLine(self.plant.items[item], Decimal(pieces), **given)],
            note=note,
            by=self.by,
            **values,
        )

    def _send(self, quotation: Quotation) -> Quotation:
        return send_quotation(approve_quotation(quotation, by=self.by), by=self.by)

    def _quotation(self, note: str) -> Quotation:
        return Quotation.objects.get(company=self.plant.company, note=note)

    def _opportunity(self, name: str) -> Opportunity:
        return Opportunity.objects.get(company=self.plant.company, name=name)

    def _stage(self, code: str) -> OpportunityStage:
        return OpportunityStage.objects.get(company=self.plant.company, code=code)

    def _reason(self, code: str) -> OutcomeReason:
        return OutcomeReason.objects.get(company=self.plant.company, code=code)

    def _leads(self) -> list[Lead]:
        return list(Lead.objects.filter(company=self.plant.company).order_by("pk"))

    @property
    def _sources(self) -> set[str]:
        return set(Lead.Source.values)


def set_up_selling(plant: Plant, first: Date) -> None:
    """Stages, reasons, a price list, what the seller may give away."""
    company, by = plant.company, plant.user("sales")
    for code, name, position, probability in STAGES:
        values = {"code": code, "name": name, "position": position}
        values |= {"company": company, "probability": Decimal(probability)}
        create_row(OpportunityStage, values=values, by=by)
    for code, name, outcome in REASONS:
        values = {"company": company, "code": code, "name": name, "outcome": outcome}
        create_row(OutcomeReason, values=values, by=by)
    values = {"company": company, "code": "EUR", "name": "Price list, euro"}
    prices = create_row(PriceList, values=values | {"currency": company.currency}, by=by)
    for code, pieces, percent in (("QT80-24", 20, 4), ("QT40-24", 50, 6), ("LA12-300", 40, 5)):
        create_price_rule(
            company,
            price_list=prices,
            item=plant.items[code],
            min_quantity=Decimal(pieces),
            discount_percent=Decimal(percent),
            valid_from=first,
            by=by,
        )
    limit = {"company": company, "user": by, "max_discount_percent": Decimal(5)}
    create_row(SellerLimit, values=limit, by=plant.user("plant_manager"))
