"""The pipeline by stage, what was won and lost and why, and how old open offers are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, User
from apps.core.sql import fetch_dicts
from apps.crm.models import Lead, Opportunity, OpportunityStage

_PIPELINE = """
SELECT s.id AS stage_id, s.code, s.name, s.position, s.probability, o.currency_id AS currency,
       count(o.id) AS opportunities, coalesce(sum(o.value), 0) AS value,
       coalesce(sum(o.value * o.probability / 100), 0) AS weighted
  FROM crm_opportunitystage s
  LEFT JOIN crm_opportunity o ON o.stage_id = s.id AND o.status = 'open'
 WHERE s.company_id = %(company)s AND (s.is_active OR o.id IS NOT NULL)
 GROUP BY s.id, o.currency_id ORDER BY s.position, s.code, o.currency_id
"""
_OUTCOMES = """
SELECT o.status AS outcome, r.code AS reason, r.name, o.currency_id AS currency,
       count(*) AS opportunities, sum(o.value) AS value
  FROM crm_opportunity o LEFT JOIN crm_outcomereason r ON r.id = o.outcome_reason_id
 WHERE o.company_id = %(company)s AND o.status IN ('won', 'lost')
   AND o.closed_on BETWEEN %(since)s AND %(until)s
 GROUP BY o.status, r.code, r.name, o.currency_id
 ORDER BY o.status DESC, sum(o.value) DESC, r.code
"""
_AGEING = """
SELECT q.id, q.number, q.status, p.code AS partner_code, p.name AS partner_name,
       q.quotation_date, q.sent_on, q.valid_until, q.currency_id AS currency,
       coalesce(l.value, 0) AS value, %(at)s::date - coalesce(q.sent_on, q.quotation_date) AS age,
       q.valid_until - %(at)s::date AS days_left
  FROM crm_quotation q
  JOIN masterdata_partner p ON p.id = q.partner_id
  LEFT JOIN LATERAL (SELECT sum(quantity * unit_price) AS value FROM crm_quotationline
                      WHERE quotation_id = q.id) AS l ON true
 WHERE q.company_id = %(company)s AND q.status IN ('draft', 'approved', 'sent')
   AND q.quotation_date <= %(at)s
 ORDER BY age DESC, q.id
"""
_DUPLICATES = """
SELECT l.id, l.number, l.status, l.name, l.organisation, l.email, l.phone
  FROM crm_lead l, crm_lead me
 WHERE me.id = %s AND l.company_id = me.company_id AND l.id <> me.id
   AND l.status IN ('new', 'qualified', 'lost')
   AND (me.email <> '' AND lower(l.email) = lower(me.email)
        OR length(regexp_replace(me.phone, '\\D', '', 'g')) >= 7
           AND regexp_replace(l.phone, '\\D', '', 'g') = regexp_replace(me.phone, '\\D', '', 'g')
        OR me.organisation <> '' AND lower(l.organisation) = lower(me.organisation)
           AND l.country = me.country)
 ORDER BY l.id LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class StageSum:
    """What stands in a stage, by currency (None: nothing does)."""

    stage_id: int
    code: str
    name: str
    position: int
    probability: Decimal
    currency: str | None
    opportunities: int
    value: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class OutcomeSum:
    """Opportunities that ended one way for one reason (None: nobody said)."""

    outcome: str
    reason: str | None
    name: str | None
    currency: str
    opportunities: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class OpenQuotation:
    """An offer that waits: ``age`` in days since it was sent (or written), ``days_left`` valid."""

    id: int
    number: str
    status: str
    partner_code: str
    partner_name: str
    quotation_date: Date
    sent_on: Date | None
    valid_until: Date
    currency: str
    value: Decimal
    age: int
    days_left: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    id: int
    number: str
    status: str
    name: str
    organisation: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A stage on the board with its open opportunities; sums by currency."""

    stage: OpportunityStage
    opportunities: list[Opportunity]
    sums: list[tuple[str, Decimal, Decimal]]


def pipeline(company: Company) -> list[StageSum]:
    """Open opportunities by stage; ``weighted`` is value times probability."""
    return [StageSum(**row) for row in fetch_dicts(_PIPELINE, {"company": company.pk})]


def outcomes(company: Company, *, since: Date, until: Date) -> list[OutcomeSum]:
    """Won and lost by reason, of what was closed from ``since`` to ``until``."""
    values = {"company": company.pk, "since": since, "until": until}
    return [OutcomeSum(**row) for row in fetch_dicts(_OUTCOMES, values)]


def open_quotations(company: Company, *, at: Date) -> list[OpenQuotation]:
    """Offers not decided at ``at``, the oldest first."""
    values = {"company": company.pk, "at": at}
    return [OpenQuotation(**row) for row in fetch_dicts(_AGEING, values)]


def duplicates_of(lead: Lead) -> list[Duplicate]:
    """Leads with the same e-mail, phone number, or organisation in the same country."""
    return [Duplicate(**row) for row in fetch_dicts(_DUPLICATES, [lead.pk])]


def board(company: Company, user: User, *, most: int = 200) -> list[BoardColumn]:
    """The pipeline as columns, in two statements."""
    rows = (
        Opportunity.objects.visible_to(user)
        .filter(company=company, status=Opportunity.Status.OPEN)
        .select_related("partner", "owner", "stage")
        .order_by("expected_close", "id")[:most]
    )
    active = OpportunityStage.objects.filter(company=company, is_active=True)
    stages = {stage.pk: stage for stage in active}
    found: dict[int, list[Opportunity]] = {key: [] for key in stages}
    for row in rows:
        stages.setdefault(row.stage_id, row.stage)
        found.setdefault(row.stage_id, []).append(row)
    columns = sorted(stages.values(), key=lambda stage: (stage.position, stage.code))
    return [BoardColumn(stage, found[stage.pk], _sums(found[stage.pk])) for stage in columns]


def _sums(rows: list[Opportunity]) -> list[tuple[str, Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        value, weighted = sums.get(row.currency_id, (Decimal(0), Decimal(0)))
        sums[row.currency_id] = (value + row.value, weighted + row.weighted_value)
    return [(currency, *both) for currency, both in sorted(sums.items())]
