"""Designs hold from one day to another, one at a time; a day asks for the one in force then."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import BusinessError, InvalidInput
from apps.engineering.models import BillOfMaterials
from apps.engineering.queries.effectivity import in_force_on
from apps.engineering.queries.explosion import explosion, item_levels, where_used
from apps.engineering.queries.requirements import released_design
from apps.engineering.services.boms import change_bom, obsolete_bom, release_bom, release_boms
from apps.engineering.services.cost_rollup import create_cost_rollup
from apps.engineering.services.routings import Operation, create_routing, release_routing
from tests.engineering.conftest import Office
from tests.support.reconciled import assert_reconciled

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
DAY = timedelta(days=1)


def days(bom: BillOfMaterials) -> tuple[str, date | None, date | None]:
    bom.refresh_from_db()
    return bom.status, bom.effective_from, bom.effective_until


def test_the_next_revision_ends_the_one_before(office: Office) -> None:
    office.item("P", "2"), office.item("Q", "5")
    old = office.bom("A", ("P", "1"))
    new = office.bom("A", ("Q", "1"), revision="B", effective_from=MAY)
    last = office.bom("A", ("Q", "2"), revision="C", effective_from=JUNE)
    assert days(old) == ("released", None, MAY - DAY)
    assert days(new) == ("released", MAY, JUNE - DAY)
    assert days(last) == ("released", JUNE, None)
    item = office.item("A")
    for day, bom in ((APRIL, old), (MAY - DAY, old), (MAY, new), (JUNE - DAY, new), (JUNE, last)):
        assert released_design(item, on=day)[0] == bom
        assert BillOfMaterials.objects.get(in_force_on(day), item=item) == bom
    assert [node.code for node in explosion(item, on=APRIL)] == ["P"]
    assert [node.code for node in explosion(item, on=MAY)] == ["Q"]
    assert [use.code for use in where_used(office.item("P"), on=APRIL)] == ["A"]
    assert where_used(office.item("P"), on=MAY) == []
    assert item_levels(office.books.company, on=APRIL) != item_levels(office.books.company, on=MAY)
    company, by = office.books.company, office.books.by
    costs = [
        create_cost_rollup(company, date=day, by=by).costs.get(item=item).total
        for day in (APRIL, MAY, JUNE)
    ]
    assert costs == [2, 5, 10]
    history = old.history.order_by("history_id").last()
    assert history.effective_until == MAY - DAY
    assert "newer revision" in history.history_change_reason
    assert_reconciled("released-designs-say-something", "nothing-contains-itself")


def test_a_revision_without_days_takes_all_the_time(office: Office) -> None:
    old = office.bom("A", ("P", "1"))
    new = office.bom("A", ("Q", "1"), revision="B")
    assert (days(old)[0], days(new)) == ("obsolete", ("released", None, None))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, None, "effective_until"),  # would swallow the later one
        (APRIL, None, "effective_until"),
        (JUNE, JUNE + DAY, "effective_from"),  # would cut it in two
    ],
)
def test_overlapping_effectivity_is_refused(
    office: Office, first: date | None, last: date | None, field: str
) -> None:
    later = office.bom("A", ("P", "1"), effective_from=MAY)
    draft = office.draft("A", ("Q", "1"), revision="B", effective_from=first, effective_until=last)
    with pytest.raises(BusinessError) as refused, transaction.atomic():
        release_bom(draft, by=office.books.by)
    assert (refused.value.code, refused.value.field) == ("overlapping_effectivity", field)
    assert days(later) == ("released", MAY, None)
    assert days(draft) == ("draft", first, last)
    change_bom(draft, effective_from=None, effective_until=MAY - DAY, by=office.books.by)
    release_bom(draft, by=office.books.by)
    assert days(later) == ("released", MAY, None)


def test_the_database_keeps_them_apart(office: Office) -> None:
    office.bom("A", ("P", "1"), effective_from=MAY)
    draft = office.draft("A", ("Q", "1"), revision="B", effective_from=JUNE)
    draft.status = "released"
    with pytest.raises(IntegrityError, match="one_in_force"), transaction.atomic():
        draft.save_by(office.books.by)


def test_nothing_ends_before_it_begins(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.draft("A", ("P", "1"), effective_from=MAY, effective_until=APRIL)
    assert (refused.value.code, refused.value.field) == ("ends_before", "effective_until")
    assert not BillOfMaterials.objects.exists()
    draft = office.draft("A", ("P", "1"), effective_from=MAY)
    with pytest.raises(InvalidInput), transaction.atomic():
        change_bom(draft, effective_until=APRIL, by=office.books.by)
    assert days(draft) == ("draft", MAY, None)
    centre = office.centre("WC")
    with pytest.raises(InvalidInput):
        create_routing(
            office.books.company,
            item=office.item("A"),
            operations=[Operation(10, "Saw", centre)],
            effective_from=MAY,
            effective_until=APRIL,
            by=office.books.by,
        )


def test_a_circle_is_refused_whatever_the_days(office: Office) -> None:
    office.bom("A", ("B", "1"), effective_until=APRIL)
    with pytest.raises(BusinessError) as refused, transaction.atomic():
        office.draft("B", ("A", "1"), effective_from=JUNE)
    assert (refused.value.code, refused.value.field) == ("circular_bom", "component")
    assert refused.value.details["items"][0] == refused.value.details["items"][-1]
    assert BillOfMaterials.objects.count() == 1
    obsolete_bom(BillOfMaterials.objects.get(), reason="never again", by=office.books.by)
    office.bom("B", ("A", "1"), effective_from=JUNE)


def test_two_revisions_are_released_together_in_their_order(office: Office) -> None:
    old = office.bom("A", ("P", "1"))
    last = office.draft("A", ("P", "3"), revision="C", effective_from=JUNE)
    new = office.draft("A", ("P", "2"), revision="B", effective_from=MAY)
    release_boms([last, new], by=office.books.by)
    assert [days(bom)[2] for bom in (old, new, last)] == [MAY - DAY, JUNE - DAY, None]


def test_routings_follow_each_other_too(office: Office) -> None:
    centre = office.centre("WC", labour="60")
    old = office.routing("A", Operation(10, "Saw", centre, run_minutes=Decimal(1)))
    new = create_routing(
        office.books.company,
        item=office.item("A"),
        operations=[Operation(10, "Laser", centre, run_minutes=Decimal(3))],
        revision="B",
        effective_from=MAY,
        by=office.books.by,
    )
    release_routing(new, by=office.books.by)
    old.refresh_from_db()
    assert (old.status, old.effective_until) == ("released", MAY - DAY)
    item = office.item("A")
    assert [released_design(item, on=day)[1] for day in (APRIL, MAY)] == [old, new]
    costs = [
        create_cost_rollup(office.books.company, date=day, by=office.books.by)
        .costs.get(item=item)
        .labour
        for day in (APRIL, MAY)
    ]
    assert costs == [1, 3]
