"""Many bank lines at once: rules that act without asking, and suggestions that are sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.transactions import independent_part, unit_of_work
from apps.finance.models import BankAccount, BankLine, Invoice, JournalLine, MatchRule
from apps.finance.queries.bank_suggestions import (
    SURE,
    Suggestion,
    active_rules,
    rule_matches,
    suggest_matches,
)
from apps.finance.services.bank_matching import Posting, match_line, post_lines, tie_line
from apps.finance.services.settlement import Allocation

Told = Callable[[int, int, str], None]
BATCH = 500


@dataclass(slots=True)
class Automatic:
    """How many lines were posted by rules, matched, and left for people."""

    posted: int = 0
    matched: int = 0
    left: int = 0


def match_automatically(account: BankAccount, *, by: User, report: Told | None = None) -> Automatic:
    """Post and match what is beyond doubt among the open lines of ``account``.

    Rules marked so post in batches; a suggestion is taken when it is sure and no other is as
    good. What is refused (a closed period, somebody faster) stays open.
    """
    told = report or (lambda done, total, message: None)
    open_lines = list(
        BankLine.objects.filter(bank_account=account, state=BankLine.State.OPEN)
        .select_related("bank_account", "company")
        .order_by("date", "id")
    )
    result = Automatic()
    rules = [
        rule
        for rule in active_rules(account)
        if rule.is_automatic and rule.action == MatchRule.Action.POST
    ]
    by_rule = [
        (line, rule)
        for line in open_lines
        if not line.matched_amount
        and (rule := next((r for r in rules if rule_matches(r, line)), None))
    ]
    total = len(open_lines)
    for start in range(0, len(by_rule), BATCH):
        result.posted += _post(by_rule[start : start + BATCH], by)
        told(result.posted, total, "")
    done = {line.pk for line, _rule in by_rule}
    rest = [line for line in open_lines if line.pk not in done]
    suggestions = suggest_matches(account, rest)
    for place, line in enumerate(rest, start=1):
        best = _sure(suggestions[line.pk])
        if best is not None and _take(line, best, by):
            result.matched += 1
        if place % 50 == 0:
            told(len(by_rule) + place, total, "")
    result.left = total - result.posted - result.matched
    return result


def _post(pairs: list[tuple[BankLine, MatchRule]], by: User) -> int:
    """All of them in one act; one by one where that is refused."""
    postings = [
        Posting(line, rule.account, rule.partner, rule.cost_object, rule)
        for line, rule in pairs
        if rule.account is not None
    ]
    try:
        with unit_of_work(), independent_part():
            return len(post_lines(postings, by=by))
    except BusinessError:
        pass
    count = 0
    for posting in postings:
        try:
            with unit_of_work(), independent_part():
                post_lines([posting], by=by)
            count += 1
        except BusinessError:
            continue
    return count


def _sure(suggestions: list[Suggestion]) -> Suggestion | None:
    """The best, when it is sure, takes the whole line and has no equal."""
    best = [one for one in suggestions if one.score >= SURE and one.kind != "rule"]
    if not best or (len(best) > 1 and best[0].score == best[1].score):
        return None
    return best[0]


def _take(line: BankLine, best: Suggestion, by: User) -> bool:
    if best.amount != line.amount - line.matched_amount:
        return False
    try:
        with unit_of_work(), independent_part():
            take_suggestion(line, best, by=by)
    except BusinessError:
        return False
    return True


def take_suggestion(line: BankLine, suggestion: Suggestion, *, by: User) -> None:
    """Do what was suggested for ``line``."""
    rule = (
        MatchRule.objects.select_related("account", "partner", "cost_object").get(
            pk=suggestion.rule_id
        )
        if suggestion.rule_id
        else None
    )
    if suggestion.kind == "invoice":
        [invoice] = Invoice.objects.filter(
            company=line.company_id, pk__in=suggestion.ids
        ).select_related("partner", "currency")
        parts = [Allocation(invoice, abs(suggestion.amount))]
        match_line(line, invoices=parts, amount=abs(suggestion.amount), rule=rule, by=by)
    elif suggestion.kind == "rule" and rule is not None and rule.account is not None:
        post_lines([Posting(line, rule.account, rule.partner, rule.cost_object, rule)], by=by)
    else:
        posted = JournalLine.objects.filter(company=line.company_id, pk__in=suggestion.ids)
        tie_line(line, journal_lines=list(posted.order_by("pk")), by=by)
