"""Which accounts a drill-down looks at: of a row of a layout, of a statement line, or one."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.drill import Selection, select_accounts
from apps.finance.queries.layouts import Measure, selected
from apps.finance.queries.statements import read_layout
from apps.finance.report_parameters import ReportRequest


def selection_of(asked: ReportRequest) -> Selection:
    """Raises ``InvalidInput`` for a row that the layout does not have."""
    if asked.layout is not None and asked.row:
        return _of_row(asked)
    return select_accounts(
        asked.chosen,
        line_id=asked.line.pk if asked.line else None,
        account_id=asked.account.pk if asked.account else None,
    )


def _of_row(asked: ReportRequest) -> Selection:
    """Its accounts with its sign; one of them when an account is named besides."""
    spec = read_layout(asked.layout).row(asked.row) if asked.layout else None
    if spec is None or spec.selector is None:
        raise InvalidInput(
            "does_not_exist", _("The layout has no such row of accounts."), field="row"
        )
    wanted = asked.account.pk if asked.account else None
    ids = (account.id for account in selected(spec, read_tree(asked.company).accounts))
    return Selection(
        asked.chosen.changed(with_closing=spec.measure != Measure.MOVEMENT),
        tuple(sorted(key for key in ids if wanted in (None, key))),
        spec.sign,
    )
