"""The accounts department: payment runs, bank statements, reminders, the budget, the close."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from xml.sax.saxutils import escape

from apps.core.errors import BusinessError
from apps.finance.models import (
    BankAccount,
    BankStatement,
    DunningTerms,
    FiscalYear,
    JournalLine,
    Period,
)
from apps.finance.queries.bank import LedgerItem, open_ledger_items
from apps.finance.services.bank_accounts import create_bank_account, create_match_rule
from apps.finance.services.bank_automatching import match_automatically
from apps.finance.services.bank_imports import import_file
from apps.finance.services.budgets import approve_budget, draft_budget, spread_budget
from apps.finance.services.closing import check_all_steps, start_close
from apps.finance.services.dunning import confirm_dunning, propose_dunning
from apps.finance.services.dunning_terms import Level, create_dunning_terms
from apps.finance.services.payment_runs import (
    approve_payment_run,
    execute_payment_run,
    export_payment_run,
    propose_payment_run,
)
from apps.masterdata.services.partner_banks import create_partner_bank_account
from mes_erp.demo.company import FOLDER, rows_of
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MONDAY = 0
ZERO = Decimal(0)


def read_books() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "books.toml").read_text(encoding="utf-8"))


def set_up_bookkeeping(plant: Plant, date: Date) -> None:
    """Where we bank and where suppliers do, how we remind, what may be spent; ledger and bank
    agree at the end of ``date``."""
    story, by, company = read_books(), plant.user("accountant"), plant.company
    bank = story["bank"]
    create_bank_account(
        company=company,
        code=bank["code"],
        name=bank["name"],
        number=bank["number"],
        bic=bank["bic"],
        currency=company.currency,
        account=plant.accounts[bank["account"]],
        journal=plant.journals[bank["journal"]],
        opened_on=date,
        by=by,
    )
    for rule in story["rules"]:
        account = plant.accounts[rule["account"]]
        create_match_rule(company=company, **{**rule, "account": account}, by=by)
    for row in rows_of("partner_banks"):
        partner = plant.partners[row.pop("partner")]
        create_partner_bank_account(company=company, partner=partner, **row, by=by)
    terms = story["dunning"]
    create_dunning_terms(
        company=company,
        code=terms["code"],
        name=terms["name"],
        levels=[Level(days, text, Decimal(fee)) for days, fee, text in terms["levels"]],
        by=by,
    )
    for year in FiscalYear.objects.filter(company=company, ends_on__gt=date):
        _set_budget(plant, story["budget"], year)


def _set_budget(plant: Plant, story: dict[str, Any], year: FiscalYear) -> None:
    by = plant.user("accountant")
    budget = draft_budget(plant.company, name=story["name"], fiscal_year=year, by=by)
    for code, amount in story["amounts"]:
        account = plant.accounts[code]
        budget = spread_budget(budget, account=account, amount=Decimal(amount), by=by)
    approve_budget(budget, by=plant.user("plant_manager"))


@dataclass(frozen=True, slots=True)
class Said:
    """A line as the bank tells it; above zero is money received."""

    date: Date
    amount: Decimal
    text: str
    name: str = ""


class Bookkeeper:
    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan = plant, plan
        self.by, self.approver = plant.user("accountant"), plant.user("plant_manager")
        self.main = str(plant.files.story["company"]["main_site"])

    def acts(self) -> Iterator[Act]:
        """Statements come on Mondays before work; reminders go out after; a month that is over
        is begun to be closed on the third working day."""
        days = (self.plan.first + timedelta(days=n) for n in range(1, 31))
        mondays = [day for day in days if day.weekday() == MONDAY]
        for day in mondays:
            do_read = partial(self.read_statement, day, is_last=day == mondays[-1])
            yield self._act(day, 6, "statement", do_read)
        yield self._act(mondays[1], 10, "dunning", partial(self.remind, mondays[1]))
        yield self._act(mondays[-1], 10, "dunning", partial(self.remind, mondays[-1]))
        over = self.plan.last.replace(day=1) - DAY
        if over >= self.plan.first:
            day = self.plant.time.plus(self.main, over, 3)
            if day <= self.plan.last:
                yield self._act(day, 12, "close", partial(self.begin_close, over))

    def _act(self, day: Date, hour: int, key: str, do: Any) -> Act:
        return Act(self.plant.time.moment(self.main, day, hour), Step.BOOKS, key, do)

    @cached_property
    def account(self) -> BankAccount:
        code = self._story["bank"]["code"]
        rows = BankAccount.objects.select_related("company__currency", "currency", "account")
        return rows.get(company=self.plant.company, code=code)

    @cached_property
    def _story(self) -> dict[str, Any]:
        return read_books()

    # --- the bank ---------------------------------------------------------------------------

    def pay(self, day: Date) -> None:
        """The weekly run: what is due before the next one, in our own currency."""
        try:
            run = propose_payment_run(
                self.account, date=day, due_until=day + WEEK - DAY, by=self.by
            )
        except BusinessError as error:
            if error.code != "nothing_due":
                raise
            return
        run = export_payment_run(approve_payment_run(run, by=self.approver), by=self.by)
        execute_payment_run(run, by=self.by)

    def read_statement(self, day: Date, *, is_last: bool) -> None:
        """The file of the week until yesterday, and what of it needs nobody to look at."""
        bank, until = self._story["bank"], day - DAY
        lines = self._posted(until)
        lines.append(Said(until, -Decimal(bank["fee_amount"]), bank["fee"], "Heidebank"))
        if is_last:
            text, amount, name = bank["unknown"]
            lines.append(Said(until, Decimal(amount), text, name))
        before = BankStatement.objects.filter(bank_account=self.account).order_by("-id").first()
        content = camt(
            self.account,
            number=before.pk + 1 if before else 1,
            since=before.ends_on if before else self.account.opened_on,
            opening=before.closing_balance if before else self._opening(),
            lines=lines,
        )
        name = f"camt053-{until:%Y%m%d}.xml"
        import_file(self.plant.company, name=name, content=content, by=self.by)
        match_automatically(self.account, by=self.by)

    def _posted(self, until: Date) -> list[Said]:
        """What the ledger says went through the bank: a run as one sum, all else line by line."""
        runs: dict[str, list[LedgerItem]] = {}
        lines = []
        for item in open_ledger_items(self.account, until):
            run = item.description.partition(" ")[0]
            if run.startswith("PR-"):
                runs.setdefault(run, []).append(item)
            else:
                text = f"{item.number} {item.memo or item.description}"
                lines.append(Said(item.date, item.open, text, item.partner_name or ""))
        for run, items in runs.items():
            total = sum((item.open for item in items), ZERO)
            lines.append(Said(items[0].date, total, f"{run} {len(items)} transfers"))
        return sorted(lines, key=lambda line: (line.date, line.text))

    def _opening(self) -> Decimal:
        rows = JournalLine.objects.filter(
            account=self.account.account, date__lte=self.account.opened_on
        )
        return sum((row.amount for row in rows), ZERO)

    # --- customers, and the month's end -----------------------------------------------------

    def remind(self, day: Date) -> None:
        terms = DunningTerms.objects.get(
            company=self.plant.company, code=self._story["dunning"]["code"]
        )
        try:
            run = propose_dunning(self.plant.company, terms=terms, date=day, by=self.by)
        except BusinessError as error:
            if error.code != "nothing_overdue":
                raise
            return
        confirm_dunning(run, by=self.by)

    def begin_close(self, last: Date) -> None:
        """The checks of the month that ended on ``last`` have run; what they found is open."""
        period = Period.objects.get(company=self.plant.company, ends_on=last, is_closing=False)
        check_all_steps(start_close(period, by=self.by), by=self.by)


def camt(
    account: BankAccount, *, number: int, since: Date, opening: Decimal, lines: list[Said]
) -> bytes:
    """A bank's statement, camt.053.001.08 (ISO 20022)."""
    currency = account.currency_id
    closing = opening + sum((line.amount for line in lines), ZERO)
    until = max(line.date for line in lines)
    entries = "".join(_entry(line, currency, place) for place, line in enumerate(lines, start=1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>{account.code}-{number}</MsgId><CreDtTm>{until}T22:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>{account.code}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>
<Acct><Id><IBAN>{account.number}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", opening, since, currency)}
{_balance("CLBD", closing, until, currency)}
{entries}</Stmt></BkToCstmrStmt></Document>""".encode()


def _balance(code: str, amount: Decimal, date: Date, currency: str) -> str:
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
<Amt Ccy="{currency}">{abs(amount)}</Amt>{_side(amount)}<Dt><Dt>{date}</Dt></Dt></Bal>"""


def _entry(line: Said, currency: str, place: int) -> str:
    party = "Cdtr" if line.amount < 0 else "Dbtr"
    return f"""<Ntry><Amt Ccy="{currency}">{abs(line.amount)}</Amt>{_side(line.amount)}
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.date}</Dt></BookgDt><ValDt><Dt>{line.date}</Dt></ValDt>
<AcctSvcrRef>{line.date:%Y%m%d}{place:04d}</AcctSvcrRef><NtryDtls><TxDtls>
<RltdPties><{party}><Pty><Nm>{escape(line.name)}</Nm></Pty></{party}></RltdPties>
<RmtInf><Ustrd>{escape(line.text[:140])}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""


def _side(amount: Decimal) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount < 0 else 'CRDT'}</CdtDbtInd>"
