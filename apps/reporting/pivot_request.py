"""What a pivot is asked: the same words in the address of its page, in files, API and storage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.reporting.datasets import DIMENSIONS, Dataset, Dimension, Value, datasets
from apps.reporting.queries.scope import Asked

NONE = "none"
#: Before the key of a row: ``account:id:17`` is a row, ``account:6100`` a code.
ID = "id:"
MOST_ROWS, MOST_COLS, MOST_VALUES, MOST_CHOICES = 4, 2, 6, 50
#: Names of spans of days that move on with today, beside a month (``2026-03``) or a year.
SPANS = (
    "today",
    "yesterday",
    "last_7_days",
    "last_30_days",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
)
_FIXED = frozenset({
    "rows", "cols", "values", "filter", "company", "date_from", "date_to", "period", "as", "paper",
})  # fmt: skip
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PivotRequest:
    """``filters``: dimension to keys (None: facts without one); ``labels`` say them in words.

    ``period`` is kept as asked, so that a saved report moves on with the days.
    """

    dataset: Dataset
    company: Company
    asked: Asked
    rows: tuple[str, ...]
    cols: tuple[str, ...]
    values: tuple[Value, ...]
    date_from: Date
    date_to: Date
    period: str = ""
    filters: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def words(self) -> dict[str, Any]:
        """The parameters that ask the same again; ``filter`` is a list of ``dimension:key``."""
        found: dict[str, Any] = {"company": self.company.code}
        for name, chosen in (("rows", self.rows), ("cols", self.cols)):
            if chosen:
                found[name] = ",".join(chosen)
        found["values"] = ",".join(value.code for value in self.values)
        found |= self._days()
        filters = [_word(name, key) for name, keys in self.filters.items() for key in keys]
        return {**found, "filter": filters} if filters else found

    def _days(self) -> dict[str, str]:
        if not self.dataset.is_dated:
            return {}
        if self.period:
            return {"period": self.period}
        return {"date_from": self.date_from.isoformat(), "date_to": self.date_to.isoformat()}

    def narrowed(self, keys: Mapping[str, Any], **words: Any) -> dict[str, Any]:
        """The words that ask for the facts of one cell: this request and the keys of the cell."""
        found = self.words()
        kept = [text for text in found.pop("filter", []) if text.partition(":")[0] not in keys]
        cell = [_word(name, key) for name, key in keys.items()]
        return {**found, **words, "filter": [*kept, *cell]}


def read_request(code: str, given: Mapping[str, Sequence[str]], asked: Asked) -> PivotRequest:
    """Raises ``InvalidInput`` naming the parameter that is unknown or wrong.

    ``given`` holds lists. Dimensions may be asked for by their own name (``machine=M1``) or by
    ``filter=machine:M1``; several of one dimension are alternatives.
    """
    dataset = datasets()[code]
    wanted = _filters(dataset, given)
    company = _company(_one(given, "company"), asked)
    rows = _names(dataset, given, "rows", MOST_ROWS)
    cols = _names(dataset, given, "cols", MOST_COLS)
    if "rows" not in given and not cols:
        rows = dataset.path[:1]
    if twice := set(rows) & set(cols):
        raise refused("cols", "dimension_twice", _("{name} is a row already.").format(
            name=sorted(twice)[0]
        ))  # fmt: skip
    date_from, date_to = _dates(dataset, given, asked.today)
    filters, labels = _keys(wanted, company, asked)
    return PivotRequest(
        dataset=dataset,
        company=company,
        asked=asked,
        rows=rows,
        cols=cols,
        values=_values(dataset, given),
        date_from=date_from,
        date_to=date_to,
        period=_one(given, "period"),
        filters=filters,
        labels=labels,
    )


def _word(name: str, key: Any) -> str:
    """``dimension:key`` as it stands in an address; a row's key is told from a code of digits."""
    if key is None:
        return f"{name}:{NONE}"
    return f"{name}:{key}" if DIMENSIONS[name].is_period else f"{name}:{ID}{key}"


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    texts = given.get(name) or [""]
    if len(texts) > 1:
        raise refused(name, "given_twice", _("Give it once."))
    return texts[0]


