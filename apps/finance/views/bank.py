"""The reconciliation page: bank lines on the left, what they may be on the right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core import guards
from apps.core.errors import BusinessError
from apps.finance.jobs import start_matching
from apps.finance.models import Account, BankAccount, BankLine, BankMatch
from apps.finance.queries.bank import last_statement_day, reconciliation
from apps.finance.queries.bank_suggestions import Suggestion, suggest_matches
from apps.finance.services.bank_automatching import take_suggestion
from apps.finance.services.bank_matching import ignore_line, post_line, unmatch_line

PERMISSIONS = ("finance.view_bankline", "finance.view_journalline")
PAGE = 50
LARGEST_ID = 2**63 - 1


@require_GET
@never_cache
@login_required
@permission_required(PERMISSIONS, raise_exception=True)
def bank_page(request: HttpRequest) -> HttpResponse:
    """One account: its open lines by pages, and the suggestions for the chosen one."""
    accounts = list(_accounts(request).order_by("company__code", "code")[:100])
    wanted = _number(request.GET.get("account", ""))
    account = next((one for one in accounts if one.pk == wanted), accounts[0] if accounts else None)
    state = request.GET.get("state", "open")
    state = state if state in BankLine.State.values else "open"
    context: dict[str, Any] = {
        "title": _("Bank reconciliation"),
        "accounts": accounts,
        "account": account,
        "state": state,
        "states": BankLine.State.choices,
        "query": request.GET.get("q", "").strip()[:60],
        "may_match": request.user.has_perm("finance.match_bankline"),
        "may_ignore": request.user.has_perm("finance.ignore_bankline"),
        "may_import": request.user.has_perm("finance.add_bankimport"),
    }
    if account is not None:
        context |= _lines(request, account, state, context["query"])
        context |= _sums(account)
    return render(request, "finance/bank/lines.html", context)


def _accounts(request: HttpRequest) -> Any:
    rows = BankAccount.objects.visible_to(request.user).filter(is_active=True)
    return rows.select_related("company__currency", "currency", "account", "journal")


def _lines(request: HttpRequest, account: BankAccount, state: str, query: str) -> dict[str, Any]:
    """A page of lines, the oldest first, and the chosen one with what it may be."""
    rows = BankLine.objects.filter(bank_account=account, state=state)
    rows = rows.select_related("bank_account", "company", "statement")
    if query:
        said = Q(name__icontains=query) | Q(text__icontains=query) | Q(reference__icontains=query)
        rows = rows.filter(said)
    after = _number(request.GET.get("after", ""))
    if after:
        mark = BankLine.objects.filter(bank_account=account, pk=after).first()
        if mark is not None:
            rows = rows.filter(Q(date__gt=mark.date) | Q(date=mark.date, pk__gt=mark.pk))
    found = list(rows.order_by("date", "pk")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    wanted = _number(request.GET.get("line", ""))
    chosen = next((line for line in found if line.pk == wanted), None)
    if chosen is None and wanted:
        chosen = BankLine.objects.filter(bank_account=account, pk=wanted).first()
    chosen = chosen or (found[0] if found else None)
    asked = {"account": account.pk, "state": state}
    if query:
        asked["q"] = query
    here = {**asked, **({"after": after} if after else {})}
    return {
        "lines": [
            {
                "line": line,
                "url": f"?{urlencode({**here, 'line': line.pk})}",
                "is_chosen": chosen is not None and line.pk == chosen.pk,
            }
            for line in found
        ],
        "chosen": chosen,
        "suggestions": _suggestions(account, chosen),
        "matches": _matches(chosen),
        "next": f"?{urlencode({**asked, 'after': found[-1].pk})}" if more else "",
        "first": f"?{urlencode(asked)}" if after else "",
        "back": urlencode(here),
        "places": f"{account.currency.decimal_places}g",
    }


def _suggestions(account: BankAccount, line: BankLine | None) -> list[dict[str, Any]]:
    if line is None or line.state != BankLine.State.OPEN:
        return []
    found = suggest_matches(account, [line])[line.pk]
    return [{"key": _key(one), "it": one} for one in found]


def _matches(line: BankLine | None) -> list[BankMatch]:
    if line is None:
        return []
    rows = BankMatch.objects.filter(line=line, is_live=True)
    return list(rows.select_related("payment", "journal_line__entry", "journal_line__account"))


def _sums(account: BankAccount) -> dict[str, Any]:
    day = last_statement_day(account)
    if day is None:
        return {}
    query = urlencode({
        "company": account.company.code, "account": account.account.code,
        "date_to": day.isoformat(),
    })  # fmt: skip
    return {
        "sums": reconciliation(account, day),
        "report_url": f"{reverse('finance-report', args=['bank-reconciliation'])}?{query}",
    }


def _key(one: Suggestion) -> str:
    return f"{one.kind}:{one.rule_id or ''}:{'-'.join(map(str, one.ids))}"


@require_POST
@login_required
@permission_required("finance.match_bankline", raise_exception=True)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what was suggested, as it is suggested now."""
    line = _line(request, pk)

    def act() -> None:
        wanted = request.POST.get("key", "")
        found = suggest_matches(line.bank_account, [line])[line.pk]
        chosen = next((one for one in found if _key(one) == wanted), None)
        if chosen is None:
            raise BusinessError(
                "no_suggestion", _("This is suggested no more. Look again."), field="key"
            )
        take_suggestion(line, chosen, by=request.user)

    return _done(request, line, act, _("Matched."))


