"""Reorder rules, and what becomes of their suggestions: requisitions or purchase orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import insert_all, lock, require_company, update_all
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item, Partner
from apps.supply_chain.models import PurchaseOrder, ReorderRule, Requisition
from apps.supply_chain.queries.reorder import Suggestion, reorder_suggestions
from apps.supply_chain.services.purchase_orders import OrderLine, create_purchase_order
from apps.supply_chain.services.requisitions import Wanted, create_requisition
from apps.supply_chain.services.supplier_items import assign

Method = ReorderRule.Method
COLUMNS = (
    "method",
    "minimum",
    "maximum",
    "service_level_percent",
    "review_days",
    "history_days",
    "is_active",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule whose suggestion is taken, and how much of it when not all (stock units)."""

    rule: ReorderRule
    quantity: Decimal | None = None


@dataclass(slots=True)
class Made:
    """The drafts that came of suggestions."""

    requisitions: list[Requisition]
    purchase_orders: list[PurchaseOrder]


def create_reorder_rule(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> ReorderRule:
    """A rule for an item at a site. Raises ``InvalidInput`` by field."""
    given = {name: value for name, value in values.items() if value is not None}
    check_reorder_rules([ReorderRule(company=company, **given)], company=company)
    return create_row(ReorderRule, values={"company": company, **given}, by=by, reason=reason)


def update_reorder_rule(
    rule: ReorderRule, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> ReorderRule:
    """Change a rule; it holds from the next look on."""
    with unit_of_work():
        wanted = lock(rule, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_reorder_rules([wanted], company=wanted.company)
        return update_row(rule, values=values, by=by, reason=reason)


def save_reorder_rules(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[ReorderRule]:
    """Write values of rules, all or none; one of an item and site that are there is changed.

    Raises ``InvalidInput`` naming the row.
    """
    with unit_of_work():
        there = {
            (rule.item_id, rule.site_id): rule
            for rule in ReorderRule.objects.select_for_update(of=("self",))
            .select_related("item", "site")
            .filter(company=company, item__in={row["item"].pk for row in rows})
            .order_by("pk")
        }
        wanted: dict[tuple[int, int], ReorderRule] = {}
        changed: list[ReorderRule] = []
        for place, row in enumerate(rows):
            given = {name: value for name, value in row.items() if value is not None}
            key = (given["item"].pk, given["site"].pk)
            if key in wanted:
                raise InvalidInput(
                    "rule_twice", _("Name each item and site once."), field="item", row=place
                )
            rule = wanted[key] = there.get(key) or ReorderRule(company=company)
            if assign(rule, given) and key in there:
                changed.append(rule)
        made = list(wanted.values())
        check_reorder_rules(made, company=company)
        insert_all([rule for rule in made if rule._state.adding], by=by, reason=reason)
        update_all(changed, *COLUMNS, by=by, reason=reason)
    return made


def check_reorder_rules(rows: Sequence[ReorderRule], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming field and, of several, the row."""
    for place, rule in enumerate(rows):
        row = place if len(rows) > 1 else None
        require_company(company, row=row, item=rule.item, site=rule.site)
        if rule.item.kind != Item.Kind.PURCHASED or not rule.item.is_active:
            raise InvalidInput(
                "not_bought",
                _("{item} is not bought.").format(item=rule.item.code),
                field="item",
                row=row,
            )
        for name in ("minimum", "maximum"):
            value = getattr(rule, name)
            if value is None:
                continue
            if require_decimal(value, field=name, row=row, positive=False) < 0:
                raise InvalidInput("negative", _("May not be negative."), field=name, row=row)
        _check_bounds(rule, row)


def _check_bounds(rule: ReorderRule, row: int | None) -> None:
    if rule.method == Method.MIN_MAX and rule.maximum is None:
        raise InvalidInput(
            "maximum_required", _("Say up to what it is filled."), field="maximum", row=row
        )
    if rule.maximum is not None and rule.maximum <= rule.minimum:
        raise InvalidInput(
            "maximum_too_low",
            _("The maximum lies above the minimum."),
            field="maximum",
            row=row,
        )
    for name, least, most in (
        ("service_level_percent", 50, Decimal("99.99")),
        ("review_days", 1, 365),
        ("history_days", 7, 1830),
    ):
        if not least <= getattr(rule, name) <= most:
            raise InvalidInput(
                "out_of_range",
                _("It lies between {least} and {most}.").format(least=least, most=most),
                field=name,
                row=row,
            )


def order_suggestions(
    company: Company, chosen: Sequence[Chosen], *, as_orders: bool, by: User
) -> Made:
    """Draft requisitions (one per site) or purchase orders (one per supplier and site).

    The suggestions are reckoned anew: what somebody else has ordered meanwhile is not ordered
    twice. All or none. Raises ``InvalidInput`` or ``BusinessError`` naming the row: nothing to
    order any more, no supplier, less than he sells.
    """
    if not chosen:
        raise InvalidInput("no_lines", _("Choose what to order."), field="rules")
    with unit_of_work():
        rules = _lock(company, chosen)
        suggested = {
            one.rule_id: one
            for one in reorder_suggestions(company, rule_ids=[rule.pk for rule in rules])
        }
        lines = [
            _line(row, rule, one.quantity, suggested)
            for row, (rule, one) in enumerate(zip(rules, chosen, strict=True))
        ]
        if as_orders:
            return Made([], _orders(company, lines, by))
        return Made(_requisitions(company, lines, by), [])


@dataclass(frozen=True, slots=True)
class _Line:
    rule: ReorderRule
    suggestion: Suggestion
    quantity: Decimal


def _lock(company: Company, chosen: Sequence[Chosen]) -> list[ReorderRule]:
    """The rules in the order they were named; who orders the same waits."""
    rows = (
        ReorderRule.objects.select_for_update(of=("self",))
        .select_related("item__unit", "site")
        .filter(company=company, pk__in=[one.rule.pk for one in chosen])
        .order_by("pk")
    )
    found = {rule.pk: rule for rule in rows}
    seen: set[int] = set()
    for row, one in enumerate(chosen):
        if one.rule.pk not in found or one.rule.pk in seen:
            raise InvalidInput(
                "rule_twice", _("Name each rule of the company once."), field="rule", row=row
            )
        seen.add(one.rule.pk)
    return [found[one.rule.pk] for one in chosen]


def _line(
    row: int, rule: ReorderRule, wanted: Decimal | None, suggested: dict[int, Suggestion]
) -> _Line:
    suggestion = suggested.get(rule.pk)
    if suggestion is None:
        raise BusinessError(
            "nothing_to_order",
            _("There is enough of {item} by now.").format(item=rule.item.code),
            field="rule",
            row=row,
        )
    if wanted is not None:
        require_decimal(wanted, field="quantity", row=row)
    if suggestion.partner_id is None:
        raise InvalidInput(
            "no_supplier",
            _("{item} has no supplier.").format(item=rule.item.code),
            field="partner",
            row=row,
        )
    return _Line(rule, suggestion, wanted if wanted is not None else suggestion.quantity)


def _orders(company: Company, lines: Sequence[_Line], by: User) -> list[PurchaseOrder]:
    partners = {
        partner.pk: partner
        for partner in Partner.objects.filter(
            company=company, pk__in={line.suggestion.partner_id for line in lines}
        )
    }
    groups: dict[tuple[int, int], list[tuple[int, _Line]]] = {}
    for row, line in enumerate(lines):
        key = (line.suggestion.partner_id or 0, line.rule.site_id)
        groups.setdefault(key, []).append((row, line))
    made = []
    for (partner_id, _site_id), group in sorted(groups.items()):
        try:
            made.append(
                create_purchase_order(
                    company,
                    partner=partners[partner_id],
                    site=group[0][1].rule.site,
                    lines=[
                        OrderLine(line.rule.item, line.quantity, unit=line.rule.item.unit)
                        for _row, line in group
                    ],
                    by=by,
                )
            )
        except BusinessError as error:
            error.row = group[error.row][0] if error.row is not None else group[0][0]
            raise
    return made


def _requisitions(company: Company, lines: Sequence[_Line], by: User) -> list[Requisition]:
    today = timezone.localdate()
    groups: dict[int, list[_Line]] = {}
    for line in lines:
        groups.setdefault(line.rule.site_id, []).append(line)
    made = []
    for _site_id, group in sorted(groups.items()):
        made.append(
            create_requisition(
                company,
                site=group[0].rule.site,
                date=today,
                needed_by=max(
                    today + timedelta(days=1), *(line.suggestion.due_date for line in group)
                ),
                note=_("Reorder suggestions of {day}").format(day=today.isoformat()),
                lines=[
                    Wanted(
                        line.rule.item,
                        line.quantity,
                        unit=line.rule.item.unit,
                        needed_by=max(line.suggestion.due_date, today),
                    )
                    for line in group
                ],
                by=by,
            )
        )
    return made
