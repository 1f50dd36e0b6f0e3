"""Lost minutes and the books: planned time at the rate, what was posted of it, what was not.

The machine cost that a work centre absorbs is what orders bore and what down-time was charged. Its
planned time at the hourly rate less that is the volume variance. The bridge says loss by loss what
the planned time was worth, so that the variance is explained to the cent; what orders bore more or
less than the machines were at work is the residual, and is shown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.execution.oee import Elements
from apps.execution.queries.oee import ShiftElements, elements_by_shift
from apps.finance.conversion import rounded_parts
from apps.masterdata.models import Machine, WorkCentre, WorkCentreRate

#: Where planned time went: at work (orders should bear it), or not.
AT_WORK = ("good", "reduced_speed", "rejects", "startup_rejects", "setup")
LOST = ("down", "off", "idle")
PARTS = (*AT_WORK, *LOST)
MINUTES_PER_HOUR = Decimal(60)

_POSTED = """
WITH interval_type AS (SELECT id FROM django_content_type
                        WHERE app_label = 'execution' AND model = 'machineinterval')
SELECT l.work_centre_id,
       coalesce(-sum(l.amount) FILTER (WHERE e.source_type_id <> (SELECT id FROM interval_type)),
                0),
       coalesce(-sum(l.amount) FILTER (WHERE e.source_type_id = (SELECT id FROM interval_type)), 0)
  FROM finance_journalline l JOIN finance_journalentry e ON e.id = l.entry_id
 WHERE l.company_id = %(company)s AND l.date BETWEEN %(date_from)s AND %(date_to)s
   AND l.work_centre_id IS NOT NULL
   AND l.account_id IN (SELECT r.account_id FROM finance_postingrule r
                         WHERE r.company_id = %(company)s AND r.role = 'machine_absorbed')
 GROUP BY 1
"""
_ACCOUNTS = """
SELECT DISTINCT a.code FROM finance_postingrule r JOIN finance_account a ON a.id = r.account_id
 WHERE r.company_id = %s AND r.role = 'machine_absorbed'
"""


@dataclass(frozen=True, slots=True)
class Bridge:
    """One work centre: minutes and money by part, and what the ledger absorbed.

    ``amounts`` sum to ``planned``. ``borne`` by orders and ``downtime`` are the credits of the
    absorbed machine cost, to the cent.
    """

    work_centre: WorkCentre
    minutes: dict[str, Decimal]
    amounts: dict[str, Decimal]
    borne: Decimal
    downtime: Decimal

    @property
    def planned(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    @property
    def absorbed(self) -> Decimal:
        return self.borne + self.downtime

    @property
    def volume_variance(self) -> Decimal:
        """Planned time at the rate that nothing absorbed; below zero: more was absorbed."""
        return self.planned - self.absorbed

    @property
    def at_work(self) -> Decimal:
        return sum((self.amounts[part] for part in AT_WORK), ZERO)

    @property
    def stops_not_posted(self) -> Decimal:
        """Stops at the rate less what was charged: those that last, round-off, other rates."""
        return self.amounts["down"] - self.downtime

    @property
    def residual(self) -> Decimal:
        """Time at work that no order bore; below zero: orders bore more."""
        return self.at_work - self.borne


def loss_bridges(
    company: Company,
    machines: QuerySet[Machine],
    *,
    date_from: Date,
    date_to: Date,
    now: datetime | None = None,
) -> list[Bridge]:
    """A bridge per work centre with planned time or postings; statements do not grow with them."""
    now = now or timezone.now()
    zone = timezone.get_current_timezone()
    since = datetime.combine(date_from - timedelta(days=1), datetime.min.time(), zone)
    until = datetime.combine(date_to + timedelta(days=2), datetime.min.time(), zone)
    rows = elements_by_shift(
        company,
        machines,
        since=since,
        until=min(until, now),
        days=(date_from, date_to),
        now=now,
    )
    posted = {
        centre: (borne, downtime)
        for centre, borne, downtime in fetch_all(
            _POSTED, {"company": company.pk, "date_from": date_from, "date_to": date_to}
        )
    }
    minutes, exact = _worth(rows, _rates(company))
    centres = WorkCentre.objects.filter(company=company, pk__in={*minutes, *posted})
    allowed = set(machines.values_list("work_centre_id", flat=True))
    places = company.currency.decimal_places
    found = []
    for centre in centres.order_by("code"):
        if centre.pk not in allowed:
            continue
        parts = rounded_parts([exact.get(centre.pk, {}).get(part, ZERO) for part in PARTS], places)
        borne, downtime = posted.get(centre.pk, (ZERO, ZERO))
        found.append(
            Bridge(
                work_centre=centre,
                minutes=minutes.get(centre.pk, dict.fromkeys(PARTS, ZERO)),
                amounts=dict(zip(PARTS, parts, strict=True)),
                borne=borne,
                downtime=downtime,
            )
        )
    return found


def absorbed_accounts(company: Company) -> list[str]:
    """Codes of the accounts that take absorbed machine cost."""
    return [code for (code,) in fetch_all(_ACCOUNTS, [company.pk])]


def parts_of(elements: Elements) -> dict[str, Decimal]:
    """Minutes by part; they sum to planned time."""
    scrap = elements.ideal_total - elements.ideal_good
    return {
        "good": elements.ideal_good,
        "reduced_speed": elements.produced - elements.ideal_total,
        "rejects": scrap - elements.ideal_startup_scrap,
        "startup_rejects": elements.ideal_startup_scrap,
        "setup": elements.setup,
        "down": elements.down,
        "off": elements.off,
        "idle": elements.idle,
    }


Rates = dict[int, list[tuple[Date, Decimal]]]


def _rates(company: Company) -> Rates:
    found: Rates = {}
    rows = WorkCentreRate.objects.filter(company=company).order_by("effective_from")
    for centre, day, rate in rows.values_list("work_centre_id", "effective_from", "machine_rate"):
        found.setdefault(centre, []).append((day, rate))
    return found


def _worth(
    rows: Iterable[ShiftElements], rates: Rates
) -> tuple[dict[int, dict[str, Decimal]], dict[int, dict[str, Decimal]]]:
    """Minutes and unrounded money by work centre and part, at the rate of each day."""
    minutes: dict[int, dict[str, Decimal]] = {}
    amounts: dict[int, dict[str, Decimal]] = {}
    for row in rows:
        centre = row.work_centre_id
        steps = rates.get(centre, [])
        place = bisect_right(steps, row.day, key=lambda step: step[0])
        rate = steps[place - 1][1] if place else ZERO
        for sums, factor in ((minutes, Decimal(1)), (amounts, rate / MINUTES_PER_HOUR)):
            kept = sums.setdefault(centre, dict.fromkeys(PARTS, ZERO))
            for part, value in parts_of(row.elements).items():
                kept[part] += value * factor
    return minutes, amounts