@require_POST
@login_required
@permission_required("finance.match_bankline", raise_exception=True)
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Post the line to the account whose code was given."""
    line = _line(request, pk)

    def act() -> None:
        code = request.POST.get("account", "").strip()[:60]
        account = Account.objects.filter(company=line.company_id, code=code).first()
        if account is None:
            raise BusinessError(
                "does_not_exist", _("There is no account {code}.").format(code=code),
                field="account",
            )  # fmt: skip
        post_line(line, account=account, memo=request.POST.get("memo", "")[:200], by=request.user)

    return _done(request, line, act, _("Posted."))


@require_POST
@login_required
@permission_required("finance.match_bankline", raise_exception=True)
def unmatch(request: HttpRequest, pk: int) -> HttpResponse:
    line = _line(request, pk)
    reason = request.POST.get("reason", "")[:500]
    return _done(
        request, line, lambda: unmatch_line(line, reason=reason, by=request.user), _("Undone.")
    )


@require_POST
@login_required
@permission_required("finance.ignore_bankline", raise_exception=True)
def ignore(request: HttpRequest, pk: int) -> HttpResponse:
    line = _line(request, pk)
    reason = request.POST.get("reason", "")[:500]
    return _done(
        request, line, lambda: ignore_line(line, reason=reason, by=request.user), _("Set aside.")
    )


@require_POST
@login_required
@permission_required("finance.match_bankline", raise_exception=True)
def automatic(request: HttpRequest, pk: int) -> HttpResponse:
    """Match in the background what is beyond doubt."""
    account = get_object_or_404(_accounts(request), pk=pk)
    job = start_matching(account, by=request.user)
    messages.success(request, _("{job}: begun.").format(job=job))
    return HttpResponseRedirect(f"{reverse('finance-bank')}?account={account.pk}")


def _line(request: HttpRequest, pk: int) -> BankLine:
    rows = BankLine.objects.visible_to(request.user)
    rows = rows.select_related("bank_account__company__currency", "bank_account__currency")
    return get_object_or_404(rows.select_related("company"), pk=min(pk, LARGEST_ID))


def _done(request: HttpRequest, line: BankLine, act: Any, said: str) -> HttpResponse:
    """Back to where one was; what is refused is told on the page and nothing is written."""
    try:
        with transaction.atomic():
            act()
        messages.success(request, said)
    except BusinessError as error:
        messages.error(request, str(error))
    except DatabaseError as error:
        refused = guards.business_error(error)
        if refused is None:
            raise
        messages.error(request, str(refused))
    asked = {"account": line.bank_account_id}
    state = request.POST.get("state", "")
    if state in BankLine.State.values:
        asked["state"] = state
    if after := _number(request.POST.get("after", "")):
        asked["after"] = after
    return HttpResponseRedirect(f"{reverse('finance-bank')}?{urlencode(asked)}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
