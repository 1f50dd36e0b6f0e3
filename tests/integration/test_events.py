"""Changes are noted by the database, in their transaction, for those who subscribed."""

from __future__ import annotations

from datetime import date
from threading import Event, Thread
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import ProgrammingError

from apps.core.models import Company, Document, MasterData, User
from apps.core.services.master_data import update_row
from apps.core.sql import execute, fetch_all
from apps.integration.models import IntegrationEvent, WebhookDelivery
from apps.integration.services.endpoints import update_endpoint
from apps.integration.services.events import forget_old_events, number_events
from apps.integration.services.triggers import kinds_of, noted_models
from apps.integration.sql import STANDING
from apps.masterdata.models import Partner
from tests import factories
from tests.factories import Books
from tests.integration.conftest import Subscribe, make_account

DAY = date(2026, 3, 2)


def make_partner(company: Company, by: User, code: str = "P1") -> Partner:
    return Partner(company=company, code=code, name=code, currency=company.currency).save_by(by)


def kinds() -> list[tuple[str, int]]:
    rows = IntegrationEvent.objects.order_by("id")
    return list(rows.values_list("kind", "object_version"))


def test_every_document_and_noun_is_noted(db: None) -> None:
    """What a later app adds, too: its trigger is made after its migrations."""
    standing = {name for (name,) in fetch_all(STANDING)}
    wanted = {model.history.model._meta.db_table for model in noted_models()}
    assert wanted and wanted == standing
    kept = {model for model in noted_models() if issubclass(model, Document | MasterData)}
    from django.apps import apps

    assert kept == {m for m in apps.get_models() if issubclass(m, Document | MasterData)}


def test_a_change_is_an_event_of_its_version(books: Books, by: User, subscribe: Subscribe) -> None:
    subscribe("masterdata.partner.*")
    partner = make_partner(books.company, by)
    update_row(partner, values={"name": "New"}, by=by)
    assert kinds() == [("masterdata.partner.created", 1), ("masterdata.partner.changed", 2)]
    event = IntegrationEvent.objects.latest("id")
    assert (event.model, event.object_id) == ("masterdata.partner", partner.pk)
    assert event.company == books.company


def test_a_step_is_told_by_its_status(books: Books, by: User, subscribe: Subscribe) -> None:
    subscribe("finance.journalvoucher.*")
    books.post(DAY, ("1010", "5"), ("6110", "-5"))
    assert [kind for kind, _version in kinds()] == [
        "finance.journalvoucher.created",
        "finance.journalvoucher.posted",
    ]


def test_a_document_born_posted_is_both(books: Books, by: User, subscribe: Subscribe) -> None:
    from apps.finance.models import JournalVoucher

    subscribe("finance.journalvoucher.*")
    JournalVoucher(
        company=books.company,
        journal=books.journal(),
        date=DAY,
        status="posted",
        number="V1",
        created_by=by,
    ).save_by(by)
    assert [kind for kind, _version in kinds()] == [
        "finance.journalvoucher.created",
        "finance.journalvoucher.posted",
    ]


def test_without_subscription_nothing_is_written(
    books: Books, by: User, subscribe: Subscribe
) -> None:
    make_partner(books.company, by)
    assert kinds() == []
    made = subscribe("masterdata.item.created masterdata.part*.created").row
    make_partner(books.company, by, "P2")
    make_partner(factories.make_company("AWAY", by=by), by)
    assert kinds() == [("masterdata.partner.created", 1)]
    update_endpoint(made, is_active=False, by=by)
    make_partner(books.company, by, "P3")
    assert len(kinds()) == 1


@pytest.mark.parametrize(
    ("patterns", "is_match"),
    [
        ("*", True),
        ("finance.*", True),
        ("*.posted", True),
        ("hr.* finance.invoice.posted", True),
        ("finance.invoice.post", False),
        ("finance_invoice.posted", False),
        ("financeXinvoice.posted", False),
        ("hr.*", False),
        ("%", False),
    ],
)
def test_patterns(db: None, patterns: str, is_match: bool) -> None:
    found = fetch_all("SELECT integration_matches('finance.invoice.posted', %s)", [patterns])
    assert found == [(is_match,)]


