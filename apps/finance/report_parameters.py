"""Query parameters of a report, the same for its page, its files and the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Site
from apps.finance.models import (
    Account,
    AssetClass,
    BudgetVersion,
    ConsolidationGroup,
    CostObject,
    DepreciationBook,
    FiscalYear,
    StatementLayout,
    StatementLine,
    TaxBox,
)
from apps.finance.queries.filters import ReportFilter
from apps.masterdata.models import Item, Machine, Partner, ReasonCode, Shift, WorkCentre

COMPARISONS = ("previous_year", "previous_period", "months")
METHODS = ("indirect", "direct")
NONE = "none"
PAGE_SIZE, LARGEST_PAGE = 100, 500
MOST_MONTHS = 12
MODELS: dict[str, Any] = {
    "site": Site,
    "cost_object": CostObject,
    "work_centre": WorkCentre,
    "machine": Machine,
    "shift": Shift,
    "reason": ReasonCode,
    "item": Item,
    "partner": Partner,
}
NAMES = frozenset({
    "company", "period", "date_from", "date_to", "compare", "line", "account", "by", "kind",
    "cursor", "page_size", "as", "paper", "tax_box", "book", "asset_class", "layout", "row",
    "statement", "method", "across", "amounts", "budget",
    "group", "group_account", *MODELS,
})  # fmt: skip
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What is asked for. ``labels`` name the dimensions that are filtered by."""

    chosen: ReportFilter
    compared: ReportFilter | None
    line: StatementLine | None
    account: Account | None
    by: tuple[str, ...]
    kind: str
    cursor: str
    page_size: int
    labels: tuple[str, ...]
    book: DepreciationBook | None = None
    asset_class: AssetClass | None = None
    tax_box: TaxBox | None = None
    layout: StatementLayout | None = None
    row: str = ""
    statement: str = ""
    method: str = METHODS[0]
    across: str = ""
    months: tuple[ReportFilter, ...] = ()
    amounts: str = "company"
    budget: BudgetVersion | None = None
    group: ConsolidationGroup | None = None
    group_account: str = ""
    #: Companies that the reader may enter, with all of their sites.
    open_companies: frozenset[int] = frozenset()

    @property
    def company(self) -> Company:
        return self.chosen.company

    def parameters(self, **more: str) -> dict[str, str]:
        """The query that asks for the same lines again, for links to the next level."""
        chosen = self.chosen
        found = {"company": chosen.company.code, "date_to": chosen.date_to.isoformat()}
        if chosen.date_from:
            found["date_from"] = chosen.date_from.isoformat()
        if self.line:
            found["line"] = self.line.code
        if self.account:
            found["account"] = self.account.code
        if self.tax_box:
            found["tax_box"] = self.tax_box.code
        if self.layout:
            found["layout"] = self.layout.code
        if self.row:
            found["row"] = self.row
        if self.statement:
            found["statement"] = self.statement
        if self.budget:
            found["budget"] = self.budget.number
        for name, key in chosen.dimensions.items():
            found[name] = NONE if key is None else str(key)
        return {**found, **more}


def read_request(given: Mapping[str, str], user: Any) -> ReportRequest:
    """Raises ``InvalidInput`` naming the parameter that is unknown or wrong."""
    for name in given:
        if name not in NAMES:
            raise _refused(name[:60], "unknown_parameter", _("There is no such parameter."))
    company = _company(given.get("company", ""), user)
    date_from, date_to = _dates(given, company)
    dimensions, labels = _dimensions(given, company, user)
    chosen = ReportFilter(company, date_to, date_from, dimensions)
    return ReportRequest(
        chosen=chosen,
        compared=_compared(given.get("compare", ""), chosen),
        line=_row(StatementLine, given, "line", company),
        account=_row(Account, given, "account", company),
        by=tuple(filter(None, given.get("by", "").split(","))),
        kind=_choice(given, "kind", ("customer", "supplier"), "customer"),
        cursor=given.get("cursor", ""),
        page_size=_page_size(given.get("page_size", "")),
        labels=labels,
        book=_row(DepreciationBook, given, "book", company),
        asset_class=_row(AssetClass, given, "asset_class", company),
        tax_box=_row(TaxBox, given, "tax_box", company),
        layout=_row(StatementLayout, given, "layout", company),
        row=given.get("row", "")[:60],
        statement=_choice(given, "statement", ("", *StatementLayout.Kind.values), ""),
        method=_choice(given, "method", METHODS, METHODS[0]),
        across=_choice(given, "across", ("", *MODELS), ""),
        months=_months(chosen) if given.get("compare") == "months" else (),
        amounts=_choice(given, "amounts", ("company", "document"), "company"),
        budget=_budget(given, company),
        group=_row(ConsolidationGroup, given, "group", company),
        group_account=given.get("group_account", "")[:60],
        open_companies=_open_companies(given, user),
    )


def _company(text: str, user: Any) -> Company:
    rows = Company.objects.visible_to(user).select_related("currency").order_by("code")
    if text:
        rows = rows.filter(_id_or_code(text))
    found = list(rows[:2])
    if not found:
        raise _refused("company", "does_not_exist", _("There is no such company."))
    if len(found) > 1:
        raise _refused("company", "company_required", _("Name the company: you belong to several."))
    return found[0]


