"""Alert rules: raised once, quiet, cleared with hysteresis, told with the way to the cause."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import OutboxMessage, User
from apps.reporting.models import AlertEvent, AlertRule
from apps.reporting.services.alerts import (
    SEND,
    check_alerts,
    create_alert_rule,
    send_alert,
    update_alert_rule,
)
from tests.factories import Books
from tests.reporting.test_saved_reports import member, saved
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(books: Books) -> User:
    user = member(books, "anna", "reporting.view_alertrule")
    User.objects.filter(pk=user.pk).update(email="anna@example.com")
    return User.objects.get(pk=user.pk)


def rule(books: Books, owner: User, **values: Any) -> AlertRule:
    if "report" not in values:
        question = "rows=month&period=this_year&account=6100"
        values["report"] = saved(books, owner, question=question)
    values = {
        "company": books.company,
        "code": "RENT",
        "name": "Rent is high",
        "value": "lines",
        "direction": "above",
        "threshold": Decimal(2),
        "hysteresis": Decimal(0),
        "cool_down_minutes": 60,
        "recipients": "anna@example.com",
    } | values
    return create_alert_rule(by=owner, **values)


def rent(books: Books, times: int = 1, amount: str = "10") -> None:
    for _n in range(times):
        books.post(timezone.localdate(), ("6100", amount), ("1010", f"-{amount}"))


def test_it_is_raised_once_and_told_with_its_cause(books: Books, owner: User) -> None:
    one = rule(books, owner)
    now = timezone.now()
    rent(books, 2)
    assert check_alerts(now) == 0, "at the threshold is not above it"
    rent(books)
    assert check_alerts(now) == 1
    assert check_alerts(now + timedelta(minutes=5)) == 0
    one.refresh_from_db()
    assert (one.is_raised, one.last_value) == (True, 3)
    event = AlertEvent.objects.get()
    assert (event.kind, event.value, event.threshold) == ("raised", 3, 2)
    [message] = OutboxMessage.objects.filter(task=SEND)
    assert send_alert(message.payload["event_id"]) is True
    assert send_alert(message.payload["event_id"]) is False
    [sent] = mail.outbox
    assert "3 is above 2" in sent.body and "/reporting/pivot/ledger/lines/" in sent.body
    page = ApiClient(owner).client.get(event.url)
    assert page.status_code == 200
    assert_reconciled()


def test_it_is_cleared_past_the_hysteresis_and_keeps_quiet(books: Books, owner: User) -> None:
    one = rule(
        books, owner, measure="cash", report=None, value="", direction="below",
        threshold=Decimal(0), hysteresis=Decimal(50), cool_down_minutes=60,
    )  # fmt: skip
    now = timezone.now()
    books.post(timezone.localdate(), ("6100", "100"), ("1010", "-100"))
    assert check_alerts(now) == 1
    books.post(timezone.localdate(), ("1010", "120"), ("4000", "-120"))
    check_alerts(now + timedelta(minutes=1))
    one.refresh_from_db()
    assert one.is_raised, "20 is above zero, but not by 50"
    books.post(timezone.localdate(), ("1010", "30"), ("4000", "-30"))
    check_alerts(now + timedelta(minutes=2))
    one.refresh_from_db()
    assert not one.is_raised
    books.post(timezone.localdate(), ("6100", "200"), ("1010", "-200"))
    assert check_alerts(now + timedelta(minutes=3)) == 0, "quiet for an hour"
    assert check_alerts(now + timedelta(minutes=60)) == 1
    assert [e.kind for e in AlertEvent.objects.order_by("pk")] == ["raised", "cleared", "raised"]


def test_a_rule_that_cannot_be_read_says_why(books: Books, owner: User) -> None:
    one = rule(books, owner)
    rent(books, 3)
    owner.user_permissions.clear()
    assert check_alerts() == 0
    one.refresh_from_db()
    assert "may see" in one.message
    assert not AlertEvent.objects.exists()


def test_a_changed_rule_begins_anew(books: Books, owner: User) -> None:
    one = rule(books, owner)
    rent(books, 3)
    check_alerts()
    one.refresh_from_db()
    changed = update_alert_rule(one, by=owner, threshold=Decimal(1))
    assert not changed.is_raised
    assert check_alerts() == 1
    assert_reconciled()


def test_bad_rules_are_refused_by_field(books: Books, owner: User) -> None:
    report = saved(books, owner, code="OTHER")
    for values, wanted in (
        ({"measure": "cash"}, ("measure", "watch_one")),
        ({"report": None}, ("measure", "watch_one")),
        ({"report": None, "measure": "nothing"}, ("measure", "unknown_measure")),
        ({"report": None, "measure": "stock_value"}, ("measure", "unknown_measure")),
        ({"value": "profit"}, ("value", "unknown_value")),
        ({"hysteresis": Decimal(-1)}, ("hysteresis", "not_negative")),
        ({"recipients": "eve@elsewhere.test"}, ("recipients", "stranger")),
        ({"report": saved(books, code="MINE")}, ("report", "does_not_exist")),
    ):
        with pytest.raises(InvalidInput) as caught:
            rule(books, owner, **{"report": report, **values})
        assert (caught.value.field, caught.value.code) == wanted
    assert not AlertRule.objects.exists()
    made = rule(books, owner, report=report)
    with pytest.raises(BusinessError):
        update_alert_rule(made, by=member(books, "ben"), name="Mine")
