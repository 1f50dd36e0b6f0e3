"""What the chart of this version gives a new company, for one that was made before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    AssetClass,
    CloseTask,
    DepreciationBook,
    Journal,
    PostingRole,
    PostingRule,
    StatementLine,
    TaxBox,
    TaxCode,
)
from apps.finance.services.asset_chart import write_classes, write_depreciation_books
from apps.finance.services.chart import (
    STANDARD,
    chart_content,
    write_accounts,
    write_close_tasks,
    write_journals,
    write_posting_rules,
    write_tax_boxes,
    write_tax_codes,
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of the chart that names what the company does not have as the chart has it."""

    model: type[Any]
    code: str
    lacks: tuple[str, ...]


@dataclass(slots=True)
class Completion:
    added: list[Any] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def complete_chart(
    company: Company, *, by: User, chart: str = STANDARD, with_accounts: bool = False
) -> Completion:
    """Give ``company`` what ``chart`` gives a new one and it lacks.

    Journals, tax codes, the boxes of the return, tasks of the close, posting rules, depreciation
    books and classes of assets. A journal is lacking when none has its code, a posting rule when
    its role has none that is for all categories and reasons, the boxes when the company never had
    one (a return is a form, not a heap of boxes), the rest when the company never had one of the
    code: what people renamed or threw away stays as they want it. ``with_accounts`` adds the
    accounts that these name, too, where their code is free and their statement line is there.

    A tax code, a box or a class that names what is not there is left out, and said. A posting rule
    can't be: raises ``BusinessError`` ``no_accounts`` for a company without a chart,
    ``missing_accounts`` (in ``details``) when a rule would name an account that is not there, not
    in use or of another kind: which one plays the role is then for people to say. Nothing is
    written then.
    """
    content = chart_content(chart)
    with unit_of_work():
        # two at once would both find the same lacking
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        accounts = {row.code: row for row in Account.objects.filter(company=company)}
        if not accounts:
            raise BusinessError(
                "no_accounts",
                _("{company} has no accounts yet: load a chart.").format(company=company.code),
            )
        return _Completing(company, content, accounts, by).all(with_accounts)


