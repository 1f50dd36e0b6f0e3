"""What is open in foreign currencies, and what the closing rate makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import Account, Invoice
from apps.finance.queries.revaluations import Exposure, exposures
from apps.finance.report_parameters import ReportRequest
from apps.finance.reports import report_of
from apps.masterdata.models import Partner

NAME = "currency-exposure"


def currency_exposure_report(asked: ReportRequest) -> Report:
    """Receivables, payables and cash of each foreign currency at the end of ``date_to``.

    Its totals are the net position, what it is carried at, and the difference that a revaluation
    of that day would post. Advances keep their rate and are not among them.
    """
    found = sorted(
        exposures(asked.company, at=asked.chosen.date_to),
        key=lambda one: (one.currency, one.account_id, one.name),
    )
    accounts = Account.objects.in_bulk({one.account_id for one in found})
    partners = Partner.objects.in_bulk({one.partner_id for one in found if one.partner_id})
    invoices = ContentType.objects.get_for_model(Invoice).pk
    rows: list[Row] = []
    for currency, group in groupby(found, key=lambda one: one.currency):
        own = list(group)
        for one in own:
            partner = partners.get(one.partner_id or 0)
            account = accounts[one.account_id]
            cells = (
                currency, one.name, partner.name if partner else "", account.code,
                one.open_amount, one.rate, one.carrying, one.worth, one.difference,
            )  # fmt: skip
            links = {"name": link_to(invoices, one.invoice_id).url} if one.invoice_id else {}
            drill = Drill("general-ledger", asked.parameters(account=account.code))
            rows.append(Row(cells, links=links, drill=None if links else drill))
        rows.append(_total(currency, own, len(rows)))
    sums = _sums(found)
    rows.append(Row((_("Total"), "", "", "", None, None, *sums), is_total=True))
    columns = (
        Column("currency", _("Currency")),
        Column("name", _("Item")),
        Column("partner", _("Partner")),
        Column("account", _("Account")),
        Column("amount", _("Amount in currency"), Kind.MONEY),
        Column("rate", _("Rate"), Kind.QUANTITY),
        Column("carrying", _("Carried at"), Kind.MONEY),
        Column("worth", _("At the closing rate"), Kind.MONEY),
        Column("difference", _("Difference"), Kind.MONEY),
    )
    return report_of(_("Currency exposure"), asked, columns, rows)


def _total(currency: str, own: Sequence[Exposure], last: int) -> Row:
    net = sum((one.open_amount for one in own), ZERO)
    formula = f"SUM({{{last - len(own)}}}:{{{last - 1}}})"
    cells = (currency, _("Net position"), "", "", net, own[0].rate, *_sums(own))
    return Row(cells, is_total=True, formula=formula)


def _sums(found: Sequence[Exposure]) -> list[object]:
    return [
        sum((getattr(one, name) for one in found), ZERO)
        for name in ("carrying", "worth", "difference")
    ]