def _dates(given: Mapping[str, str], company: Company) -> tuple[Date | None, Date]:
    """A month (``period=2026-03``), or two dates; the fiscal year until today by default."""
    if period := given.get("period", ""):
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", period, re.ASCII):
            raise _refused("period", "invalid", _("Give a month as YYYY-MM."))
        first = _date("period", f"{period}-01")
        following = (first + timedelta(days=31)).replace(day=1)
        return first, following - timedelta(days=1)
    date_to = _date("date_to", given["date_to"]) if given.get("date_to") else None
    date_from = _date("date_from", given["date_from"]) if given.get("date_from") else None
    date_to = date_to or timezone.localdate()
    if date_from is None and "date_to" not in given:
        year = FiscalYear.objects.filter(
            company=company, starts_on__lte=date_to, ends_on__gte=date_to
        ).first()
        date_from = year.starts_on if year else None
    if date_from and date_from > date_to:
        raise _refused("date_from", "invalid", _("It begins after it ends."))
    return date_from, date_to


def _date(name: str, text: str) -> Date:
    try:
        if _DATE.fullmatch(text):
            day = Date.fromisoformat(text)
            if 1900 <= day.year <= 2200:
                return day
    except ValueError:
        pass
    raise _refused(name, "invalid", _("Give a date that exists as YYYY-MM-DD."))


def _dimensions(
    given: Mapping[str, str], company: Company, user: Any
) -> tuple[dict[str, int | None], tuple[str, ...]]:
    found: dict[str, int | None] = {}
    labels = []
    for name, model in MODELS.items():
        text = given.get(name, "")
        if text == NONE:
            found[name] = None
            labels.append(_("without {name}").format(name=model._meta.verbose_name))
        elif text:
            row = model.objects.visible_to(user).filter(_id_or_code(text), company=company).first()
            if row is None:
                raise _refused(name, "does_not_exist", _("There is no such row."))
            found[name] = row.pk
            labels.append(f"{model._meta.verbose_name}: {row.code}")
    sites = None if user.sees_everything else user.scope.site_ids
    if sites is not None and found.get("site") is None:
        raise _refused("site", "required", _("Name a site: you may not see all of them."))
    return found, tuple(labels)


def _compared(text: str, chosen: ReportFilter) -> ReportFilter | None:
    if text in ("", "months"):
        return None
    if text not in COMPARISONS:
        names = ", ".join(COMPARISONS)
        raise _refused("compare", "invalid_choice", _("Choose one of: {n}.").format(n=names))
    if text == "previous_year":
        first = chosen.date_from and _year_before(chosen.date_from)
        return chosen.changed(date_from=first, date_to=_year_before(chosen.date_to))
    if chosen.date_from is None:
        raise _refused("compare", "invalid", _("Give the first day of the period."))
    last = chosen.date_from - timedelta(days=1)
    if chosen.date_from.day == 1 and (chosen.date_to + timedelta(days=1)).day == 1:
        months = (chosen.date_to.year - chosen.date_from.year) * 12
        months += chosen.date_to.month - chosen.date_from.month + 1
        year, month = divmod(chosen.date_from.year * 12 + chosen.date_from.month - 1 - months, 12)
        return chosen.changed(date_from=Date(year, month + 1, 1), date_to=last)
    return chosen.changed(date_from=last - (chosen.date_to - chosen.date_from), date_to=last)


def _months(chosen: ReportFilter) -> tuple[ReportFilter, ...]:
    """The months of the span, cut where it begins and ends."""
    if chosen.date_from is None:
        raise _refused("compare", "invalid", _("Give the first day of the period."))
    found = []
    first = chosen.date_from
    while first <= chosen.date_to:
        following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
        last = min(following - timedelta(days=1), chosen.date_to)
        found.append(chosen.changed(date_from=first, date_to=last))
        first = following
        if len(found) > MOST_MONTHS:
            text = _("Not more than {n} months side by side.").format(n=MOST_MONTHS)
            raise _refused("compare", "too_many_columns", text)
    return tuple(found)


def _year_before(day: Date) -> Date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _row(model: Any, given: Mapping[str, str], name: str, company: Company) -> Any:
    text = given.get(name, "")
    if not text:
        return None
    # Accounts have digits for codes, so a code goes before a key.
    rows = model.objects.filter(company=company)
    row = rows.filter(code=text[:60]).first()
    if row is None and text.isascii() and text.isdigit() and len(text) < 19:
        row = rows.filter(pk=int(text)).first()
    if row is None:
        raise _refused(name, "does_not_exist", _("There is no such row."))
    return row


def _open_companies(given: Mapping[str, str], user: Any) -> frozenset[int]:
    return frozenset(one.company_id for one in user.reach if one.site_ids is None)


def _budget(given: Mapping[str, str], company: Company) -> BudgetVersion | None:
    text = given.get("budget", "")
    if not text:
        return None
    rows = BudgetVersion.objects.filter(company=company, number=text[:40])
    budget = rows.select_related("fiscal_year", "company__currency").first()
    if budget is None:
        raise _refused("budget", "does_not_exist", _("There is no such row."))
    return budget


def _id_or_code(text: str) -> Q:
    if not text.isprintable() or len(text) > 200:
        return Q(pk__in=())
    condition = Q(code=text)
    if text.isascii() and text.isdigit() and len(text) < 19:
        condition |= Q(pk=int(text))
    return condition


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    text = given.get(name, default)
    if text not in choices:
        raise _refused(
            name, "invalid_choice", _("Choose one of: {n}.").format(n=", ".join(choices))
        )
    return text


def _page_size(text: str) -> int:
    if not text:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= LARGEST_PAGE):
        raise _refused("page_size", "invalid", _("A number from 1 to 500."))
    return int(text)


def _refused(field: str, code: str, text: str) -> InvalidInput:
    error = InvalidInput(code, text, field=field)
    error.status = 400
    return error
