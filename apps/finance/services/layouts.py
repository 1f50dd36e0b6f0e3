"""Layouts of statements: written as a whole, refused when they can't be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import LayoutRow, StatementLayout
from apps.finance.queries import formulas
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.account_lists import AccountList, read_accounts
from apps.finance.queries.layouts import Layout, RowSpec, evaluation_order
from apps.finance.queries.statements import default_layout_of, spec_of

Kind = LayoutRow.Kind
LONGEST = 60
MOST_ROWS = 300
_CONDITIONS = ("statement_line", "activity", "account_kind", "control", "accounts")


def create_layout(
    *,
    company: Company,
    by: User,
    reason: str = "",
    rows: Sequence[dict[str, Any]] | None = None,
    **values: Any,
) -> StatementLayout:
    """A new layout; without ``rows`` it starts with those that the statement lines make.

    Raises ``InvalidInput`` naming the row and the field that can't be read.
    """
    with unit_of_work():
        layout = create_row(
            StatementLayout, values={"company": company, **values}, by=by, reason=reason
        )
        if rows is None:
            _insert(layout, _copied(company, layout.kind), by=by)
        else:
            _insert(layout, rows, by=by)
            check_layout(layout)
    return layout


def update_layout(
    layout: StatementLayout,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    rows: Sequence[dict[str, Any]] | None = None,
    **values: Any,
) -> StatementLayout:
    """Change a layout; ``rows`` replace all it had."""
    with unit_of_work():
        changed = update_row(layout, values=values, by=by, version=version, reason=reason)
        if rows is not None:
            _delete_rows(changed, by=by)
            _insert(changed, rows, by=by)
        check_layout(changed)
    return changed


def replace_layout_rows(rows: Sequence[dict[str, Any]], *, by: User, reason: str = "") -> None:
    """Give each layout that ``rows`` name these rows instead of its own; all or nothing."""
    places: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row["layout"].pk, []).append(place)
    with unit_of_work():
        for own in places.values():
            layout = lock(rows[own[0]]["layout"])
            _delete_rows(layout, by=by)
            given = [{n: v for n, v in rows[place].items() if n != "layout"} for place in own]
            try:
                _insert(layout, given, by=by, reason=reason)
                check_layout(layout)
            except InvalidInput as error:
                error.row = own[error.row] if error.row is not None else own[0]
                raise


def _delete_rows(layout: StatementLayout, *, by: User) -> None:
    for row in layout.rows.all():
        row._history_user = by  # type: ignore[attr-defined]
        row.delete()


def create_layout_row(*, by: User, reason: str = "", **values: Any) -> LayoutRow:
    with unit_of_work():
        row = create_row(LayoutRow, values=values, by=by, reason=reason)
        check_layout(row.layout)
    return row


def update_layout_row(
    row: LayoutRow, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> LayoutRow:
    with unit_of_work():
        changed = update_row(row, values=values, by=by, version=version, reason=reason)
        check_layout(changed.layout)
    return changed


def check_layout(layout: StatementLayout) -> None:
    """Raise ``InvalidInput`` for conditions, ranges or formulas that can't be read."""
    if layout.rows.count() > MOST_ROWS:
        raise InvalidInput(
            "too_many_rows", _("Not more than {n} rows.").format(n=MOST_ROWS), field="code"
        )
    specs = []
    for place, row in enumerate(layout.rows.order_by("position", "id")):
        try:
            _check_row(row)
            specs.append(spec_of(row, layout.kind))
        except InvalidInput as error:
            raise InvalidInput(
                error.code, f"{row.code}: {error}", field=error.field, row=place
            ) from error
    evaluation_order(Layout(layout.code, layout.name, layout.kind, tuple(specs)))


def _check_row(row: LayoutRow) -> None:
    given = [name for name in _CONDITIONS if getattr(row, name)]
    if row.kind == Kind.ACCOUNTS and not given:
        raise InvalidInput("required", _("Say which accounts it shows."), field="accounts")
    if row.kind != Kind.ACCOUNTS and given:
        raise InvalidInput(
            "not_of_accounts", _("Only rows of accounts select any."), field=given[0]
        )
    if row.kind == Kind.TOTAL and not row.formula.strip():
        raise InvalidInput("required", _("A total needs a formula."), field="formula")
    if row.kind != Kind.TOTAL and row.formula:
        raise InvalidInput("not_a_total", _("Only totals have a formula."), field="formula")
    if not _is_plain(row.code):
        raise InvalidInput("bad_code", _("No brackets in a code."), field="code")
    read_accounts(row.accounts)


def _insert(
    layout: StatementLayout, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> None:
    codes = [row["code"] for row in rows]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            raise InvalidInput(
                "unique", _("{code} is there twice.").format(code=code), field="code", row=place
            )
    insert_all(
        [
            LayoutRow(company=layout.company, layout=layout, **{"position": place * 10, **row})
            for place, row in enumerate(rows, start=1)
        ],
        by=by,
        reason=reason,
    )


def _copied(company: Company, kind: str) -> list[dict[str, Any]]:
    """The rows of the layout that the statement lines make, as they would be written by hand."""
    layout = default_layout_of(company, kind, read_tree(company))
    # a line may have a code that is too long behind what is put before it, or that has brackets
    codes = {
        spec.code: spec.code if len(spec.code) <= LONGEST and _is_plain(spec.code) else f"ROW-{n}"
        for n, spec in enumerate(layout.rows, start=1)
    }
    return [_values(spec, codes) for spec in layout.rows]


def _is_plain(code: str) -> bool:
    return not set("[]{}") & set(code)


def _values(spec: RowSpec, codes: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "code": codes[spec.code],
        "label": spec.label[:200],
        "kind": spec.kind,
        "level": spec.level,
        "sign": spec.sign,
        "shows_accounts": spec.shows_accounts,
        "hides_zero": spec.hides_zero,
    }
    if spec.selector is not None:
        values |= {
            "measure": spec.measure,
            "statement_line_id": spec.selector.line,
            "activity": spec.selector.activity,
            "account_kind": spec.selector.kind,
            "control": spec.selector.control,
            "accounts": _written(spec.selector.accounts),
        }
    if spec.formula is not None:
        values["formula"] = formulas.spelled(spec.formula, lambda code: f"[{codes[code]}]")
    return values


def _written(accounts: AccountList) -> str:
    parts = [(a, b, "") for a, b in accounts.taken] + [(a, b, "!") for a, b in accounts.left_out]
    return ", ".join(f"{out}{a}" if a == b else f"{out}{a}..{b}" for a, b, out in parts)
