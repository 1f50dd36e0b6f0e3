"""Allocation cycles: the three methods exactly, keys, and runs from proposal to reversal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.finance.allocation_terms import Flow, Sender, allocate_costs
from apps.finance.models import (
    AllocationCycle,
    AllocationLine,
    AllocationRun,
    AllocationSender,
    CostObject,
    JournalLine,
    PeriodLock,
    StatisticalKey,
    StatisticalValue,
)
from apps.finance.services.allocation_cycles import (
    create_cycle,
    create_receiver,
    create_sender,
    update_receiver,
)
from apps.finance.services.allocation_runs import (
    cancel_allocation,
    post_allocation,
    propose_allocation,
    reverse_allocation,
)
from apps.finance.services.periods import set_period_state
from apps.finance.services.statistical_values import record_values
from tests.factories import Books
from tests.support.budgets import charged, cost_centre
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
MARCH = date(2026, 3, 10)
#: Two service centres (1, 2) and two of production (3, 4): the textbook's example.
TWO = (
    Sender(1, D(800), {2: D(20), 3: D(50), 4: D(30)}),
    Sender(2, D(400), {1: D(10), 3: D(40), 4: D(50)}),
)


def after(senders: tuple[Sender, ...], flows: list[Flow]) -> dict[int, Decimal]:
    left = {sender.key: sender.cost for sender in senders}
    for flow in flows:
        left[flow.sender] = left.get(flow.sender, D(0)) - flow.amount
        left[flow.receiver] = left.get(flow.receiver, D(0)) + flow.amount
    return left


@pytest.mark.parametrize(
    ("method", "third", "fourth"),
    [
        ("direct", "677.78", "522.22"),  # 800 × 5/8 + 400 × 4/9
        ("step_down", "648.89", "551.11"),  # 400 + 560 × 4/9
        ("reciprocal", "657.14", "542.86"),  # x = 840 / 0.98, y = 400 + x / 5
    ],
)
def test_the_textbooks_methods(method: str, third: str, fourth: str) -> None:
    left = after(TWO, allocate_costs(method, TWO))
    assert left == {1: 0, 2: 0, 3: D(third), 4: D(fourth)}


def test_reciprocal_flows_solve_the_equations() -> None:
    flows = {(f.sender, f.receiver): f.amount for f in allocate_costs("reciprocal", TWO)}
    first = Fraction(840) / Fraction(98, 100)
    second = 400 + first / 5
    assert flows[1, 2] == round(D(first.numerator) / first.denominator / 5, 2) == D("171.43")
    assert flows[2, 1] == round(D(second.numerator) / second.denominator / 10, 2) == D("57.14")


def test_cost_that_only_passes_through_others_finds_its_way_out() -> None:
    chain = (
        Sender(1, D("100.01"), {2: D(1)}),
        Sender(2, D(0), {1: D(1), 3: D(2)}),
        Sender(3, D("-7"), {9: D(1), 8: D(1)}),
    )
    left = after(chain, allocate_costs("reciprocal", chain))
    assert [left[key] for key in (1, 2, 3)] == [0, 0, 0]
    assert left[8] + left[9] == D("93.01")


@pytest.mark.parametrize(
    ("senders", "method", "wanted"),
    [
        ((Sender(1, D(5), {}),), "direct", ("no_receiver", "receivers", 0)),
        ((Sender(1, D(5), {1: D(1)}),), "reciprocal", ("no_receiver", "receivers", 0)),
        ((Sender(1, D(5), {9: D(-1)}),), "direct", ("negative_weight", "share", 0)),
        (
            (Sender(1, D(5), {9: D(1)}), Sender(2, D(5), {1: D(1)})),
            "step_down",
            ("no_receiver", "receivers", 1),
        ),
        (
            (Sender(1, D(5), {2: D(1)}), Sender(2, D(5), {1: D(1)})),
            "reciprocal",
            ("closed_circle", "receivers", 0),
        ),
    ],
)
def test_who_can_give_to_nobody_is_named(
    senders: tuple[Sender, ...], method: str, wanted: tuple[str, str, int]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        allocate_costs(method, senders)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == wanted


_COST = st.decimals("-99999.99", "99999.99", places=2)
_WEIGHT = st.decimals("0", "100", places=3)


@st.composite
def _circles(draw: st.DrawFn) -> tuple[Sender, ...]:
    size = draw(st.integers(1, 6))
    keys = list(range(size + draw(st.integers(1, 4))))
    return tuple(
        Sender(key, draw(_COST), draw(st.dictionaries(st.sampled_from(keys), _WEIGHT)))
        for key in range(size)
    )


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(_circles(), st.sampled_from(["direct", "step_down", "reciprocal"]), st.integers(0, 3))
def test_no_cost_comes_or_goes_and_senders_keep_nothing(
    senders: tuple[Sender, ...], method: str, places: int
) -> None:
    senders = tuple(Sender(s.key, round(s.cost, places), s.weights) for s in senders)
    try:
        flows = allocate_costs(method, senders, places)
    except InvalidInput as error:
        assume(error.code not in ("no_receiver", "closed_circle"))
        raise
    left = after(senders, flows)
    assert sum(left.values()) == sum(sender.cost for sender in senders)
    assert all(left[sender.key] == 0 for sender in senders)
    assert all(flow.amount == round(flow.amount, places) for flow in flows)


# --- runs -------------------------------------------------------------------------------------


@dataclass
class Plant:
    books: Books
    cycle: AllocationCycle
    centres: dict[str, CostObject]

    def sender(self, code: str, receivers: dict[str, str], **values: Any) -> AllocationSender:
        company, by = self.books.company, self.books.by
        sender = create_sender(
            company=company, cycle=self.cycle, cost_object=self.centres[code], by=by, **values
        )
        for receiver, share in receivers.items():
            create_receiver(
                company=company,
                sender=sender,
                cost_object=self.centres[receiver],
                share=D(share),
                by=by,
            )
        return sender

    def propose(self, month: int = 3) -> AllocationRun:
        return propose_allocation(
            self.books.company,
            cycle=self.cycle,
            period=self.books.year.periods.get(number=month),
            by=self.books.by,
        )

    def cost(self, code: str) -> Decimal:
        lines = JournalLine.objects.filter(cost_object=self.centres[code])
        return sum((line.amount for line in lines), D(0))

    def flows(self, run: AllocationRun) -> dict[tuple[str, str], Decimal]:
        return {(x.sender.code, x.receiver.code): x.amount for x in run.lines.all()}


@pytest.fixture
def plant(books: Books) -> Plant:
    cycle = create_cycle(
        company=books.company,
        code="MONTH",
        name="Month",
        method="reciprocal",
        account=books.account("5310"),
        by=books.by,
    )
    return Plant(
        books, cycle, {code: cost_centre(books, code) for code in ("S1", "S2", "P1", "P2")}
    )


@pytest.fixture
def shared(plant: Plant) -> Plant:
    plant.sender("S1", {"S2": "20", "P1": "50", "P2": "30"})
    plant.sender("S2", {"S1": "10", "P1": "40", "P2": "50"}, position=1)
    charged(plant.books, MARCH, "6100", "500", plant.centres["S1"])
    charged(plant.books, MARCH, "6110", "300", plant.centres["S1"])
    charged(plant.books, MARCH, "6100", "400", plant.centres["S2"])
    charged(plant.books, date(2026, 4, 1), "6100", "77", plant.centres["S2"])
    return plant


def test_a_run_is_proposed_posted_and_reversed(shared: Plant) -> None:
    run = shared.propose()
    assert (run.status, run.total) == ("proposed", sum(shared.flows(run).values()))
    assert shared.cost("P1") == 0
    run = post_allocation(run, by=shared.books.by)
    assert [shared.cost(code) for code in ("S1", "S2", "P1", "P2")] == [
        0, 77, D("657.14"), D("542.86"),
    ]  # fmt: skip
    assert run.entry.date == date(2026, 3, 31)
    assert shared.books.balance("5310") == 0
    with pytest.raises(BusinessError) as refusal:
        shared.propose()
    assert (refusal.value.code, refusal.value.field) == ("already_allocated", "period")
    assert_reconciled()
    run = reverse_allocation(run, date=date(2026, 3, 31), reason="Wrong key", by=shared.books.by)
    assert [shared.cost(code) for code in ("S1", "S2", "P1", "P2")] == [800, 477, 0, 0]
    assert shared.propose().status == "proposed"
    assert_reconciled()


def test_a_proposal_that_is_no_longer_true_is_not_posted(shared: Plant) -> None:
    run = shared.propose()
    charged(shared.books, MARCH, "6100", "0.01", shared.centres["S1"])
    with pytest.raises(BusinessError) as refusal:
        post_allocation(run, by=shared.books.by)
    assert (refusal.value.code, refusal.value.field) == ("changed_since", "status")
    run.refresh_from_db()
    assert (run.status, run.entry) == ("proposed", None)
    cancel_allocation(run, by=shared.books.by)
    post_allocation(shared.propose(), by=shared.books.by)
    assert shared.cost("S1") == 0


def test_closed_months_and_closing_periods_and_nothing_are_refused(shared: Plant) -> None:
    run = shared.propose()
    period = shared.books.year.periods.get(number=3)
    set_period_state(period, state=PeriodLock.State.CLOSED, by=shared.books.by, reason="x")
    with pytest.raises(BusinessError) as refusal:
        post_allocation(run, by=shared.books.by)
    assert refusal.value.code == "period_closed"
    for month, code in ((13, "closing_period"), (7, "nothing_to_allocate")):
        with pytest.raises(BusinessError) as refusal:
            shared.propose(month)
        assert (refusal.value.code, refusal.value.field) == (code, "period")
    assert AllocationRun.objects.count() == 1


def test_square_metres_stand_and_hours_are_summed(plant: Plant) -> None:
    company, by = plant.books.company, plant.books.by
    area = StatisticalKey(company=company, code="M2", name="Area", unit="m²").save_by(by)
    hours = StatisticalKey(company=company, code="H", name="Hours", is_summed=True).save_by(by)

    def value(key: StatisticalKey, code: str, day: date, amount: str) -> dict[str, Any]:
        return {"key": key, "cost_object": plant.centres[code], "date": day, "value": D(amount)}

    record_values(
        company,
        [
            value(area, "P1", date(2025, 1, 1), "999"),
            value(area, "P1", date(2026, 1, 1), "30"),
            value(area, "P2", date(2026, 1, 1), "10"),
            value(area, "P2", date(2026, 4, 1), "999"),
            value(hours, "P1", date(2026, 2, 28), "999"),
            value(hours, "P1", date(2026, 3, 1), "1.5"),
            value(hours, "P1", date(2026, 3, 31), "0.5"),
            value(hours, "P2", date(2026, 3, 5), "6"),
        ],
        by=by,
    )
    plant.sender("S1", {"P1": "1", "P2": "1"}, basis="key", key=area)
    plant.sender("S2", {"P1": "1", "P2": "1"}, basis="key", key=hours, position=1)
    charged(plant.books, MARCH, "6100", "100", plant.centres["S1"])
    charged(plant.books, MARCH, "6100", "200", plant.centres["S2"])
    run = plant.propose()
    assert plant.flows(run) == {
        ("S1", "P1"): 75, ("S1", "P2"): 25, ("S2", "P1"): 50, ("S2", "P2"): 150,
    }  # fmt: skip
    record_values(company, [value(hours, "P2", date(2026, 3, 5), "2")], by=by)
    assert StatisticalValue.objects.count() == 8
    with pytest.raises(BusinessError):
        post_allocation(run, by=by)


def test_posted_amounts_share_the_cost_of_one_account(plant: Plant) -> None:
    books, centres = plant.books, plant.centres
    plant.sender(
        "S1",
        {"P1": "1", "P2": "1", "S2": "0"},
        account=books.account("6110"),
        basis="posted",
        basis_account=books.account("6000"),
    )
    for account, amount, code in (
        ("6110", "90", "S1"), ("6100", "1000", "S1"), ("6000", "20", "P1"), ("6000", "10", "P2"),
        ("6000", "500", "S2"),
    ):  # fmt: skip
        charged(books, MARCH, account, amount, centres[code])
    run = post_allocation(plant.propose(), by=books.by)
    assert plant.flows(run) == {("S1", "P1"): 60, ("S1", "P2"): 30}
    assert plant.cost("S1") == 1000


def test_what_a_sender_lacks_is_named(plant: Plant) -> None:
    for values, wanted in (
        ({"basis": "key"}, ("required", "key")),
        ({"basis": "posted"}, ("required", "basis_account")),
    ):
        with pytest.raises(InvalidInput) as refusal:
            plant.sender("S1", {}, **values)
        assert (refusal.value.code, refusal.value.field) == wanted
    with pytest.raises(InvalidInput) as refusal:
        plant.sender("S1", {"S1": "1"})
    assert (refusal.value.code, refusal.value.field) == ("own_sender", "cost_object")
    with pytest.raises(InvalidInput) as refusal:
        create_cycle(
            company=plant.books.company,
            code="X",
            name="X",
            account=plant.books.account("1300"),
            by=plant.books.by,
        )
    assert (refusal.value.code, refusal.value.field) == ("no_cost_account", "account")
    charged(plant.books, MARCH, "6100", "5", plant.centres["S1"])
    receiver = AllocationSender.objects.get().receivers.first()
    assert receiver is None
    with pytest.raises(InvalidInput) as refusal:
        plant.propose()
    assert (refusal.value.code, refusal.value.details) == ("no_receiver", {"sender": "S1"})
    assert "S1" in refusal.value.message


def test_bad_values_name_row_and_field_and_write_nothing(plant: Plant) -> None:
    company, by = plant.books.company, plant.books.by
    key = StatisticalKey(company=company, code="M2", name="Area").save_by(by)
    good = {"key": key, "cost_object": plant.centres["P1"], "date": MARCH, "value": D(1)}
    for row, wanted in (
        (good | {"value": D(-1)}, ("negative", "value", 1)),
        (good | {"value": D("NaN")}, ("not_a_number", "value", 1)),
        (good, ("duplicate", "date", 1)),
    ):
        with pytest.raises(InvalidInput) as refusal:
            record_values(company, [good, row], by=by)
        assert (refusal.value.code, refusal.value.field, refusal.value.row) == wanted
    assert not StatisticalValue.objects.exists()


def test_a_life_through_the_api_and_from_files(plant: Plant) -> None:
    api = ApiClient(plant.books.by)
    sender = api.post(
        "/finance/allocation-senders/", {"cycle": "MONTH", "cost_object": "S1", "basis": "share"}
    )
    assert sender.status_code == 201
    wrong = api.post(
        "/finance/allocation-senders/", {"cycle": "MONTH", "cost_object": "S2", "basis": "key"}
    )
    assert (wrong.status_code, codes(wrong)) == (422, [("key", "required")])
    for code, share in (("P1", "3"), ("P2", "1")):
        body = {"sender": sender.body["id"], "cost_object": code, "share": share}
        assert api.post("/finance/allocation-receivers/", body).status_code == 201
    charged(plant.books, MARCH, "6100", "100", plant.centres["S1"])
    period = plant.books.year.periods.get(number=3).pk
    run = api.post("/finance/allocation-runs/", {"cycle": "MONTH", "period": period})
    assert [D(line["amount"]) for line in run.body["lines"]] == [75, 25]
    url = f"/finance/allocation-runs/{run.body['id']}/"
    assert api.post(f"{url}post/").body["status"] == "posted"
    assert api.post(f"{url}post/").status_code == 409
    back = api.post(f"{url}reverse/", {"date": "2026-03-31", "reason": "x"})
    assert back.body["status"] == "reversed"
    file = BytesIO(b"key,cost_object,date,value\nM2,P1,2026-01-01,12.5\n")
    file.name = "values.csv"
    api.post("/finance/statistical-keys/", {"code": "M2", "name": "Area", "unit": "m2"})
    assert api.upload("/finance/statistical-values/import/", file=file).body["created"] == 1


def test_the_pages_of_the_back_office(shared: Plant) -> None:
    desk = Client()
    desk.force_login(shared.books.by, "apps.core.backends.PermissionBackend")
    period = shared.books.year.periods.get(number=3)
    new = {"cycle": shared.cycle.pk, "period": period.pk}
    new |= {"lines-TOTAL_FORMS": 0, "lines-INITIAL_FORMS": 0}
    assert desk.post("/admin/finance/allocationrun/add/", new).status_code == 302
    run = AllocationRun.objects.get()
    url = f"/admin/finance/allocationrun/{run.pk}/"
    assert desk.get(f"{url}change/").status_code == 200
    assert desk.post(f"{url}verb/post/").status_code == 302
    run.refresh_from_db()
    assert run.status == "posted"
    for name in ("allocationcycle", "allocationsender", "allocationreceiver", "statisticalvalue"):
        assert desk.get(f"/admin/finance/{name}/").status_code == 200


def test_a_share_that_changed_counts_from_the_next_proposal(shared: Plant) -> None:
    receiver = shared.cycle.senders.get(position=0).receivers.get(cost_object=shared.centres["P1"])
    update_receiver(receiver, share=D(0), by=shared.books.by)
    assert ("S1", "P1") not in shared.flows(shared.propose())


@pytest.mark.breaks("allocations-and-entries")
@pytest.mark.django_db(transaction=True)
def test_a_break_is_found(shared: Plant) -> None:
    post_allocation(shared.propose(), by=shared.books.by)
    assert reconcile(["allocations-and-entries"])[0].is_clean
    assert AllocationLine.objects.exists()
    with superuser() as tamperer:
        tamperer.execute("UPDATE finance_allocationline SET amount = amount + 1")
    [finding] = reconcile(["allocations-and-entries"])
    assert finding.offences