class _Completing:
    """One company; ``done`` gathers what was added and what was left out."""

    def __init__(
        self, company: Company, content: dict[str, Any], accounts: dict[str, Account], by: User
    ) -> None:
        self.company, self.content, self.accounts, self.by = company, content, accounts, by
        self.done = Completion()
        self.rules = self._lacking_rules()
        self.taxes = self._never_had(TaxCode, content["tax_codes"])
        self.classes = self._never_had(AssetClass, content.get("asset_classes", ()))

    def all(self, with_accounts: bool) -> Completion:
        if with_accounts:
            self._add_accounts()
        self._require_accounts()
        by, company, content = self.by, self.company, self.content
        codes = set(Journal.objects.filter(company=company).values_list("code", flat=True))
        journals = [row for row in content["journals"] if row[0] not in codes]
        self.done.added += write_journals(company, journals, by)
        self._add_taxes()
        tasks = self._never_had(CloseTask, content["close_tasks"])
        places = {row[0]: place for place, row in enumerate(content["close_tasks"], start=1)}
        self.done.added += write_close_tasks(company, [(places[r[0]], r) for r in tasks], by)
        self.done.added += write_posting_rules(company, self.rules, self.accounts, by)
        self._add_asset_classes()
        return self.done

    # --- what is lacking -------------------------------------------------------------------

    def _lacking_rules(self) -> dict[str, str]:
        general = PostingRule.objects.filter(company=self.company, category=None, reason=None)
        known = set(general.values_list("role", flat=True))
        return {r: code for r, code in self.content["posting_rules"].items() if r not in known}

    def _never_had(self, model: type[Any], rows: Iterable[list[Any]]) -> list[list[Any]]:
        """Rows of the chart whose codes no row of ``model`` ever had here."""
        had = {
            code
            for manager in (model.objects, model.history)
            for code in manager.filter(company=self.company).values_list("code", flat=True)
        }
        return [row for row in rows if row[0] not in had]

    # --- accounts --------------------------------------------------------------------------

    def _add_accounts(self) -> None:
        named = {
            *self.rules.values(),
            *(code for row in self.taxes for code in _accounts_of_tax(row)),
            *(code for row in self.classes for code in self._accounts_of_class(row)),
        } - self.accounts.keys()
        lines = {
            line.code: line
            for line in StatementLine.objects.filter(company=self.company, children__isnull=True)
        }
        rows = [row for row in self.content["accounts"] if row[0] in named and row[3] in lines]
        added = write_accounts(self.company, rows, lines, self.by)
        self.accounts |= added
        self.done.added += added.values()

    def _accounts_of_class(self, row: list[Any]) -> list[str]:
        return [row[2], row[3], *self.content["asset_results"].values()]

    def _unfit(self, codes: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """(code, name, kind) of those that are not there, in use and of their kind."""
        about = {row[0]: row for row in self.content["accounts"]}
        for code in dict.fromkeys(codes):
            _code, name, kind, _line, control = about[code]
            found = self.accounts.get(code)
            is_it = found is not None and (found.kind, found.control) == (kind, control)
            if found is None or not is_it or not found.is_active:
                yield code, name, kind

    def _require_accounts(self) -> None:
        unfit = {code: (name, kind) for code, name, kind in self._unfit(self.rules.values())}
        missing = [
            {"role": role, "account": code, "name": unfit[code][0], "kind": unfit[code][1]}
            for role, code in self.rules.items()
            if code in unfit
        ]
        if missing:
            raise BusinessError(
                "missing_accounts",
                _(
                    "{company} lacks accounts for posting rules: {names}. Create them, or a "
                    "posting rule of that role for an account of your own."
                ).format(
                    company=self.company.code,
                    names="; ".join(
                        f"{PostingRole(one['role']).label} → {one['account']} {one['name']}"
                        for one in missing
                    ),
                ),
                field="account",
                details={"missing": missing},
            )

    # --- what may be left out --------------------------------------------------------------

    def _fit(
        self, model: type[Any], rows: Iterable[list[Any]], lacks: Mapping[str, tuple[str, ...]]
    ) -> list[list[Any]]:
        """``rows`` without those that lack something, which are noted."""
        found = []
        for row in rows:
            if lacks[row[0]]:
                self.done.left_out.append(LeftOut(model, row[0], lacks[row[0]]))
            else:
                found.append(row)
        return found

    def _add_taxes(self) -> None:
        lacks = {
            row[0]: tuple(code for code, *_about in self._unfit(_accounts_of_tax(row)))
            for row in self.taxes
        }
        rows = self._fit(TaxCode, self.taxes, lacks)
        self.done.added += write_tax_codes(self.company, rows, self.accounts, self.by)
        boxes = self._never_had(TaxBox, self.content["tax_boxes"])
        if len(boxes) < len(self.content["tax_boxes"]) or self._has(TaxBox):
            return
        codes = {row.code: row for row in TaxCode.objects.filter(company=self.company)}
        lacks = {
            code: tuple(dict.fromkeys(term[0] for term in terms if term[0] not in codes))
            for code, _name, terms in boxes
        }
        rows = self._fit(TaxBox, boxes, lacks)
        if len(rows) == len(boxes):
            self.done.added += write_tax_boxes(self.company, rows, codes, self.by)

    def _add_asset_classes(self) -> None:
        books = self._never_had(DepreciationBook, self.content.get("depreciation_books", ()))
        ledgers = DepreciationBook.objects.filter(company=self.company, posts_to_ledger=True)
        ledger = ledgers.first()
        if ledger is not None:
            books = [row for row in books if not row[2]]
        made = write_depreciation_books(self.company, books, self.by)
        self.done.added += made
        ledger = ledger or next((book for book in made if book.posts_to_ledger), None)
        lacks = {
            row[0]: tuple(code for code, *_about in self._unfit(self._accounts_of_class(row)))
            or (() if ledger else (str(DepreciationBook._meta.verbose_name),))
            for row in self.classes
        }
        rows = self._fit(AssetClass, self.classes, lacks)
        if ledger is not None:
            results = self.content.get("asset_results", {})
            self.done.added += write_classes(
                self.company, rows, results, ledger, self.accounts, by=self.by
            )

    def _has(self, model: type[Any]) -> bool:
        """Whether the company has, or ever had, a row of ``model``."""
        managers = (model.objects, model.history)
        return any(manager.filter(company=self.company).exists() for manager in managers)


def _accounts_of_tax(row: list[str]) -> list[str]:
    return [row[3], row[4]]
