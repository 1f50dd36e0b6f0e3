"""Leads: imported, merged, converted. Opportunities: stages kept for ever, won and lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.crm.models import Activity, Contact, Lead, Opportunity, StageChange
from apps.crm.queries.chain import chain_of
from apps.crm.queries.pipeline import duplicates_of, outcomes, pipeline
from apps.crm.services.activities import plan_activity
from apps.crm.services.leads import (
    convert_lead,
    lose_lead,
    merge_leads,
    qualify_lead,
    reopen_lead,
)
from apps.crm.services.opportunities import (
    Interest,
    lose_opportunity,
    move_opportunity,
    reopen_opportunity,
    update_opportunity,
    win_opportunity,
)
from apps.crm.services.quotation_orders import quote_opportunity
from apps.masterdata.models import Partner
from tests.crm.sales import in_days, lead, opportunity, outcome, stage, today
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade

D = Decimal


def test_a_lead_becomes_customer_contact_and_opportunity(trade: Trade) -> None:
    stage(trade)
    one = lead(trade, "Ann", organisation="Pumps & Co", email="ann@example.com", country="DE")
    with pytest.raises(InvalidTransition):
        convert_lead(one, by=trade.books.by)
    one = qualify_lead(one, by=trade.books.by)
    made = convert_lead(one, value=D(500), partner_code="PUMPS", by=trade.books.by)
    partner = Partner.objects.get(code="PUMPS")
    assert (partner.name, partner.is_customer, partner.country) == ("Pumps & Co", True, "DE")
    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.is_primary) == ("Ann", "ann@example.com", True)
    assert (made.partner, made.contact, made.value, made.probability) == (
        partner, contact, 500, 20,
    )  # fmt: skip
    assert [type(row).__name__ for row in chain_of(made)] == ["Lead", "Opportunity"]
    assert_reconciled()


def test_duplicates_are_found_and_merged(trade: Trade) -> None:
    kept = lead(trade, "Ann", email="Ann@example.com", phone="+49 (0) 123-4567")
    twin = lead(trade, "A. Smith", email="ann@example.com", organisation="Pumps")
    caller = lead(trade, "Anna", phone="4901234567")
    lead(trade, "Bob", email="bob@example.com")
    assert [one.id for one in duplicates_of(kept)] == [twin.pk, caller.pk]
    task = plan_activity(twin, subject="Call", due_date=today(), by=trade.books.by)
    kept = merge_leads(kept, duplicates=[twin, caller], by=trade.books.by)
    assert (kept.organisation, kept.email) == ("Pumps", "Ann@example.com")
    task.refresh_from_db()
    assert task.target == kept
    twin.refresh_from_db()
    assert (twin.status, twin.merged_into) == ("merged", kept)
    with pytest.raises(BusinessError) as refusal:
        merge_leads(kept, duplicates=[twin], by=trade.books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "not_mergeable", "duplicates", 0,
    )  # fmt: skip
    assert_reconciled()


def test_a_lead_is_not_merged_into_itself(trade: Trade) -> None:
    one, other = lead(trade), lead(trade, "Bob")
    api = ApiClient(trade.books.by)
    refused = api.post(f"/crm/leads/{one.pk}/merge/", {"duplicates": [other.pk, one.pk]})
    assert (refused.status_code, codes(refused)) == (422, [("duplicates", "merged_into_itself")])
    assert Lead.objects.filter(status="new").count() == 2
    assert Lead.history.filter(history_type="~").count() == 0


def test_lost_and_taken_up_again(trade: Trade) -> None:
    one = lose_lead(lead(trade), outcome_reason=outcome(trade, "DEAR", "lost"), by=trade.books.by)
    one = reopen_lead(one, reason="they called", by=trade.books.by)
    assert (one.status, one.outcome_reason) == ("new", None)


def test_a_list_of_leads_is_imported_or_refused_whole(trade: Trade) -> None:
    api = ApiClient(trade.books.by)
    text = "name,organisation,email,source\nAnn,Pumps,ann@example.com,fair\nBob,,no-address,fair\n"
    file = SimpleUploadedFile("leads.csv", text.encode(), "text/csv")
    answer = api.upload("/crm/leads/import/", file=file)
    assert answer.status_code == 422, answer.content
    assert not Lead.objects.exists()
    file = SimpleUploadedFile("leads.csv", text.replace("no-address", "").encode(), "text/csv")
    assert api.upload("/crm/leads/import/", file=file).status_code == 200
    assert list(Lead.objects.order_by("pk").values_list("name", "source")) == [
        ("Ann", "fair"), ("Bob", "fair"),
    ]  # fmt: skip


def test_a_formula_in_a_lead_is_text_in_the_export(trade: Trade) -> None:
    evil = '=HYPERLINK("http://evil")'
    lead(trade, evil, organisation="+1", email="a@example.com")
    api = ApiClient(trade.books.by)
    answer = api.client.get("/api/v1/crm/leads/export/?as=csv")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "\"'=HYPERLINK" in text or ",'=HYPERLINK" in text or "'=HYPERLINK" in text
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in text.split(","))


def test_stages_are_kept_and_weighted(trade: Trade) -> None:
    talk, offer = stage(trade), stage(trade, "OFFER", 20, "60")
    item = trade.item(sales_price=D(30))
    one = opportunity(trade, items=[Interest(item, D(10)), Interest(item, D(1))])
    assert (one.value, one.stage) == (330, talk)
    one = move_opportunity(one, stage=offer, by=trade.books.by)
    again = move_opportunity(one, stage=offer, by=trade.books.by)
    assert again.version == one.version
    assert [(c.from_stage, c.to_stage) for c in one.stage_changes.order_by("pk")] == [
        (None, talk), (talk, offer),
    ]  # fmt: skip
    sums = {row.code: (row.value, row.weighted) for row in pipeline(trade.books.company)}
    assert sums == {"TALK": (0, 0), "OFFER": (330, 198)}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StageChange.objects.update(value=1)
    one = update_opportunity(one, items=[Interest(item, D(2))], by=trade.books.by)
    assert one.value == 60
    assert_reconciled()


def test_won_and_lost_by_reason(trade: Trade) -> None:
    stage(trade)
    dear = outcome(trade, "DEAR", "lost")
    first, second, third = (opportunity(trade, value=D(100 * n)) for n in (1, 2, 3))
    with pytest.raises(InvalidInput) as refusal:
        win_opportunity(first, outcome_reason=dear, by=trade.books.by)
    assert refusal.value.code == "wrong_reason"
    win_opportunity(first, by=trade.books.by)
    lose_opportunity(second, outcome_reason=dear, by=trade.books.by)
    third = lose_opportunity(third, outcome_reason=dear, by=trade.books.by)
    found = outcomes(trade.books.company, since=today(), until=in_days(1))
    assert [(o.outcome, o.reason, o.opportunities, o.value) for o in found] == [
        ("won", None, 1, 100), ("lost", "DEAR", 2, 500),
    ]  # fmt: skip
    third = reopen_opportunity(third, reason="cheaper now", by=trade.books.by)
    assert (third.status, third.closed_on, third.outcome_reason) == ("open", None, None)
    with pytest.raises(BusinessError):
        move_opportunity(first, stage=stage(trade, "X"), by=trade.books.by)


def test_items_flow_to_the_quotation(trade: Trade) -> None:
    stage(trade)
    item = trade.item(sales_price=D(30), purchase_price=D(13))
    one = opportunity(trade, items=[Interest(item, D(2), trade.box_of(item, 12))])
    offer = quote_opportunity(
        one, site=trade.books.site, margin_percent=D(35), price_step=D(1), by=trade.books.by
    )
    line = offer.lines.get()
    assert (line.quantity, line.stock_quantity, line.unit_price) == (2, 24, 240)
    assert offer.opportunity == one
    with pytest.raises(InvalidInput) as refusal:
        quote_opportunity(opportunity(trade), site=trade.books.site, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_items", "items")


def test_without_a_stage_there_is_no_pipeline(trade: Trade) -> None:
    with pytest.raises(BusinessError) as refusal:
        opportunity(trade)
    assert (refusal.value.code, refusal.value.field) == ("no_stage", "stage")
    assert not Opportunity.objects.exists() and not Activity.objects.exists()