def _listed(given: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """``rows=a,b`` and ``rows=a&rows=b`` are the same."""
    return tuple(filter(None, ",".join(given.get(name, ())).split(",")))


def _company(text: str, asked: Asked) -> Company:
    rows = Company.objects.filter(pk__in=asked.company_ids).select_related("currency")
    if text:
        rows = rows.filter(_id_or_code(text))
    found = list(rows.order_by("code")[:2])
    if not found:
        raise refused("company", "does_not_exist", _("There is no such company."))
    if len(found) > 1:
        raise refused("company", "company_required", _("Name the company: you belong to several."))
    return found[0]


def _names(
    dataset: Dataset, given: Mapping[str, Sequence[str]], field: str, most: int
) -> tuple[str, ...]:
    names = _listed(given, field)
    for name in names:
        if name not in dataset.dimensions:
            raise refused(
                field,
                "unknown_dimension",
                _("{name} is no dimension here. Choose of: {names}.").format(
                    name=name[:60], names=", ".join(dataset.dimensions)
                ),
            )
    if len(names) > most or len(set(names)) != len(names):
        raise refused(field, "too_many", _("At most {n} dimensions, each once.").format(n=most))
    return names


def _values(dataset: Dataset, given: Mapping[str, Sequence[str]]) -> tuple[Value, ...]:
    codes = _listed(given, "values")
    chosen = []
    for code in codes:
        value = dataset.value(code)
        if value is None:
            names = ", ".join(one.code for one in dataset.values)
            raise refused(
                "values",
                "unknown_value",
                _("{name} is no value here. Choose of: {names}.").format(
                    name=code[:60], names=names
                ),
            )
        chosen.append(value)
    if len(chosen) > MOST_VALUES or len(set(codes)) != len(codes):
        raise refused(
            "values", "too_many", _("At most {n} values, each once.").format(n=MOST_VALUES)
        )
    return tuple(chosen) or dataset.values[:1]


def _filters(
    dataset: Dataset, given: Mapping[str, Sequence[str]]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Dimension to (the parameter it came by, text); refuses what is no parameter."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, texts in given.items():
        if name in dataset.dimensions:
            found.setdefault(name, []).extend((name, text) for text in texts if text)
        elif name not in _FIXED:
            raise refused(name[:60], "unknown_parameter", _("There is no such parameter."))
    for text in given.get("filter", ()):
        name, colon, key = text.partition(":")
        if not colon or name not in dataset.dimensions:
            raise refused(
                "filter",
                "unknown_dimension",
                _("Filter by dimension:code, the dimension one of: {names}.").format(
                    names=", ".join(dataset.dimensions)
                ),
            )
        found.setdefault(name, []).append(("filter", key))
    for name, pairs in found.items():
        if len(pairs) > MOST_CHOICES:
            raise refused(name, "too_many", _("At most {n} of one.").format(n=MOST_CHOICES))
    return {name: tuple(dict.fromkeys(pairs)) for name, pairs in found.items() if pairs}


def _keys(
    wanted: Mapping[str, Iterable[tuple[str, str]]], company: Company, asked: Asked
) -> tuple[dict[str, tuple[Any, ...]], tuple[str, ...]]:
    filters: dict[str, tuple[Any, ...]] = {}
    labels = []
    for name, pairs in wanted.items():
        dimension = DIMENSIONS[name]
        found: dict[Any, str] = {}
        for place, text in pairs:
            if text == NONE:
                found[None] = _("(none)")
            elif dimension.is_period:
                found[text[:20]] = text[:20]
            else:
                row = _row(dimension, text, company, asked, place)
                found[row.pk] = str(getattr(row, dimension.code_column))
        filters[name] = tuple(found)
        labels.append(f"{dimension.title}: {', '.join(found.values())}")
    return filters, tuple(labels)


def find_row(name: str, text: str, company: Company, asked: Asked) -> Any:
    """The row of dimension ``name`` that a code, or ``id:17``, names. Raises ``InvalidInput``."""
    return _row(DIMENSIONS[name], text, company, asked, name)


def _row(dimension: Dimension, text: str, company: Company, asked: Asked, place: str) -> Any:
    model: Any = apps.get_model(dimension.model)
    rows = model.objects.visible_to(asked.user).filter(company=company)
    if text.startswith(ID):
        key = text.removeprefix(ID)
        rows = rows.filter(pk=int(key)) if _is_key(key) else rows.none()
        exact = list(rows[:1])
    else:
        found = list(rows.filter(_id_or_code(text, dimension.code_column)).order_by("pk")[:2])
        # A code of digits goes before a key.
        exact = [one for one in found if getattr(one, dimension.code_column) == text] or found
    if not exact:
        raise refused(
            place,
            "does_not_exist",
            _("{title}: there is no {text}.").format(title=dimension.title, text=text[:60]),
        )
    return exact[0]


def _dates(dataset: Dataset, given: Mapping[str, Sequence[str]], today: Date) -> tuple[Date, Date]:
    names = ("period", "date_from", "date_to")
    texts = {name: _one(given, name) for name in names}
    if not dataset.is_dated:
        for name in names:
            if texts[name]:
                raise refused(name, "not_dated", _("These figures are of this moment."))
        return today, today
    if texts["period"]:
        if texts["date_from"] or texts["date_to"]:
            raise refused("period", "given_twice", _("Give a period or two dates, not both."))
        date_from, date_to = span(texts["period"], today)
    else:
        date_to = read_date("date_to", texts["date_to"]) if texts["date_to"] else today
        first = Date(date_to.year, 1, 1)
        if dataset.most_days < 366:
            first = max(first, date_to.replace(day=1))
        date_from = read_date("date_from", texts["date_from"]) if texts["date_from"] else first
    if date_from > date_to:
        raise refused("date_from", "invalid", _("It begins after it ends."))
    if (date_to - date_from).days >= dataset.most_days:
        raise refused(
            "date_from",
            "too_long",
            _("At most {n} days at once.").format(n=dataset.most_days),
        )
    return date_from, date_to


def span(text: str, today: Date) -> tuple[Date, Date]:
    """The days of ``text``: a name of ``SPANS``, a month or a year. Raises ``InvalidInput``."""
    month, year = today.replace(day=1), Date(today.year, 1, 1)
    day = timedelta(days=1)
    named = {
        "today": (today, today),
        "yesterday": (today - day, today - day),
        "last_7_days": (today - 6 * day, today),
        "last_30_days": (today - 29 * day, today),
        "this_month": (month, today),
        "last_month": ((month - day).replace(day=1), month - day),
        "this_year": (year, today),
        "last_year": (Date(today.year - 1, 1, 1), year - day),
    }
    if text in named:
        return named[text]
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text, re.ASCII):
        first = read_date("period", f"{text}-01")
        return first, (first + 31 * day).replace(day=1) - day
    if re.fullmatch(r"[0-9]{4}", text, re.ASCII):
        return read_date("period", f"{text}-01-01"), read_date("period", f"{text}-12-31")
    names = ", ".join(SPANS)
    raise refused(
        "period", "invalid", _("Give a month as YYYY-MM, a year, or one of: {n}.").format(n=names)
    )


def read_date(name: str, text: str) -> Date:
    """Raises ``InvalidInput`` of the field ``name``."""
    try:
        if _DATE.fullmatch(text):
            day = Date.fromisoformat(text)
            if 1900 <= day.year <= 2200:
                return day
    except ValueError:
        pass
    raise refused(name, "invalid", _("Give a date that exists as YYYY-MM-DD."))


def _id_or_code(text: str, column: str = "code") -> Q:
    if not text.isprintable() or len(text) > 200:
        return Q(pk__in=())
    condition = Q(**{column: text})
    if _is_key(text):
        condition |= Q(pk=int(text))
    return condition


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def refused(field: str, code: str, text: str) -> InvalidInput:
    """A question that can't be answered: 400, as all questions are refused."""
    error = InvalidInput(code, text, field=field)
    error.status = 400
    return error
