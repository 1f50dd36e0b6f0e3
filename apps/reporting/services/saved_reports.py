"""Questions kept for later, and dashboards of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.reporting.datasets import datasets
from apps.reporting.models import Dashboard, DashboardTile, SavedReport
from apps.reporting.pivot_request import PivotRequest, read_request
from apps.reporting.queries.scope import Asked, asked_by

MOST_TILES = 12


@dataclass(frozen=True, slots=True)
class Tile:
    report: SavedReport
    position: int = 1


def create_saved_report(*, by: User, reason: str = "", **values: Any) -> SavedReport:
    """Keep a question. Raises ``InvalidInput`` for one that could not be asked."""
    values["question"] = checked_question(
        values["dataset"], values.get("question", ""), values["company"], asked_by(by)
    )
    _check_sharing(values.get("is_shared", False), values.get("role"), by)
    return create_row(SavedReport, values={**values, "owner": by}, by=by, reason=reason)


def update_saved_report(
    report: SavedReport, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SavedReport:
    """Change it; only its owner may."""
    require_owner(report, by)
    if "question" in values or "dataset" in values:
        values["question"] = checked_question(
            values.get("dataset", report.dataset),
            values.get("question", report.question),
            report.company,
            asked_by(by),
        )
    _check_sharing(values.get("is_shared", report.is_shared), values.get("role", report.role), by)
    return update_row(report, values=values, by=by, version=version, reason=reason)


def checked_question(code: str, question: str, company: Company, asked: Asked) -> str:
    """``question`` in its shortest words. Raises ``InvalidInput``, the field ``question``."""
    words = read_question(code, question, company, asked).words()
    words.pop("company")
    return urlencode(words, doseq=True)


def read_question(
    code: str, question: str, company: Company, asked: Asked, **more: str
) -> PivotRequest:
    """The stored question, asked by ``asked`` of ``company``; ``more`` stands for its own words.

    Raises ``InvalidInput`` for what can't be asked and for a dataset that ``asked`` may not see.
    """
    dataset = datasets().get(code)
    if dataset is None or not asked.may_see(dataset):
        raise InvalidInput(
            "unknown_dataset",
            _("There is no dataset {code} that {user} may see.").format(
                code=code[:60], user=asked.user
            ),
            field="dataset",
        )
    given = parse_qs(question, keep_blank_values=True)
    if "date_from" in more:
        for name in ("period", "date_from", "date_to"):
            given.pop(name, None)
    given |= {"company": [str(company.pk)], **{name: [text] for name, text in more.items()}}
    try:
        return read_request(code, given, asked)
    except InvalidInput as error:
        raise InvalidInput(
            error.code,
            _("{word}: {message}").format(word=error.field, message=error.message),
            field="question",
        ) from error


def create_dashboard(
    *, by: User, reason: str = "", tiles: Sequence[Tile] = (), **values: Any
) -> Dashboard:
    """A dashboard with its tiles."""
    _check_sharing(values.get("is_shared", False), values.get("role"), by)
    with unit_of_work():
        board = create_row(Dashboard, values={**values, "owner": by}, by=by, reason=reason)
        _write_tiles(board, tiles)
    return board


def update_dashboard(
    board: Dashboard,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    tiles: Sequence[Tile] | None = None,
    **values: Any,
) -> Dashboard:
    """Change it; ``tiles`` replace the ones it has."""
    require_owner(board, by)
    _check_sharing(values.get("is_shared", board.is_shared), values.get("role", board.role), by)
    with unit_of_work():
        changed = update_row(board, values=values, by=by, version=version, reason=reason)
        if tiles is not None:
            changed.tiles.all().delete()
            _write_tiles(changed, tiles)
    return changed


def require_owner(row: Any, by: User) -> None:
    """Raise ``BusinessError`` unless ``by`` keeps ``row``."""
    if row.owner_id != by.pk and not by.is_superuser:
        raise BusinessError("not_owner", _("Only its owner changes this. Save your own."))


def _write_tiles(board: Dashboard, tiles: Sequence[Tile]) -> None:
    if len(tiles) > MOST_TILES:
        raise InvalidInput("too_many", _("At most {n} tiles.").format(n=MOST_TILES), field="tiles")
    if len({tile.report.pk for tile in tiles}) != len(tiles):
        raise InvalidInput("twice", _("A report stands once on a dashboard."), field="tiles")
    for row, tile in enumerate(tiles):
        require_company(board.company, row=row, report=tile.report)
    DashboardTile.objects.bulk_create(
        DashboardTile(
            company_id=board.company_id, dashboard=board, report=tile.report, position=tile.position
        )
        for tile in tiles
    )


def _check_sharing(is_shared: bool, role: Any, by: User) -> None:
    if role is not None and not is_shared:
        raise InvalidInput("not_shared", _("Share it to name a role."), field="role")
    if is_shared and not by.has_perm("reporting.share_savedreport"):
        raise InvalidInput("may_not_share", _("You may not share."), field="is_shared")
