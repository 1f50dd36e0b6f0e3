"""Pay runs: calculate, approve, pay, post, reverse; off-cycle and retroactive; what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import JournalEntry
from apps.hr.models import LabourDistribution, PayComponent, PaySlip, TimeCard
from apps.hr.pay_time import TimePay, distribute
from apps.hr.printouts import pay_slip_pdf
from apps.hr.services.contracts import update_contract
from apps.hr.services.pay_components import (
    NewFormula,
    change_component,
    change_structure,
    save_structure,
)
from apps.hr.services.pay_posting import pay_pay_run, post_pay_run, reverse_pay_run
from apps.hr.services.pay_runs import (
    RunInput,
    approve_pay_run,
    calculate_pay_run,
    cancel_pay_run,
    redraft_pay_run,
)
from apps.hr.services.time_cards import reopen_time_card
from tests.hr.conftest import FIRST, MONDAY, SUNDAY, Staff
from tests.support.reconciled import assert_reconciled
from tests.support.unchanged import nothing_written

pytestmark = pytest.mark.django_db
D = Decimal


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


def test_a_run_pays_approved_time_and_locks_it(staff: Staff) -> None:
    ann = staff.hired()
    card = staff.approved(ann, "8", "8", "8", "8", "8")
    run = staff.calculated()
    assert staff.amounts(run, ann) == {
        "REGULAR": D(800), "GROSS": D(800), "TAX": D(80), "SOCIAL": D(40),
    }  # fmt: skip
    card.refresh_from_db()
    assert (card.status, card.pay_slip) == ("locked", staff.slip(run, ann))
    assert refused(lambda: reopen_time_card(card, reason="x", by=staff.by))[0] == "wrong_status"
    run = redraft_pay_run(run, by=staff.by)
    card.refresh_from_db()
    assert (run.net, card.status, PaySlip.objects.count()) == (0, "approved", 0)
    run = calculate_pay_run(calculate_pay_run(run, by=staff.by), by=staff.by)
    assert run.net == D(720)
    assert refused(lambda: approve_pay_run(run, by=staff.by))[0] == "own_run"
    run = approve_pay_run(run, by=staff.approver)
    run = pay_pay_run(run, account=staff.books.account("1010"), date=SUNDAY, by=staff.approver)
    assert run.status == "paid"
    run = post_pay_run(run, by=staff.approver)
    balance = staff.books.balance
    assert [balance(code) for code in ("6000", "6010", "2200", "2250", "2240", "1010")] == [
        D(800), D(40), D(0), D(-80), D(-40), D(-720),
    ]  # fmt: skip
    assert_reconciled()


def test_an_open_time_card_stops_the_run(staff: Staff) -> None:
    ann = staff.hired()
    card = staff.card(ann, "8")
    run = staff.run()
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        calculate_pay_run(run, by=staff.by)
    assert caught.value.code == "open_time_cards"
    assert caught.value.details == {"time_cards": [card.number]}
    assert not PaySlip.objects.exists()


def test_who_earned_nothing_gets_no_slip(staff: Staff) -> None:
    ann, _bob = staff.hired(), staff.hired()
    assert refused(staff.calculated) == ("nothing_to_pay", "period_end")
    staff.approved(ann, "8")
    assert [slip.employee for slip in staff.calculated().slips.all()] == [ann]


def test_pay_for_a_month_without_contract_is_refused(staff: Staff) -> None:
    ann = staff.hired()
    update_contract(ann.contracts.get(), effective_to=date(2026, 2, 28), by=staff.by)
    run = staff.run()
    assert refused(lambda: calculate_pay_run(run, by=staff.by)) == ("no_contracts", "structure")
    run.refresh_from_db()
    assert (run.status, PaySlip.objects.count()) == ("draft", 0)


def test_time_on_a_day_without_contract_names_employee_and_day(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8", "8")
    update_contract(ann.contracts.get(), effective_to=MONDAY, by=staff.by)
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        staff.calculated()
    assert (caught.value.code, caught.value.details) == ("no_contract", {"employee": ann.code})


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("GROSS + NOBODY", "unknown_name"),
        ("TAX + 1", "loop"),
        ("hours_of_sleep", "unknown_name"),
        ("slab(NOWHERE, GROSS)", "unknown_table"),
        ("GROSS +", "syntax"),
        ("__class__", "syntax"),
    ],
)
def test_a_formula_that_can_not_be_run_is_refused_when_it_is_saved(
    staff: Staff, formula: str, code: str
) -> None:
    staff.structure()
    tax = PayComponent.objects.get(code="TAX")
    with nothing_written(), pytest.raises(InvalidInput) as caught:
        change_component(tax, formulas=[NewFormula(FIRST, formula)], by=staff.by)
    assert (caught.value.code, caught.value.field) == (code, "formulas")
    assert caught.value.details["component"] == "TAX"
    assert tax.formulas.get().formula == "GROSS * 10 / 100"


def test_a_division_by_zero_names_component_and_employee(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8")
    tax = PayComponent.objects.get(code="TAX")
    change_component(tax, formulas=[NewFormula(FIRST, "GROSS / bonus")], by=staff.by)
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        staff.calculated()
    assert caught.value.code == "division_by_zero"
    assert caught.value.details == {"component": "TAX", "employee": ann.code}
    assert not PaySlip.objects.exists()


def test_more_deducted_than_earned_is_refused(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8")
    tax = PayComponent.objects.get(code="TAX")
    change_component(tax, formulas=[NewFormula(FIRST, "GROSS + 1")], by=staff.by)
    assert refused(staff.calculated) == ("negative_net", "structure")


def test_structures_refuse_what_they_can_not_run(staff: Staff) -> None:
    structure = staff.structure()
    gross = PayComponent.objects.get(code="GROSS")
    values = {"company": staff.books.company, "code": "BAD", "name": "Bad", "by": staff.by}
    with nothing_written(), pytest.raises(InvalidInput) as unknown:
        save_structure(components=[gross], **values)
    assert (unknown.value.code, unknown.value.field) == ("unknown_name", "components")
    assert refused(lambda: save_structure(components=[], inputs=[{"code": "rate"}], **values)) == (
        "bad_code",
        "inputs",
    )
    assert refused(lambda: change_structure(structure, components=[gross, gross], by=staff.by)) == (
        "named_twice",
        "components",
    )


def test_a_period_is_paid_once(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8")
    run = staff.posted()
    assert refused(lambda: staff.run()) == ("period_has_run", "period_start")
    run = reverse_pay_run(run, date=SUNDAY, reason="wrong rate", by=staff.approver)
    assert run.status == "reversed"
    assert staff.slip(run, ann).status == "reversed"
    assert TimeCard.objects.get().status == "approved"
    assert staff.books.balance("6000") == staff.books.balance("2200") == 0
    assert_reconciled()
    again = staff.posted()
    assert again.net == run.net
    assert_reconciled()
    assert (
        cancel_pay_run(
            staff.run(period_start=date(2026, 4, 1), period_end=date(2026, 4, 7)), by=staff.by
        ).status
        == "cancelled"
    )


def test_wages_follow_the_time_to_orders(staff: Staff) -> None:
    ann, first, second = staff.hired(), staff.order(), staff.order()
    staff.book(ann, 9, "5", first)
    staff.book(ann, 9, "2.5", second)
    staff.approved(ann, "0.5")
    run = staff.posted()
    found = LabourDistribution.objects.filter(component__code="REGULAR")
    assert {row.cost_object: (row.is_direct, row.amount, row.minutes) for row in found} == {
        first: (True, D(100), D(300)),
        second: (True, D(50), D(150)),
        staff.centre: (False, D(10), D(30)),
    }
    assert (staff.books.balance("5300"), staff.books.balance("6000")) == (D(150), D(10))
    entry = JournalEntry.objects.get(source_id=run.pk, purpose="")
    assert all(ann.name not in line.memo for line in entry.lines.all())
    assert_reconciled()


def test_the_database_refuses_a_slip_that_is_not_distributed(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8")
    staff.posted()
    with pytest.raises(DatabaseError, match="to distribute"), transaction.atomic():
        PaySlip.objects.update(employer_cost=1)
        connection.check_constraints()
    with pytest.raises(DatabaseError, match=r"append-only|denied"), transaction.atomic():
        LabourDistribution.objects.all().delete()


@pytest.mark.parametrize("amount", ["100.00", "0.05", "-33.33", "1000000.01"])
def test_parts_sum_to_the_whole(amount: str) -> None:
    time = [TimePay(n, "regular", D(n), D(n)) for n in (1, 2, 4)]
    parts = distribute(D(amount), "regular_time", time, 9, 2)
    assert sum(part for _object, part in parts) == D(amount)
    assert distribute(D(amount), "overtime", time, 9, 2) == [(9, D(amount))]


def test_an_off_cycle_run_pays_its_inputs_only(staff: Staff) -> None:
    ann, bob = staff.hired(), staff.hired()
    card = staff.approved(ann, "8")
    no_inputs = lambda: staff.run(kind="off_cycle")  # noqa: E731
    assert refused(no_inputs) == ("no_inputs", "inputs")
    structure = staff.structure()
    gift = [RunInput(ann, "gift", "5")]
    with nothing_written(), pytest.raises(InvalidInput) as unknown:
        staff.run(kind="off_cycle", structure=structure, inputs=gift)
    assert (unknown.value.code, unknown.value.field) == ("unknown_name", "inputs")
    run = staff.posted(kind="off_cycle", inputs=[RunInput(bob, "bonus", "500")])
    assert staff.amounts(run, bob)["BONUS"] == D(500)
    assert [slip.employee for slip in run.slips.all()] == [bob]
    card.refresh_from_db()
    assert card.status == "approved"
    assert_reconciled()


def test_a_retroactive_run_pays_what_new_terms_would_have_paid(staff: Staff) -> None:
    ann, bob = staff.hired(), staff.hired()
    for one in (ann, bob):
        staff.approved(one, "8", "8", "8", "8", "8")
    past = staff.posted()
    update_contract(ann.contracts.get(), effective_to=date(2026, 3, 10), by=staff.by)
    staff.contract(ann, "22.50", effective_from=date(2026, 3, 11))
    values = {
        "kind": "retro", "retro_from": FIRST,
        "period_start": date(2026, 3, 16), "period_end": date(2026, 3, 22),
    }  # fmt: skip
    run = staff.posted(**values)
    [slip] = run.slips.all()
    assert slip.employee == ann
    line = slip.lines.get(arrears_of__isnull=False)
    assert (line.amount, line.component.code) == (D("60.00"), "REGULAR")  # 24 h at 2.50 more
    assert line.arrears_of == staff.slip(past, ann)
    assert (slip.gross, slip.deductions, slip.employer_cost) == (D(60), D(6), D(3))
    assert_reconciled()
    again = staff.run(
        **values | {"period_start": date(2026, 3, 23), "period_end": SUNDAY.replace(day=29)}
    )
    assert refused(lambda: calculate_pay_run(again, by=staff.by)) == ("nothing_owed", "retro_from")
    assert (
        refused(lambda: reverse_pay_run(past, date=SUNDAY, reason="x", by=staff.approver))[0]
        == "has_arrears"
    )
    reverse_pay_run(run, date=SUNDAY, reason="mistake", by=staff.approver)
    assert calculate_pay_run(again, by=staff.by).gross == D(60)
    assert refused(lambda: staff.run(kind="retro")) == ("retro_from", "retro_from")


def test_a_month_of_salary_is_split_where_terms_change(staff: Staff) -> None:
    structure = staff.structure("MONTHLY", "monthly")
    ann = staff.employee()
    values = {"basis": "monthly", "structure": structure}
    staff.contract(ann, "3000", effective_to=date(2026, 4, 10), **values)
    staff.contract(ann, "3300", effective_from=date(2026, 4, 11), **values)
    run = staff.calculated(
        structure=structure, period_start=date(2026, 4, 1), period_end=date(2026, 4, 30)
    )
    assert staff.amounts(run, ann)["SALARY"] == D("3200.00")  # 10/30 and 20/30


def test_who_moves_from_hours_to_a_salary_is_paid_both_once(staff: Staff) -> None:
    monthly = staff.structure("MONTHLY", "monthly")
    ann = staff.hired(effective_to=date(2026, 4, 15))
    values = {"basis": "monthly", "structure": monthly, "effective_from": date(2026, 4, 16)}
    staff.contract(ann, "3000", **values)
    staff.approved(ann, "8", "8", starts_on=date(2026, 4, 6))
    april = {"period_start": date(2026, 4, 1), "period_end": date(2026, 4, 30)}
    hours = staff.calculated(**april)
    salary = staff.calculated(structure=monthly, **april)
    assert staff.amounts(hours, ann)["GROSS"] == D(320)
    assert staff.amounts(salary, ann)["GROSS"] == D(1500)


def test_the_year_adds_up_over_slips(staff: Staff) -> None:
    ann = staff.hired()
    capped = PayComponent.objects.get(code="TAX")
    formula = "max(0, min(GROSS, 300 - ytd(GROSS)))"
    change_component(capped, formulas=[NewFormula(FIRST, formula)], by=staff.by)
    taxes = []
    for week in range(3):
        day = date(2026, 3, 2 + 7 * week)
        staff.approved(ann, "8", starts_on=day)
        end = date(2026, 3, 8 + 7 * week)
        run = staff.posted(period_start=day, period_end=end)
        taxes.append(staff.amounts(run, ann).get("TAX", D(0)))
    assert taxes == [D(160), D(140), D(0)]


def test_a_formula_holds_from_its_day_on(staff: Staff) -> None:
    ann = staff.hired()
    tax = PayComponent.objects.get(code="TAX")
    formulas = [NewFormula(FIRST, "GROSS * 0.1"), NewFormula(date(2026, 3, 16), "GROSS * 0.2")]
    change_component(tax, formulas=formulas, by=staff.by)
    staff.approved(ann, "10")
    staff.approved(ann, "10", starts_on=date(2026, 3, 16))
    first = staff.calculated()
    second = staff.calculated(period_start=date(2026, 3, 16), period_end=date(2026, 3, 22))
    assert [staff.amounts(run, ann)["TAX"] for run in (first, second)] == [D(20), D(40)]


def test_the_slip_is_printed(staff: Staff) -> None:
    ann = staff.hired()
    staff.approved(ann, "8")
    slip = staff.slip(staff.posted(), ann)
    assert pay_slip_pdf(slip).startswith(b"%PDF-")
    assert pay_slip_pdf(slip, paper="Letter").startswith(b"%PDF-")
    with pytest.raises(InvalidInput):
        pay_slip_pdf(slip, paper="A0")
