"""Inspection plans: written, released, and replaced by their next revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.quality.models import Characteristic, InspectionPlan, InspectionPlanLine
from apps.quality.models.inspection_plans import AQL_STEPS
from apps.quality.sampling import AQLS

Status = InspectionPlan.Status
Sampling = InspectionPlan.Sampling
_FIELDS = (
    "name",
    "stage",
    "item",
    "category",
    "partner",
    "operation_sequence",
    "sampling",
    "sample_size",
    "level",
    "aql",
    "may_reduce",
    "note",
)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A characteristic with the limits it is judged by."""

    characteristic: Characteristic
    nominal: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    needs_gauge: bool = False
    instructions: str = ""
    position: int | None = None


def create_plan(
    company: Company, *, lines: Sequence[PlanLine], by: User, **values: Any
) -> InspectionPlan:
    """Write a plan down as a draft. Raises ``InvalidInput`` naming the field or row at fault."""
    with unit_of_work():
        plan = InspectionPlan(company=company, created_by=by, **values)
        _check(plan)
        _check_lines(company, lines)
        plan.number = next_number("quality_inspectionplan_series", "IP")
        plan.save_by(by)
        _insert_lines(plan, lines)
    return plan


def change_plan(
    plan: InspectionPlan,
    *,
    by: User,
    version: int | None = None,
    lines: Sequence[PlanLine] | None = None,
    reason: str = "",
    **values: Any,
) -> InspectionPlan:
    """Change a draft; ``lines`` replace all of its lines."""
    with unit_of_work():
        plan = lock(plan, version=version)
        require_status(plan, Status.DRAFT)
        for name, value in values.items():
            setattr(plan, name, value)
        _check(plan)
        if lines is not None:
            _check_lines(plan.company, lines)
            plan.lines.all().delete()
            _insert_lines(plan, lines)
        return plan.save_by(by, reason=reason)


def release_plan(plan: InspectionPlan, *, by: User, reason: str = "") -> InspectionPlan:
    """Inspect by this plan from now on; its revision before becomes obsolete.

    Inspections that are under way keep the revision they were opened with.
    """
    with unit_of_work():
        plan = lock(plan)
        if not plan.lines.exists():
            raise InvalidInput("no_lines", _("The plan looks at nothing yet."), field="lines")
        before = InspectionPlan.objects.select_for_update(of=("self",)).filter(
            company=plan.company_id, number=plan.number, status=Status.RELEASED
        )
        for row in before.order_by("pk"):
            row.transition_to(Status.OBSOLETE)
            row.save_by(by, reason=_("Replaced by {plan}").format(plan=plan))
        _check_only_one(plan)
        plan.transition_to(Status.RELEASED)
        return plan.save_by(by, reason=reason)


def revise_plan(plan: InspectionPlan, *, by: User) -> InspectionPlan:
    """The next revision as a draft with the same lines; this one stays until that is released."""
    with unit_of_work():
        plan = lock(plan)
        require_status(plan, Status.RELEASED, Status.OBSOLETE)
        revisions = InspectionPlan.objects.filter(company=plan.company_id, number=plan.number)
        newest = revisions.order_by("-revision")[0]
        if newest.status == Status.DRAFT:
            raise BusinessError(
                "draft_exists", _("{plan} is a draft already.").format(plan=newest), field="status"
            )
        values = {name: getattr(plan, name) for name in _FIELDS}
        made = InspectionPlan(
            company=plan.company,
            number=plan.number,
            revision=newest.revision + 1,
            created_by=by,
            **values,
        ).save_by(by)
        _insert_lines(
            made,
            [
                PlanLine(
                    characteristic=line.characteristic,
                    nominal=line.nominal,
                    lower=line.lower,
                    upper=line.upper,
                    needs_gauge=line.needs_gauge,
                    instructions=line.instructions,
                    position=line.position,
                )
                for line in plan.lines.select_related("characteristic")
            ],
        )
    return made


def obsolete_plan(plan: InspectionPlan, *, reason: str, by: User) -> InspectionPlan:
    """Nothing new is inspected by this plan."""
    reason = require_reason(reason)
    with unit_of_work():
        plan = lock(plan)
        plan.transition_to(Status.OBSOLETE)
        return plan.save_by(by, reason=reason)


def _check(plan: InspectionPlan) -> None:
    require_company(plan.company, item=plan.item, category=plan.category, partner=plan.partner)
    if (plan.item is None) == (plan.category is None):
        raise InvalidInput(
            "item_or_category", _("Name an item or a category, one of them."), field="item"
        )
    if plan.item is not None and not plan.item.is_stocked:
        raise InvalidInput(
            "not_stocked", _("{item} is not kept in stock.").format(item=plan.item), field="item"
        )
    if plan.operation_sequence is not None and plan.stage != InspectionPlan.Stage.OPERATION:
        raise InvalidInput(
            "operation_not_wanted",
            _("Only an inspection at an operation has one."),
            field="operation_sequence",
        )
    if plan.sampling == Sampling.FIXED and not plan.sample_size:
        raise InvalidInput("sample_size_required", _("Say how many."), field="sample_size")
    if plan.sampling == Sampling.AQL and (plan.aql is None or not plan.level):
        field = "aql" if plan.aql is None else "level"
        raise InvalidInput("aql_required", _("Give inspection level and AQL."), field=field)
    if plan.aql is not None and plan.aql not in AQLS:
        raise InvalidInput(
            "unknown_aql", _("AQL is one of {steps}.").format(steps=AQL_STEPS), field="aql"
        )


def _check_lines(company: Company, lines: Sequence[PlanLine]) -> None:
    seen: set[int] = set()
    for row, one in enumerate(lines):
        require_company(company, row=row, characteristic=one.characteristic)
        if one.characteristic.pk in seen:
            raise InvalidInput(
                "characteristic_twice",
                _("Each characteristic is looked at once."),
                field="characteristic",
                row=row,
            )
        seen.add(one.characteristic.pk)
        for name in ("nominal", "lower", "upper"):
            value = getattr(one, name)
            if value is not None:
                require_decimal(value, field=name, row=row, positive=False)
        if one.lower is not None and one.upper is not None and one.lower > one.upper:
            raise InvalidInput(
                "limits_crossed", _("The lower limit is above the upper one."), field="lower",
                row=row,
            )  # fmt: skip
        is_measured = one.characteristic.kind == Characteristic.Kind.NUMERIC
        if is_measured and one.lower is None and one.upper is None:
            raise InvalidInput(
                "limit_required", _("A measured value needs a limit."), field="lower", row=row
            )


def _check_only_one(plan: InspectionPlan) -> None:
    same = InspectionPlan.objects.filter(
        company=plan.company_id,
        status=Status.RELEASED,
        stage=plan.stage,
        item=plan.item_id,
        category=plan.category_id,
        partner=plan.partner_id,
        operation_sequence=plan.operation_sequence,
    ).first()
    if same is not None:
        raise BusinessError(
            "released_already",
            _("{plan} is released for the same. Make it obsolete first.").format(plan=same),
            field="status",
        )


def _insert_lines(plan: InspectionPlan, lines: Sequence[PlanLine]) -> None:
    InspectionPlanLine.objects.bulk_create(
        InspectionPlanLine(
            company=plan.company,
            plan=plan,
            position=one.position or 10 * n,
            characteristic=one.characteristic,
            nominal=one.nominal,
            lower=one.lower,
            upper=one.upper,
            needs_gauge=one.needs_gauge,
            instructions=one.instructions,
        )
        for n, one in enumerate(lines, start=1)
    )
