"""Price rules: written many at a time, never two of equal rank for the same day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock, require_company
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.crm.models import PriceList, PriceRule
from apps.crm.pricing import HUNDRED, Rule, overlapping

REFERENCES = ("price_list", "partner", "segment", "item", "category")


def create_price_rules(
    company: Company, rules: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[PriceRule]:
    """Write ``rules`` (values of ``PriceRule``), all or none.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: no price and no discount, an
    overlap in time with a rule of equal rank in the same currency.
    """
    with unit_of_work():
        rows = [PriceRule(company=company, **values) for values in rules]
        for place, row in enumerate(rows):
            _check(company, row, place)
        _lock_lists(company)
        _require_no_overlap(company, rows)
        return insert_all(rows, by=by, reason=reason)


def create_price_rule(company: Company, *, by: User, reason: str = "", **values: Any) -> PriceRule:
    """One rule; see ``create_price_rules``."""
    return create_price_rules(company, [values], by=by, reason=reason)[0]


def update_price_rule(
    rule: PriceRule, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> PriceRule:
    """Change a rule; the same refusals as for a new one."""
    with unit_of_work():
        _lock_lists(rule.company)
        wanted = lock(rule, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        _check(wanted.company, wanted, None)
        _require_no_overlap(wanted.company, [wanted])
        return update_row(rule, values=values, by=by, reason=reason)


def update_price_list(
    row: PriceList, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> PriceList:
    """Change a list. Taking it up again, or its currency, is checked as new rules are."""
    with unit_of_work():
        _lock_lists(row.company)
        changed = update_row(row, values=values, by=by, version=version, reason=reason)
        if changed.is_active:
            _require_no_overlap(changed.company, list(changed.rules.filter(is_active=True)))
        return changed


def check_price_lists(rows: Sequence[PriceList], *, company: Company) -> None:
    """The same for many lists of an import (rows that are there have their wanted values)."""
    _lock_lists(company)
    for place, row in enumerate(rows):
        if row.pk is None or not row.is_active:
            continue
        rules = list(row.rules.filter(is_active=True))
        for rule in rules:
            rule.price_list = row
        try:
            _require_no_overlap(company, rules)
        except BusinessError as error:
            error.row = place
            raise


def _lock_lists(company: Company) -> None:
    """Who writes rules of a company waits for whoever does: overlap is between rules."""
    list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk))


def _check(company: Company, rule: PriceRule, row: int | None) -> None:
    require_company(company, row=row, **{name: getattr(rule, name) for name in REFERENCES})
    checks = (
        (
            rule.partner_id is None or rule.segment_id is None,
            "segment",
            _("Name a customer or a segment, not both."),
        ),
        (
            rule.item_id is None or rule.category_id is None,
            "category",
            _("Name an item or a category, not both."),
        ),
        (
            rule.unit_price is None or rule.item_id is not None,
            "unit_price",
            _("A price is one item's; for others give a discount."),
        ),
        (
            rule.unit_price is not None or rule.discount_percent > 0,
            "discount_percent",
            _("Give a price or a discount."),
        ),
        (
            0 <= rule.discount_percent <= HUNDRED,
            "discount_percent",
            _("A discount lies between 0 and 100 %."),
        ),
        (
            rule.valid_until is None or rule.valid_until >= rule.valid_from,
            "valid_until",
            _("It ends before it begins."),
        ),
    )
    for holds, field, message in checks:
        if not holds:
            raise InvalidInput("bad_rule", message, field=field, row=row)


def _require_no_overlap(company: Company, rows: Sequence[PriceRule]) -> None:
    """Among ``rows`` and with what is there, list by list of one currency."""
    active = [(place, row) for place, row in enumerate(rows) if row.is_active]
    currencies = {row.price_list.currency_id for _place, row in active if row.price_list.is_active}
    others = PriceRule.objects.filter(
        company=company,
        is_active=True,
        price_list__is_active=True,
        price_list__currency__in=currencies,
    ).exclude(pk__in=[row.pk for row in rows if row.pk])
    for currency in sorted(currencies):
        # new rows have no key yet; below zero they are told from those that have one
        mine = {
            row.pk or -1 - place: place
            for place, row in active
            if row.price_list.currency_id == currency and row.price_list.is_active
        }
        plain = [
            _plain(row, row.pk or -1 - place)
            for place, row in active
            if row.price_list.is_active and row.price_list.currency_id == currency
        ]
        plain += [_plain(row, row.pk) for row in others.filter(price_list__currency=currency)]
        found = overlapping(plain)
        if found is None:
            continue
        first, second = found
        guilty = second if second.id in mine else first
        raise BusinessError(
            "overlapping_rules",
            _("Another rule of equal rank holds on the same days: from {start} to {end}.").format(
                start=max(first.valid_from, second.valid_from),
                end=min(
                    (d for d in (first.valid_until, second.valid_until) if d is not None),
                    default="…",
                ),
            ),
            field="valid_from",
            row=mine.get(guilty.id),
        )


def _plain(row: PriceRule, key: int) -> Rule:
    return Rule(
        id=key,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        partner_id=row.partner_id,
        segment_id=row.segment_id,
        item_id=row.item_id,
        category_id=row.category_id,
        min_quantity=row.min_quantity,
        unit_price=row.unit_price,
        discount_percent=row.discount_percent,
    )
