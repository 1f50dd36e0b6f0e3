"""W14: what noting events costs a voucher that is drafted and posted (ADR 0010).

The same work with and without the trigger on the voucher's history: nobody subscribed, somebody in
another company, and somebody who is told of it; each by the suite and by bare SQL, in which the
trigger's share is not lost in the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.core.models import Company, User
from apps.finance.models import JournalVoucher
from apps.integration.models import IntegrationEvent
from apps.integration.services.endpoints import create_endpoint
from apps.integration.services.service_accounts import create_service_account
from benchmarks.bare import Bare
from benchmarks.database import Database
from benchmarks.measuring import Clock, Result, Side, Spent, compare, statements_of
from benchmarks.plant import new_books, new_clerk
from benchmarks.workloads import Options, against_bare
from benchmarks.workloads.journal_entries import MOST_STATEMENTS, BareEntries, voucher
from tests.factories import make_company

TABLE = JournalVoucher.history.model._meta.db_table
EVENTS = "finance.journalvoucher.*"
EVENTS_OF_A_VOUCHER = 2


@dataclass(slots=True)
class Switched(Side):
    """Work before which something is switched that no clock sees."""

    switch: Callable[[], None] = lambda: None

    def run(self, calls: int) -> Spent:
        self.switch()
        return Side.run(self, calls)


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    clerk_id = new_clerk(books, "finance")
    journal = books.journal()
    other = make_company("OTHER", by=books.by)
    act = lambda _n: voucher(books, journal, clerk_id)  # noqa: E731
    act(0)  # makes the number series that the bare SQL continues
    situations: tuple[tuple[str, Company | None, float, float], ...] = (
        ("nobody subscribed", None, 1.1, 1.2),
        ("somebody of another company", other, 1.1, 1.25),
        ("somebody is told", books.company, 1.15, 1.5),
    )
    with database.connect() as connection:
        bare_entries = BareEntries(Bare(connection, books, clerk_id), journal)
        bare_act = lambda _n: bare_entries.voucher()  # noqa: E731
        bare_clock = Clock(connection.info.backend_pid)
        for name, company, most, most_bare in situations:
            if company is not None:
                subscribe(company, books.by)
            expected = EVENTS_OF_A_VOUCHER if company == books.company else 0
            for side in (act, bare_act):
                noting(side, expected)
            count = statements_of(lambda: act(0))
            database.settle()
            for side, clock, goal in (
                (act, database.django_clock, most),
                (bare_act, bare_clock, most_bare),
            ):
                found = compare(
                    Switched(side, clock, switch=lambda: note(database, True)),
                    Switched(side, clock, switch=lambda: note(database, False)),
                    seconds=options.seconds,
                )
                note(database, True)
                yield against_bare(
                    f"W14 {name}{'' if side is act else ', bare'}",
                    "voucher of 4 lines, drafted and posted; the limit is without the trigger",
                    found,
                    goal=goal,
                    statements=count,
                    most_statements=2 * MOST_STATEMENTS,
                    note=f"{expected} events of each",
                )


def noting(act: Callable[[int], object], expected: int) -> None:
    """Do it and see what was noted: a side that notes nothing would be no measure."""
    before = IntegrationEvent.objects.count()
    act(0)
    noted = IntegrationEvent.objects.count() - before
    if noted != expected:
        raise AssertionError(f"{noted} events noted instead of {expected}")


def note(database: Database, is_on: bool) -> None:
    """Let the trigger act, or not."""
    with database.cluster.connect(database=database.name) as admin:
        word = "ENABLE" if is_on else "DISABLE"
        admin.execute(f"ALTER TABLE {TABLE} {word} TRIGGER integration_note")


def subscribe(company: Company, by: User) -> None:
    account = create_service_account(company, code="told", roles=("auditor",), by=by)
    create_endpoint(
        company,
        code="TOLD",
        url="https://hooks.example.com/erp",
        events=EVENTS,
        account=account,
        by=by,
    )