def test_an_underscore_is_no_joker(db: None) -> None:
    sql = "SELECT integration_matches(%s, 'supply_chain.*')"
    assert fetch_all(sql, ["supply_chain.receipt.posted"]) == [(True,)]
    assert fetch_all(sql, ["supplyXchain.receipt.posted"]) == [(False,)]


def test_events_are_numbered_once_and_addressed(
    books: Books, by: User, subscribe: Subscribe
) -> None:
    one = subscribe("masterdata.partner.created").row
    two = subscribe("masterdata.*").row
    make_partner(books.company, by)
    assert number_events() == 1
    assert number_events() == 0
    told = WebhookDelivery.objects.values_list("endpoint_id", "kind", "status")
    kind = "masterdata.partner.created"
    assert sorted(told) == sorted((e.pk, kind, "pending") for e in (one, two))
    assert IntegrationEvent.objects.get().position is not None


def test_an_event_never_changes(books: Books, by: User, subscribe: Subscribe) -> None:
    subscribe()
    make_partner(books.company, by)
    number_events()
    for change in ("kind = 'x'", "position = position + 1", "object_id = 7"):
        with (
            pytest.raises((InternalError, ProgrammingError), match="append-only"),
            transaction.atomic(),
        ):
            execute(f"UPDATE integration_integrationevent SET {change}")


def test_old_events_are_forgotten_but_for_those_that_wait(
    books: Books, by: User, subscribe: Subscribe
) -> None:
    subscribe()
    make_partner(books.company, by)
    make_partner(books.company, by, "P2")
    IntegrationEvent.objects.bulk_create(
        [
            IntegrationEvent(
                company=books.company,
                kind="masterdata.partner.created",
                model="masterdata.partner",
                object_id=number,
                object_version=1,
                occurred_at="2020-01-01T00:00:00Z",
                transaction=1,
            )
            for number in (8, 9)
        ]
    )
    number_events()
    done = WebhookDelivery.objects.get(event__object_id=8)
    done.status, done.status_code, done.next_attempt_at = "delivered", 204, None
    done.save()
    assert forget_old_events() == 1
    assert set(IntegrationEvent.objects.filter(transaction=1).values_list("object_id")) == {(9,)}
    assert IntegrationEvent.objects.exclude(transaction=1).count() == 2


def test_kinds_name_every_status() -> None:
    from apps.supply_chain.models import Receipt

    assert "supply_chain.receipt.posted" in kinds_of(Receipt)
    assert kinds_of(Partner) == [
        "masterdata.partner.created",
        "masterdata.partner.changed",
        "masterdata.partner.deleted",
    ]


@pytest.mark.django_db(transaction=True)
def test_who_commits_late_is_not_skipped(by: User, settings: Any) -> None:
    """A lower id that becomes visible after a higher one has its own, later position."""
    company = factories.make_company("LATE", by=by)
    from apps.integration.services.endpoints import create_endpoint

    settings.WEBHOOK_PORTS = [443]
    account = make_account(company, by=by)
    create_endpoint(
        company,
        code="E",
        url="https://example.com/",
        events="masterdata.partner.*",
        account=account,
        by=by,
    )
    has_written, may_commit = Event(), Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                make_partner(company, by, "SLOW")
                has_written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert has_written.wait(10)
    fast = make_partner(company, by, "FAST")
    assert number_events() == 1
    may_commit.set()
    thread.join()
    assert number_events() == 1
    events = list(IntegrationEvent.objects.order_by("position"))
    assert events[0].object_id == fast.pk
    assert events[0].pk > events[1].pk, "the later position has the lower id"
    assert WebhookDelivery.objects.count() == 2
