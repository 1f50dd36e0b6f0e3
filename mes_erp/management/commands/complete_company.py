"""What the set-up of this version gives a new company, for those that were made before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRule
from apps.finance.services.chart import STANDARD, chart_names
from apps.finance.services.chart_completion import Completion, LeftOut, complete_chart
from apps.inventory.services.locations import add_virtual_locations


class Command(BaseCommand):
    help = (
        "Add what a new company has and this one (all of them without a code) lacks: journals, tax "
        "codes, boxes of the return, tasks of the close, posting rules, depreciation books, "
        "classes of assets, locations. What is there stays as it is, what people threw away stays "
        "away; once is enough, twice is harmless. Nobody needs to stop work for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", help="Code of the company; all when left out.")
        parser.add_argument(
            "--accounts", action="store_true", help="Add accounts that the added rows name, too."
        )
        parser.add_argument(
            "--chart", choices=chart_names(), default=STANDARD, help="The chart it was set up by."
        )
        parser.add_argument("--by", help="Username for the history; else the first superuser.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = _user(options["by"])
        companies = _companies(options["code"])
        try:
            with unit_of_work():
                added = [
                    (
                        one,
                        complete_company(
                            one, with_accounts=options["accounts"], chart=options["chart"], by=by
                        ),
                    )
                    for one in companies
                ]
        except BusinessError as error:
            raise CommandError(f"Nothing was added. {error.message}") from error
        for company, done in added:
            for row in done.added:
                self.stdout.write(f"{company.code}: {_told(row)}")
            for left in done.left_out:
                self.stdout.write(f"{company.code}: left out: {_why(left)}")
            if not done.added:
                self.stdout.write(f"{company.code}: nothing to add")


def complete_company(
    company: Company, *, by: User, with_accounts: bool = False, chart: str = STANDARD
) -> Completion:
    """All or nothing; what was added and left out.

    Raises ``BusinessError`` as the services of the apps do.
    """
    with unit_of_work():
        done = complete_chart(company, with_accounts=with_accounts, chart=chart, by=by)
        done.added += add_virtual_locations(company, by=by)
        return done


def _companies(code: str | None) -> list[Company]:
    rows = Company.objects.order_by("code")
    found = list(rows.filter(code=code) if code else rows)
    if not found:
        raise CommandError(f"There is no company {code}." if code else "There is no company.")
    return found


def _user(username: str | None) -> User:
    rows = User.objects.filter(is_active=True).order_by("pk")
    found = rows.filter(username=username) if username else rows.filter(is_superuser=True)
    user = found.first()
    if user is None:
        raise CommandError(f"There is no user {username}." if username else "Name somebody: --by.")
    return user


def _told(row: Any) -> str:
    if isinstance(row, PostingRule):
        return f"posting rule {row.role} → {row.account.code} {row.account.name}"
    return f"{row._meta.verbose_name} {row.code} {row.name}"


def _why(left: LeftOut) -> str:
    kind = left.model._meta.verbose_name
    return f"{kind} {left.code} (not here as the chart has it: {', '.join(left.lacks)})"
