"""What only the books see: opening balances, rates, payments, rent, wages, depreciation."""

from __future__ import annotations

import calendar
from datetime import date as Date
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from django.db.models import Sum

from apps.core.models import Currency, ExchangeRate
from apps.core.services.exchange_rates import set_exchange_rate
from apps.finance.models import Account, Invoice, JournalLine, JournalVoucher
from apps.finance.queries.open_items import OpenItem, open_items
from apps.finance.queries.opening import opening_residue
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.opening import OpeningBalance, OpeningItem, post_opening_balances
from apps.finance.services.payments import Allocation, post_payment
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from mes_erp.demo.play.assets import depreciate, take_over_assets
from mes_erp.demo.play.plant import Plant

CENT = Decimal("0.01")
ZERO = Decimal(0)
PAYMENT_RUN = 3  # Thursday
#: Days after the due date on which customers pay, by their habit.
HABITS = {"prompt": (-1, 2), "slow": (4, 11), "late": (15, 38)}
Control = Account.Control


class Treasurer:
    def __init__(self, plant: Plant, seed: int, first: Date) -> None:
        self.plant, self.seed, self.first = plant, seed, first
        self.by = plant.user("accountant")

    # --- rates ------------------------------------------------------------------------------

    def set_rates(self, day: Date) -> None:
        """The day's rate of each foreign currency: yesterday's and a small step."""
        for currency, about in self.plant.files.story["exchange"].items():
            before = ExchangeRate.objects.filter(
                company=self.plant.company, currency_id=currency, date__lt=day
            ).first()
            rate = Decimal(about["start"])
            if before is not None:
                step = float(about["daily_step"])
                change = Decimal(str(round(self._chance(day, currency).uniform(-step, step), 4)))
                rate = min(max(before.rate + change, Decimal(about["low"])), Decimal(about["high"]))
            set_exchange_rate(
                company=self.plant.company,
                currency=Currency.objects.get(code=currency),
                date=day,
                rate=rate,
                by=self.by,
            )

    # --- opening ----------------------------------------------------------------------------

    def open_books(self, date: Date) -> None:
        """The old trial balance; stock has been posted before and is taken as it stands."""
        story = self.plant.files.story["opening"]
        items = [*self._receivables(date), *self._payables(date)]
        balances = [
            OpeningBalance(self.plant.accounts[code], Decimal(amount))
            for code, amount in story["balances"]
        ]
        take_over_assets(self.plant, date, by=self.by)
        balances += self._register_balances()
        for control, kind in (
            (Control.RECEIVABLE, Invoice.Kind.CUSTOMER),
            (Control.PAYABLE, Invoice.Kind.SUPPLIER),
        ):
            account = Account.objects.get(company=self.plant.company, control=control)
            total = sum((self._in_company(one, date) for one in items if one.kind == kind), ZERO)
            sign = 1 if kind == Invoice.Kind.CUSTOMER else -1
            balances.append(OpeningBalance(account, sign * total))
        rest = -sum((row.amount for row in balances), ZERO)
        plug = self.plant.accounts[story["balancing_account"]]
        balances.append(OpeningBalance(plug, rest))
        post_opening_balances(
            self.plant.company, date=date, balances=balances, items=items, by=self.by
        )
        self._clear_opening(date)

    def _register_balances(self) -> list[OpeningBalance]:
        """Stock and assets, which their own registers have brought in."""
        kept = (Control.INVENTORY, Control.FIXED_ASSET)
        rows = Account.objects.filter(company=self.plant.company, control__in=kept)
        return [
            OpeningBalance(account, amount)
            for account in rows
            if (amount := account_balance(account))
        ]

    def _clear_opening(self, date: Date) -> None:
        """Cents by which stock at standard differs from the list go back to where they are."""
        residue = opening_residue(self.plant.company)
        if residue:
            lines = [["3900", str(-residue)], ["5220", str(residue)]]
            self.voucher(date, "Rounding of opening stock at standard cost", lines)

    def _receivables(self, date: Date) -> list[OpeningItem]:
        story = self.plant.files.story["opening"]
        found = []
        for customer in self.plant.files.customers.values():
            chance = self._chance(date, customer.code)
            for n in range(story["receivables_per_customer"]):
                invoiced = date - timedelta(days=chance.randrange(2, 34 if n else 48))
                size = story["receivable_size"] * customer.weight / 4 * chance.uniform(0.4, 1.5)
                found.append(
                    OpeningItem(
                        kind=Invoice.Kind.CUSTOMER,
                        partner=self.plant.partners[customer.code],
                        reference=f"45{chance.randrange(8000, 9999):06d}-{n + 1}",
                        due_date=invoiced + timedelta(days=customer.payment_days),
                        amount=Decimal(str(size)).quantize(CENT),
                    )
                )
        return found

    def _payables(self, date: Date) -> list[OpeningItem]:
        story = self.plant.files.story["opening"]
        found = []
        for code in sorted({p.supplier for p in self.plant.files.purchases.values()}):
            chance = self._chance(date, code)
            partner = self.plant.partners[code]
            for n in range(story["payables_per_supplier"]):
                billed = date - timedelta(days=chance.randrange(2, 30))
                size = story["payable_size"] * chance.uniform(0.2, 1.8)
                found.append(
                    OpeningItem(
                        kind=Invoice.Kind.SUPPLIER,
                        partner=partner,
                        reference=f"RE-{chance.randrange(20_000, 30_000)}-{n + 1}",
                        due_date=billed + timedelta(days=partner.payment_days),
                        amount=Decimal(str(size)).quantize(CENT),
                    )
                )
        return found

    def _in_company(self, item: OpeningItem, date: Date) -> Decimal:
        rate = exchange_rate(self.plant.company, item.partner.currency_id, date)
        return (item.amount * rate).quantize(CENT, ROUND_HALF_UP)

    def pay_by_the_former_payroll(self, monday: Date) -> None:
        """Wages of the days before time is recorded here: ``monday`` is the first such day."""
        days = (monday - self.first).days
        if days:
            lines = shared(self.plant.files.story["former_payroll"]["lines"], Decimal(days) / 30)
            text = f"Wages up to {monday - timedelta(days=1):%d %B}, former payroll"
            self.voucher(monday - timedelta(days=1), text, lines)

    # --- payments ---------------------------------------------------------------------------

    def collect(self, day: Date) -> None:
        """Customers pay what they pay on this day, each in one sum."""
        due: dict[str, list[OpenItem]] = {}
        for item in open_items(self.plant.company, kind="customer", at=day):
            if item.kind == "invoice" and self._pays_on(item) <= day:
                due.setdefault(item.partner_code, []).append(item)
        self._pay("in", due, day)

    def _pays_on(self, item: OpenItem) -> Date:
        habit = self.plant.files.customers[item.partner_code].pays
        first, last = HABITS[habit]
        days = Random(f"{self.seed}/{item.reference}").randrange(first, last + 1)  # noqa: S311
        return item.due_date + timedelta(days=days)

    def pay_abroad(self, day: Date) -> None:
        """What is due in other currencies before the next run; the run has paid the rest."""
        home = self.plant.company.currency_id
        due: dict[str, list[OpenItem]] = {}
        for item in open_items(self.plant.company, kind="supplier", at=day):
            is_due = item.kind == "invoice" and item.due_date < day + timedelta(days=7)
            if is_due and item.currency != home:
                due.setdefault(item.partner_code, []).append(item)
        self._pay("out", due, day)

    def _pay(self, direction: str, due: dict[str, list[OpenItem]], day: Date) -> None:
        invoices = Invoice.objects.in_bulk([item.id for items in due.values() for item in items])
        home = self.plant.company.currency_id
        for code, items in sorted(due.items()):
            partner = self.plant.partners[code]
            post_payment(
                self.plant.company,
                direction=direction,
                partner=partner,
                account=self.plant.accounts["1010" if partner.currency_id == home else "1020"],
                date=day,
                amount=sum((item.open for item in items), ZERO),
                allocations=[Allocation(invoices[item.id], item.open) for item in items],
                reference=f"{'Receipt' if direction == 'in' else 'Run'} {day:%d.%m.} {code}",
                by=self.by,
            )

    # --- what costs without an order --------------------------------------------------------

    def post_costs(self, day: Date) -> None:
        """Bills and vouchers that fall on this day of the month; zero stands for the last."""
        last = calendar.monthrange(day.year, day.month)[1]
        days = {day.day} | ({0} if day.day == last else set())
        story = self.plant.files.story
        for bill in story["bills"]:
            if bill["day"] in days:
                self._bill(day, bill)
        for voucher in story["vouchers"]:
            if voucher["day"] in days:
                lines = shared(voucher["lines"], self._share_of_month(day))
                self.voucher(day, voucher["text"], lines)
        if 0 in days:
            depreciate(self.plant, day, by=self.by)

    def _share_of_month(self, day: Date) -> Decimal:
        """Of the month in which these books begin, what came before is in the old ones."""
        if (day.year, day.month) != (self.first.year, self.first.month):
            return Decimal(1)
        length = calendar.monthrange(day.year, day.month)[1]
        return Decimal(length - self.first.day + 1) / length

    def _bill(self, day: Date, bill: dict[str, Any]) -> None:
        partner = self.plant.partners[bill["supplier"]]
        line = BillingLine(
            Decimal(1),
            Decimal(bill["amount"]),
            description=bill["text"],
            tax_code=self.plant.tax_code(partner.country),
            account=self.plant.accounts[bill["account"]],
        )
        invoice = draft_invoice(
            self.plant.company,
            kind=Invoice.Kind.SUPPLIER,
            partner=partner,
            date=day,
            reference=f"{day:%Y%m}-{bill['account']}-{bill['day']:02d}",
            lines=[line],
            by=self.by,
        )
        post_invoice(invoice, by=self.by)

    def voucher(self, day: Date, text: str, lines: list[list[str]]) -> JournalVoucher:
        draft = draft_voucher(
            self.plant.company,
            journal=self.plant.journals["GEN"],
            date=day,
            description=text,
            lines=[
                VoucherLine(
                    self.plant.accounts[code],
                    debit=max(Decimal(amount), ZERO),
                    credit=max(-Decimal(amount), ZERO),
                )
                for code, amount in lines
            ],
            by=self.by,
        )
        return post_voucher(draft, by=self.by)

    def _chance(self, day: Date, about: str) -> Random:
        return Random(f"{self.seed}/{day}/{about}")  # noqa: S311 - a story, not a secret


def shared(lines: list[list[str]], share: Decimal) -> list[list[str]]:
    """Balanced lines at ``share`` of their amounts; the last one takes the odd cent."""
    *firsts, (last, _amount) = lines
    amounts = [
        (code, (Decimal(amount) * share).quantize(CENT, ROUND_HALF_UP)) for code, amount in firsts
    ]
    amounts.append((last, -sum((amount for _code, amount in amounts), ZERO)))
    return [[code, str(amount)] for code, amount in amounts]


def account_balance(account: Account) -> Decimal:
    """Debit above zero, over all time."""
    total = JournalLine.objects.filter(account=account).aggregate(total=Sum("amount"))["total"]
    return total or ZERO
