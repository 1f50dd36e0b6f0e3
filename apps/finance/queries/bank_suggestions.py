"""What a bank line may be: scored, with the reason, in a constant number of statements.

Exact ids first (100 to 90), then amount and partner's account (85), then name, amount and date
(80 and below, by ``rapidfuzz``). Only what shares an id, an amount or a partner is compared, so
ten thousand lines against ten thousand items stay a matter of seconds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, utils

from apps.finance.models import BankAccount, BankLine, MatchRule, PaymentRun, PaymentRunLine
from apps.finance.queries.bank import LedgerItem, open_ledger_items
from apps.finance.queries.open_items import OpenItem, open_items
from apps.masterdata.models import PartnerBankAccount

MOST = 5
FUZZY_LEAST = 70
_WORD = re.compile(r"[A-Z0-9][A-Z0-9/_.-]{2,}[A-Z0-9]")
SURE = 95


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What ``line`` may be. ``kind``: invoice, ledger, run, rule; ``ids`` of invoices or journal
    lines. ``amount`` is what it takes of the line, signed; ``reason`` says why, for people."""

    line_id: int
    kind: str
    score: int
    reason: str
    label: str
    amount: Decimal
    ids: tuple[int, ...] = ()
    partner_id: int | None = None
    rule_id: int | None = None
    date: Date | None = None


