"""Which accounts a drill-down looks at: of a row of a layout, of a statement line, or one."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.finance.models import StatementLayout
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.drill import Selection, select_accounts
from apps.finance.queries.layouts import CASH, Measure, behind, selected
from apps.finance.queries.statements import layout_of
from apps.finance.report_parameters import ReportRequest


def selection_of(asked: ReportRequest) -> Selection:
    """Raises ``InvalidInput`` for a row that the layout does not have."""
    if asked.row and (asked.layout or asked.statement):
        return _of_row(asked)
    return select_accounts(
        asked.chosen,
        line_id=asked.line.pk if asked.line else None,
        account_id=asked.account.pk if asked.account else None,
    )


def _of_row(asked: ReportRequest) -> Selection:
    """The accounts behind it, with its sign, so that they sum to its figure; one of them when an
    account is named besides."""
    tree = read_tree(asked.company)
    kind = asked.layout.kind if asked.layout else asked.statement
    specs = behind(layout_of(asked.company, kind, tree, asked.layout), asked.row)
    if not specs:
        raise InvalidInput(
            "does_not_exist", _("The layout has no such row of accounts."), field="row"
        )
    wanted = asked.account.pk if asked.account else None
    ids = {account.id for spec in specs for account in selected(spec, tree.accounts)}
    cash = {account.id for account in tree.accounts if account.control == CASH}
    spec = specs[0]
    is_against_cash = kind == StatementLayout.Kind.DIRECT_CASH_FLOW and not ids <= cash
    with_closing = is_against_cash or spec.measure != Measure.MOVEMENT
    return Selection(
        asked.chosen.changed(with_closing=with_closing),
        tuple(sorted(key for key in ids if wanted in (None, key))),
        spec.sign,
        cash_ids=tuple(sorted(cash)) if is_against_cash else (),
        only=spec.measure if spec.measure in (Measure.CARRIED, Measure.EXCHANGE) else "",
    )
