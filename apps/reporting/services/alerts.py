"""Alert rules: a figure crosses a threshold, somebody is told once, with the way to its cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import round_quantity
from apps.core.services.documents import lock, require_company
from apps.core.services.master_data import create_row
from apps.core.services.outbox import enqueue
from apps.core.transactions import unit_of_work
from apps.reporting.measures import measures
from apps.reporting.models import AlertEvent, AlertRule
from apps.reporting.queries.pivots import read_value
from apps.reporting.queries.readings import read_measures
from apps.reporting.queries.scope import Asked, asked_by
from apps.reporting.services.recipients import check_recipients
from apps.reporting.services.saved_reports import read_question, require_owner
from apps.reporting.services.schedules import owner_asking

SEND = "reporting.send_alert"
Kind = AlertEvent.Kind


def create_alert_rule(*, by: User, reason: str = "", **values: Any) -> AlertRule:
    """Watch a figure from now on. Raises ``InvalidInput`` for what can't be watched by ``by``."""
    rule = AlertRule(**values, owner=by)
    _check(rule, by)
    values |= {"recipients": rule.recipients, "owner": by}
    return create_row(AlertRule, values=values, by=by, reason=reason)


def update_alert_rule(
    rule: AlertRule, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> AlertRule:
    """Change it; only its owner may. It begins anew: not raised, not quiet."""
    require_owner(rule, by)
    with unit_of_work():
        current = lock(rule, version=version)
        for name, value in values.items():
            setattr(current, name, value)
        _check(current, current.owner)
        if current.is_raised:
            _write(current, Kind.CLEARED, current.last_value or Decimal(0), timezone.now(), "")
        current.is_raised, current.last_raised_at = False, None
        return current.save_by(by, reason=reason)


def check_alerts(now: datetime | None = None) -> int:
    """Look at every active rule; how many were raised. One that can't be read says why."""
    now = now or timezone.now()
    raised = 0
    keys = AlertRule.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
    for key in keys:
        with unit_of_work():
            rule = (
                AlertRule.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("company", "report", "owner")
                .filter(pk=key, is_active=True)
                .first()
            )
            if rule is not None:
                raised += check_alert(rule, now)
    return raised


def check_alert(rule: AlertRule, now: datetime) -> bool:
    """Look at one rule, locked by the caller; whether it was raised now."""
    event, message = None, ""
    try:
        value, url = _figure(rule, owner_asking(rule.owner_id))
    except BusinessError as error:
        value, url, message = None, "", error.message
    if value is not None:
        kind = _crossing(rule, value, now)
        if kind is not None:
            event = _write(rule, kind, value, now, url)
            rule.is_raised = kind == Kind.RAISED
        if kind == Kind.RAISED and event is not None:
            rule.last_raised_at = now
            enqueue(SEND, event_id=event.pk)
    if event is None and rule.message == message:
        # Nothing worth a line of history.
        AlertRule.objects.filter(pk=rule.pk).update(last_value=value, checked_at=now)
        return False
    rule.last_value, rule.checked_at, rule.message = value, now, message
    rule.save_by(rule.owner)
    return event is not None and event.kind == Kind.RAISED


def send_alert(event_id: int) -> bool:
    """Hand one alert to the mail server, unless that was done; whether it was done now."""
    with unit_of_work():
        event = AlertEvent.objects.select_for_update(of=("self",)).get(pk=event_id)
        if event.sent_at is not None:
            return False
        rule = event.rule
        event.sent_at = timezone.now()
        event.save()
        message = EmailMessage(
            subject=_("Alert: {name}").format(name=rule.name),
            body=_("{name}: {value} is {direction} {threshold}.\n\n{url}\n").format(
                name=rule.name,
                value=f"{event.value.normalize():f}",
                direction=str(rule.get_direction_display()).lower(),
                threshold=f"{event.threshold.normalize():f}",
                url=f"{settings.PUBLIC_URL}{event.url}",
            ),
            from_email=rule.company.email or settings.DEFAULT_FROM_EMAIL,
            to=rule.recipients.split(", "),
        )
        message.send()
    return True


def _crossing(rule: AlertRule, value: Decimal, now: datetime) -> str | None:
    sign = 1 if rule.direction == AlertRule.Direction.ABOVE else -1
    beyond = sign * (value - rule.threshold)
    if rule.is_raised:
        return Kind.CLEARED if beyond <= -rule.hysteresis else None
    quiet_until = rule.last_raised_at and rule.last_raised_at + timedelta(
        minutes=rule.cool_down_minutes
    )
    if beyond > 0 and (quiet_until is None or now >= quiet_until):
        return Kind.RAISED
    return None


def _write(rule: AlertRule, kind: str, value: Decimal, now: datetime, url: str) -> AlertEvent:
    return AlertEvent.objects.create(
        company_id=rule.company_id,
        rule=rule,
        kind=kind,
        at=now,
        value=value,
        threshold=rule.threshold,
        url=url,
    )


def _figure(rule: AlertRule, asked: Asked) -> tuple[Decimal | None, str]:
    """The figure now, and the page that opens what is behind it."""
    if rule.measure:
        return _measured(rule, asked), reverse("admin:index")
    saved = rule.report
    assert saved is not None  # noqa: S101 - the database holds it
    wanted = read_question(
        saved.dataset,
        saved.question,
        saved.company,
        asked,
        rows="",
        cols="",
        values=rule.value,
    )
    value = read_value(wanted, wanted.values[0])
    page = reverse("reporting-lines", args=[saved.dataset])
    url = f"{page}?{urlencode(wanted.words(), doseq=True)}"
    return None if value is None else round_quantity(value), url


def _measured(rule: AlertRule, asked: Asked) -> Decimal | None:
    measure = measures().get(rule.measure)
    if measure is None or not asked.may_see(measure):
        raise InvalidInput(
            "unknown_measure",
            _("There is no measure {code} that {user} may see.").format(
                code=rule.measure, user=asked.user
            ),
            field="measure",
        )
    only = Asked(asked.user, (rule.company_id,), asked.site_ids, asked.today, asked.now)
    [reading] = read_measures([measure], only)
    values = [value for value in reading.values.values() if value is not None]
    return round_quantity(Decimal(values[0])) if values else None


def _check(rule: AlertRule, owner: User) -> None:
    """Complete ``rule`` or raise ``InvalidInput``."""
    require_company(rule.company, report=rule.report)
    if bool(rule.measure) == (rule.report is not None):
        raise InvalidInput("watch_one", _("Name a measure or a report, not both."), field="measure")
    if rule.hysteresis < 0:
        raise InvalidInput("not_negative", _("Must not be below zero."), field="hysteresis")
    saved = rule.report
    if saved is not None:
        if not type(saved).objects.visible_to(owner).filter(pk=saved.pk).exists():
            raise InvalidInput("does_not_exist", _("There is no such row."), field="report")
        wanted = read_question(saved.dataset, saved.question, saved.company, asked_by(owner))
        if wanted.dataset.value(rule.value) is None:
            codes = ", ".join(value.code for value in wanted.dataset.values)
            raise InvalidInput(
                "unknown_value", _("Choose one of: {names}.").format(names=codes), field="value"
            )
    rule.recipients = check_recipients(rule.recipients, rule.company)
    _figure(rule, asked_by(owner))