@dataclass(slots=True)
class _Candidates:
    """Everything open that a line of this account may be, found by id, amount and partner."""

    by_word: dict[str, list[OpenItem]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[Decimal, list[OpenItem]] = field(default_factory=lambda: defaultdict(list))
    ledger_by_word: dict[str, list[LedgerItem]] = field(default_factory=lambda: defaultdict(list))
    ledger_by_amount: dict[Decimal, list[LedgerItem]] = field(
        default_factory=lambda: defaultdict(list)
    )
    signed: dict[int, Decimal] = field(default_factory=dict)
    partners_by_iban: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    runs: list[tuple[PaymentRun, Decimal, tuple[int, ...]]] = field(default_factory=list)
    rules: list[MatchRule] = field(default_factory=list)


def suggest_matches(
    account: BankAccount, lines: Sequence[BankLine], *, at: Date | None = None
) -> dict[int, list[Suggestion]]:
    """For each open line of ``account`` what it may be, the best first."""
    if not lines:
        return {}
    found = _candidates(account, at or Date.max.replace(year=2200))
    return {line.pk: _of_line(line, found) for line in lines}


def rule_matches(rule: MatchRule, line: BankLine) -> bool:
    """Whether every condition of ``rule`` holds for ``line``."""
    said = f"{line.text} {line.reference} {line.end_to_end_id}".casefold()
    size = abs(line.amount)
    return (
        rule.bank_account_id in (None, line.bank_account_id)
        and rule.text_contains.casefold() in said
        and rule.name_contains.casefold() in line.name.casefold()
        and rule.iban.replace(" ", "").upper() in ("", line.iban.upper())
        and rule.bank_code in ("", line.code)
        and (not rule.sign or (rule.sign == "in") == (line.amount > 0))
        and (rule.least is None or size >= rule.least)
        and (rule.most is None or size <= rule.most)
    )


def active_rules(account: BankAccount) -> list[MatchRule]:
    """Rules of the company, in the order in which they are asked."""
    rows = MatchRule.objects.filter(company=account.company_id, is_active=True)
    return list(
        rows.select_related("account", "partner", "cost_object").order_by("priority", "code")
    )


def _candidates(account: BankAccount, at: Date) -> _Candidates:
    found = _Candidates(rules=active_rules(account))
    for kind, sign in (("customer", 1), ("supplier", -1)):
        for item in open_items(account.company, kind=kind, at=at):
            if item.kind == "payment" or item.currency != account.currency_id:
                continue
            signed = sign * item.open
            found.signed[item.id] = signed
            found.by_amount[signed].append(item)
            for word in _words(item.number, item.reference):
                found.by_word[word].append(item)
    runs_of = _runs(account, found)
    for posted in open_ledger_items(account, at):
        found.ledger_by_amount[posted.open].append(posted)
        for word in _words(posted.number, posted.memo, posted.description):
            found.ledger_by_word[word].append(posted)
    for run, entry_ids in runs_of:
        open_of = {
            posted.id: posted.open
            for items in found.ledger_by_amount.values()
            for posted in items
            if posted.entry_id in entry_ids
        }
        if open_of:
            found.runs.append((run, sum(open_of.values(), Decimal(0)), tuple(sorted(open_of))))
    rows = PartnerBankAccount.objects.filter(company=account.company_id, is_active=True)
    for iban, number, partner_id in rows.values_list("iban", "account_number", "partner_id"):
        found.partners_by_iban[iban or number].add(partner_id)
    return found


def _runs(account: BankAccount, found: _Candidates) -> list[tuple[PaymentRun, set[int]]]:
    rows = (
        PaymentRunLine.objects.filter(
            run__bank_account=account,
            run__status=PaymentRun.Status.DONE,
            payment__status="posted",
        )
        .select_related("run", "payment")
        .order_by("run_id", "id")
    )
    runs: dict[int, tuple[PaymentRun, set[int]]] = {}
    for row in rows:
        if row.payment is not None and row.payment.entry_id is not None:
            runs.setdefault(row.run_id, (row.run, set()))[1].add(row.payment.entry_id)
    return list(runs.values())


def _of_line(line: BankLine, found: _Candidates) -> list[Suggestion]:
    left = line.amount - line.matched_amount
    made: dict[tuple[str, tuple[int, ...]], Suggestion] = {}
    for suggestion in (
        *_by_run(line, left, found),
        *_by_word(line, left, found),
        *_by_amount(line, left, found),
        *_by_rule(line, left, found),
    ):
        key = (suggestion.kind, suggestion.ids or (suggestion.rule_id or 0,))
        if key not in made or made[key].score < suggestion.score:
            made[key] = suggestion
    ranked = sorted(made.values(), key=lambda one: (-one.score, one.date or Date.max, one.ids))
    return ranked[:MOST]


def _by_run(line: BankLine, left: Decimal, found: _Candidates) -> Iterable[Suggestion]:
    words = _said(line)
    for run, total, ids in found.runs:
        if total != left or len(ids) < 1:
            continue
        is_batch = f"{line.batch_id}-".startswith(f"{run.number}-")
        is_named = run.number.upper() in words or is_batch
        yield Suggestion(
            line.pk,
            "run",
            99 if is_named else 88,
            _("Batch of a payment run, by its number and total")
            if is_named
            else _("Total of a payment run"),
            _("Payment run {number}").format(number=run.number),
            total,
            ids,
            date=run.date,
        )


def _by_word(line: BankLine, left: Decimal, found: _Candidates) -> Iterable[Suggestion]:
    for word in _said(line):
        for posted in found.ledger_by_word.get(word, ()):
            if posted.open * left > 0:
                exact = posted.open == left
                yield _ledger(line, posted, 100 if exact else 90, _("Number in the text"), left)
        for item in found.by_word.get(word, ()):
            if found.signed[item.id] * left > 0:
                exact = abs(item.open) == abs(left)
                reason = _("Number and amount") if exact else _("Number in the text")
                yield _invoice(line, item, 100 if exact else 90, reason, left)


def _by_amount(line: BankLine, left: Decimal, found: _Candidates) -> Iterable[Suggestion]:
    partners = found.partners_by_iban.get(line.iban, set())
    said = utils.default_process(f"{line.name} {line.text}")
    for posted in found.ledger_by_amount.get(left, ()):
        days = abs((posted.date - line.date).days)
        if posted.partner_id in partners:
            yield _ledger(line, posted, 95, _("Amount and partner's account"), left)
        elif days <= 10:
            name = _likeness(said, posted.partner_name or "")
            score = min(80, 60 + name // 5 - days)
            yield _ledger(line, posted, score, _("Amount and date, posted already"), left)
    for item in found.by_amount.get(left, ()):
        if item.partner_id in partners:
            yield _invoice(line, item, 85, _("Amount and partner's account"), left)
            continue
        name = _likeness(said, item.partner_name)
        if name >= FUZZY_LEAST:
            late = min(10, abs((line.date - item.due_date).days) // 7)
            yield _invoice(line, item, 60 + name // 5 - late, _("Amount and similar name"), left)
        else:
            yield _invoice(line, item, 40, _("Amount only"), left)


def _by_rule(line: BankLine, left: Decimal, found: _Candidates) -> Iterable[Suggestion]:
    for rule in found.rules:
        if not rule_matches(rule, line):
            continue
        if rule.action == MatchRule.Action.POST:
            yield Suggestion(
                line.pk, "rule", 98 if rule.is_automatic else 82,
                _("Rule {rule}").format(rule=rule.name),
                _("Post to {account}").format(account=rule.account),
                left, rule_id=rule.pk,
            )  # fmt: skip
            return
        match = re.search(rule.reference_pattern, f"{line.text} {line.reference}"[:2000])
        for item in found.by_word.get(match[1].upper(), ()) if match and match[1] else ():
            if found.signed[item.id] * left > 0:
                yield _invoice(
                    line, item, 97, _("Reference by rule {rule}").format(rule=rule.name), left,
                    rule_id=rule.pk,
                )  # fmt: skip


def _invoice(
    line: BankLine,
    item: OpenItem,
    score: int,
    reason: str,
    left: Decimal,
    rule_id: int | None = None,
) -> Suggestion:
    part = min(abs(item.open), abs(left))
    return Suggestion(
        line.pk, "invoice", score, reason, f"{item.number} {item.partner_name}",
        part if left > 0 else -part, (item.id,), item.partner_id, rule_id, item.due_date,
    )  # fmt: skip


def _ledger(
    line: BankLine, posted: LedgerItem, score: int, reason: str, left: Decimal
) -> Suggestion:
    part = min(abs(posted.open), abs(left))
    return Suggestion(
        line.pk, "ledger", score, reason, f"{posted.number} {posted.partner_name or ''}".strip(),
        part if left > 0 else -part, (posted.id,), posted.partner_id, None, posted.date,
    )  # fmt: skip


def _likeness(said: str, name: str) -> int:
    plain = utils.default_process(name)
    return int(fuzz.token_set_ratio(said, plain)) if len(plain) > 2 else 0


def _said(line: BankLine) -> set[str]:
    return _words(line.end_to_end_id, line.reference, line.text)


def _words(*texts: str) -> set[str]:
    """Words with a digit in them: numbers of documents, not names."""
    return {
        word
        for text in texts
        for word in _WORD.findall(text.upper())
        if any(mark.isdigit() for mark in word)
    }
