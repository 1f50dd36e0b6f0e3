"""The loss bridge as a report: the same rows on the page, in files and in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.models import Company
from apps.core.reports import Column, Kind, Report, Row
from apps.masterdata.models import Machine
from apps.reporting.pivot_request import refused, span
from apps.reporting.queries.loss_bridge import (
    AT_WORK,
    LOST,
    Bridge,
    absorbed_accounts,
    loss_bridges,
)
from apps.reporting.queries.scope import Asked

MOST_DAYS = 92
NAMES = frozenset({"company", "period", "as", "paper"})
TITLES = {
    "good": gettext_lazy("Good output at the ideal cycle"),
    "reduced_speed": gettext_lazy("Reduced speed"),
    "rejects": gettext_lazy("Rejects"),
    "startup_rejects": gettext_lazy("Rejects at start-up"),
    "setup": gettext_lazy("Set-up"),
    "down": gettext_lazy("Unplanned stops"),
    "off": gettext_lazy("Switched off"),
    "idle": gettext_lazy("Minor stops and idling"),
}


@dataclass(frozen=True, slots=True)
class BridgeRequest:
    company: Company
    asked: Asked
    period: str
    date_from: Date
    date_to: Date


def read_bridge_request(given: Any, asked: Asked) -> BridgeRequest:
    """Raises ``InvalidInput`` naming the parameter that is unknown or wrong."""
    for name in given:
        if name not in NAMES:
            raise refused(name[:60], "unknown_parameter", _("There is no such parameter."))
    rows = Company.objects.filter(pk__in=asked.company_ids).select_related("currency")
    if code := given.get("company", ""):
        rows = rows.filter(code=code[:60]) if code.isprintable() else rows.none()
    found = list(rows.order_by("code")[:2])
    if not found:
        raise refused("company", "does_not_exist", _("There is no such company."))
    if len(found) > 1:
        raise refused("company", "company_required", _("Name the company: you belong to several."))
    period = given.get("period", "") or "this_month"
    date_from, date_to = span(period, asked.today)
    if (date_to - date_from).days >= MOST_DAYS:
        raise refused("period", "too_long", _("At most {n} days at once.").format(n=MOST_DAYS))
    return BridgeRequest(found[0], asked, period, date_from, date_to)


def bridge_report(wanted: BridgeRequest) -> Report:
    """Per work centre: each part of planned time, what the books have of it, what they lack."""
    machines = Machine.objects.filter(company=wanted.company).visible_to(wanted.asked.user)
    bridges = loss_bridges(
        wanted.company,
        machines,
        date_from=wanted.date_from,
        date_to=wanted.date_to,
        now=wanted.asked.now,
    )
    accounts = absorbed_accounts(wanted.company)
    rows = [row for bridge in bridges for row in _rows(bridge, wanted, accounts)]
    columns = (
        Column("work_centre", _("Work centre")),
        Column("part", _("Planned time")),
        Column("minutes", _("Minutes"), Kind.QUANTITY),
        Column("amount", _("At the rate"), Kind.MONEY),
        Column("posted", _("Absorbed in the ledger"), Kind.MONEY),
        Column("variance", _("Not absorbed"), Kind.MONEY),
    )
    company = wanted.company
    return Report(
        title=_("Loss bridge"),
        subtitles=(
            f"{company.code} {company.name} · {company.currency_id}",
            f"{wanted.date_from.isoformat()} – {wanted.date_to.isoformat()}",
        ),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )


def _rows(bridge: Bridge, wanted: BridgeRequest, accounts: list[str]) -> list[Row]:
    code = bridge.work_centre.code
    ledger = _ledger_page(bridge, wanted, accounts)

    def part(name: str, posted: Any = None, variance: Any = None) -> Row:
        minutes = round(bridge.minutes[name], 2)
        cells = (code, str(TITLES[name]), minutes, bridge.amounts[name], posted, variance)
        return Row(cells, level=1)

    at_work = sum(bridge.minutes[name] for name in AT_WORK)
    everything = sum(bridge.minutes.values())
    amounts = bridge.amounts
    return [
        *(part(name) for name in AT_WORK),
        Row(
            (
                code, _("At work; orders bore"), round(at_work, 2), bridge.at_work, bridge.borne,
                bridge.residual,
            ),
            is_total=True,
            links={"posted": ledger},
        ),
        *(
            part(
                name,
                bridge.downtime if name == "down" else None,
                bridge.stops_not_posted if name == "down" else amounts[name],
            )
            for name in LOST
        ),
        Row(
            (
                code, _("Planned time; volume variance"), round(everything, 2), bridge.planned,
                bridge.absorbed, bridge.volume_variance,
            ),
            is_total=True,
            links={"posted": ledger},
        ),
    ]  # fmt: skip


def _ledger_page(bridge: Bridge, wanted: BridgeRequest, accounts: list[str]) -> str:
    """The ledger lines behind what was absorbed, where one account takes them."""
    if len(accounts) != 1:
        return ""
    words = {
        "company": wanted.company.code,
        "account": accounts[0],
        "work_centre": bridge.work_centre.pk,
        "date_from": wanted.date_from.isoformat(),
        "date_to": wanted.date_to.isoformat(),
    }
    return f"{reverse('finance-report', args=['general-ledger'])}?{urlencode(words)}"
