"""What is raised, on the home page of whom it concerns."""

from __future__ import annotations

from decimal import Decimal

from apps.core.models import User
from apps.reporting.models import AlertRule
from tests.factories import Books
from tests.reporting.conftest import read
from tests.reporting.test_saved_reports import member


def test_raised_alerts_are_for_owner_and_recipients(books: Books) -> None:
    anna, ben, carl = (
        member(books, name, "reporting.view_alertrule") for name in ("anna", "ben", "carl")
    )
    User.objects.filter(pk=ben.pk).update(email="Ben@example.com")
    rule = AlertRule(
        company=books.company, code="CASH", name="Cash", owner=anna, measure="cash",
        direction="below", threshold=Decimal(0), recipients="x@example.com, ben@example.com",
        is_raised=True,
    ).save_by(anna)  # fmt: skip
    for user, wanted in ((anna, 1), (ben, 1), (carl, 0)):
        assert read(user, "alerts_raised").values == {None: wanted}
    rule.is_active = False
    rule.save_by(anna)
    assert read(anna, "alerts_raised").values == {None: 0}
