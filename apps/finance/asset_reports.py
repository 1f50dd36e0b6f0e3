"""Fixed assets as reports: the register, its roll-forward, and the depreciation to come."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import DepreciationBook, FixedAsset
from apps.finance.queries.asset_register import (
    RegisterRow,
    RollForwardRow,
    asset_register,
    forecast,
    roll_forward,
)
from apps.finance.report_parameters import ReportRequest

Amounts = tuple[Decimal, ...]


def register_report(asked: ReportRequest) -> Report:
    """What is carried at the end of ``date_to``, with a total for each class."""
    book = _book(asked)
    at = asked.chosen.date_to
    class_id = asked.asset_class.pk if asked.asset_class else None
    found = asset_register(
        asked.company, book_id=book.pk, at=at, class_id=class_id, site_id=_site(asked)
    )
    kind = ContentType.objects.get_for_model(FixedAsset).pk
    rows: list[Row] = []
    for (code, name), group in groupby(found, key=lambda row: (row.class_code, row.class_name)):
        assets = list(group)
        rows += [_register_row(row, kind) for row in assets]
        rows.append(Row((code, name, None, None, *_carried(assets)), level=0, is_total=True))
    rows.append(Row((_("Total"), "", None, None, *_carried(found)), is_total=True))
    columns = (
        Column("number", _("Asset")),
        Column("name", _("Name")),
        Column("acquired_on", _("Acquired on"), Kind.DATE),
        Column("in_service_on", _("In service on"), Kind.DATE),
        Column("cost", _("Cost"), Kind.MONEY),
        Column("depreciation", _("Accumulated depreciation"), Kind.MONEY),
        Column("carrying", _("Carrying amount"), Kind.MONEY),
    )
    return _report(_("Asset register"), asked, book, at.isoformat(), columns, rows)


def _register_row(row: RegisterRow, kind: int) -> Row:
    cells = (
        row.number, row.name, row.acquired_on, row.in_service_on, row.cost, row.depreciation,
        row.carrying,
    )  # fmt: skip
    return Row(cells, level=1, links={"number": link_to(kind, row.asset_id).url})


def _carried(rows: Sequence[RegisterRow]) -> Amounts:
    cost = sum((row.cost for row in rows), ZERO)
    depreciation = sum((row.depreciation for row in rows), ZERO)
    return cost, depreciation, cost - depreciation


def roll_forward_report(asked: ReportRequest) -> Report:
    """Opening, additions, charges, disposals and closing of each class in the chosen dates."""
    book = _book(asked)
    first = asked.chosen.date_from or asked.chosen.date_to.replace(month=1, day=1)
    last = asked.chosen.date_to
    class_id = asked.asset_class.pk if asked.asset_class else None
    found = roll_forward(
        asked.company,
        book_id=book.pk,
        first=first,
        last=last,
        class_id=class_id,
        site_id=_site(asked),
    )
    rows = [
        Row(
            (row.class_code, row.class_name, *_rolled(row)),
            drill=Drill(
                "asset-register",
                asked.parameters(book=book.code, asset_class=row.class_code),
            ),
        )
        for row in found
    ]
    totals = [sum(column, ZERO) for column in zip(*map(_rolled, found), strict=True)]
    rows.append(Row((_("Total"), "", *(totals or [ZERO] * 10)), is_total=True))
    labels = (
        ("opening_cost", _("Cost, opening")),
        ("additions", _("Additions")),
        ("revaluation", _("Revaluation")),
        ("disposals", _("Disposals")),
        ("closing_cost", _("Cost, closing")),
        ("opening_depreciation", _("Depreciation, opening")),
        ("charge", _("Charge")),
        ("impairment", _("Impairment and revaluation")),
        ("disposals_depreciation", _("Depreciation of disposals")),
        ("closing_carrying", _("Carrying amount, closing")),
    )
    columns = (
        Column("class", _("Class")),
        Column("name", _("Name")),
        *(Column(key, text, Kind.MONEY) for key, text in labels),
    )
    span = f"{first.isoformat()} – {last.isoformat()}"
    return _report(_("Roll-forward of assets"), asked, book, span, columns, rows)


def _rolled(row: RollForwardRow) -> Amounts:
    return (
        row.opening_cost,
        row.additions,
        row.revaluation,
        row.disposals,
        row.closing_cost,
        row.opening_depreciation + row.taken_over,
        row.charge,
        row.impairment,
        row.disposals_depreciation,
        row.closing_carrying,
    )


def forecast_report(asked: ReportRequest) -> Report:
    """Twelve months from that of ``date_to``."""
    book = _book(asked)
    wanted = asked.asset_class.code if asked.asset_class else None
    found = forecast(
        asked.company,
        book_id=book.pk,
        first=asked.chosen.date_to,
        class_code=wanted,
        site_id=_site(asked),
    )
    rows = [Row((row.ends_on, row.assets, row.amount, row.carrying)) for row in found]
    total = sum((row.amount for row in found), ZERO)
    rows.append(Row((_("Total"), None, total, None), is_total=True))
    columns = (
        Column("ends_on", _("Month"), Kind.DATE),
        Column("assets", _("Assets"), Kind.INTEGER),
        Column("amount", _("Depreciation"), Kind.MONEY),
        Column("carrying", _("Carrying amount"), Kind.MONEY),
    )
    span = f"{found[0].ends_on.isoformat()} – {found[-1].ends_on.isoformat()}"
    return _report(_("Depreciation forecast"), asked, book, span, columns, rows)


def _site(asked: ReportRequest) -> int | None:
    return asked.chosen.dimensions.get("site")


def _book(asked: ReportRequest) -> DepreciationBook:
    if asked.book is not None:
        return asked.book
    book = DepreciationBook.objects.filter(company=asked.company, posts_to_ledger=True).first()
    if book is None:
        raise InvalidInput(
            "no_ledger_book", _("No book of this company posts to the ledger."), field="book"
        )
    return book


def _report(
    title: str,
    asked: ReportRequest,
    book: DepreciationBook,
    span: str,
    columns: tuple[Column, ...],
    rows: list[Row],
) -> Report:
    company = asked.company
    about = [f"{company.code} {company.name}", f"{span} · {company.currency_id}", str(book)]
    if asked.asset_class:
        about.append(str(asked.asset_class))
    return Report(
        title=title,
        subtitles=(*about, *asked.labels),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )
