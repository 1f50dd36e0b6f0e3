"""Billing: by milestones and by hours, each thing once; a credit frees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import BusinessError
from apps.finance.models import Invoice
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import reverse_invoice
from apps.projects.models import BillingMilestone, Project, ProjectBilling
from apps.projects.services.billing import bill_hours, bill_milestones
from apps.projects.services.milestones import create_milestone, update_milestone
from apps.projects.services.progress import report_task
from apps.projects.services.rates import create_rate
from apps.projects.services.timesheets import reverse_timesheet
from tests.projects.conftest import MONDAY, D, Yard
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
BILLED = date(2026, 3, 31)


def refused(act: Any) -> tuple[str, str | None, int | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field, caught.value.row


def by_milestone(yard: Yard) -> tuple[Project, BillingMilestone]:
    project = yard.project(billing="milestone", partner=yard.customer)
    return project, milestone(yard, project)


def milestone(yard: Yard, project: Project, **values: Any) -> BillingMilestone:
    values = {"name": "Design", "amount": D(8000), "node": yard.node(project), **values}
    return create_milestone(company=yard.books.company, project=project, by=yard.by, **values)


def bill(yard: Yard, project: Project, *rows: BillingMilestone) -> Invoice:
    return bill_milestones(project, milestones=rows, date=BILLED, by=yard.by)


def test_a_milestone_is_billed_once_until_it_is_credited(yard: Yard) -> None:
    project, row = by_milestone(yard)
    invoice = bill(yard, project, row)
    assert (invoice.status, invoice.total) == ("posted", D(8000))
    assert refused(lambda: bill(yard, project, row)) == ("already_billed", "milestones", 0)
    assert refused(lambda: update_milestone(row, amount=D(1), by=yard.by))[0] == "already_billed"
    assert (Invoice.objects.count(), ProjectBilling.objects.count()) == (1, 1), "nothing written"
    credit_invoice(invoice, date=BILLED, by=yard.by)
    assert_reconciled()
    bill(yard, project, row)
    assert list(ProjectBilling.objects.order_by("pk").values_list("is_live", flat=True)) == [
        False,
        True,
    ]
    assert_reconciled()


def test_the_database_refuses_a_second_billing(yard: Yard) -> None:
    project, row = by_milestone(yard)
    bill(yard, project, row)
    other = bill(yard, project, milestone(yard, project, name="Delivery"))
    second = ProjectBilling.objects.get(invoice_line__invoice=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectBilling.objects.filter(pk=second.pk).update(milestone=row)


def test_the_same_milestone_twice_in_one_bill(yard: Yard) -> None:
    project, row = by_milestone(yard)
    assert refused(lambda: bill(yard, project, row, row)) == ("already_billed", "milestones", 1)
    assert not Invoice.objects.exists()


def test_a_milestone_waits_for_its_task_and_stays_in_its_project(yard: Yard) -> None:
    project, _free = by_milestone(yard)
    task = yard.tasks(project, ("A", 2))["A"]
    row = milestone(yard, project, task=task)
    assert refused(lambda: bill(yard, project, row)) == ("not_complete", "milestones", 0)
    report_task(task, percent=D(100), date=MONDAY, by=yard.by)
    other, foreign = by_milestone(yard)
    assert refused(lambda: bill(yard, project, foreign)) == ("other_project", "milestones", 0)
    assert not Invoice.objects.exists()
    assert bill(yard, project, row).total == D(8000)
    assert refused(lambda: milestone(yard, other, task=task)) == ("other_project", "task", None)


def test_hours_are_billed_at_the_rate_of_their_day_once(yard: Yard) -> None:
    project = yard.project(billing="time", partner=yard.customer)
    node = yard.node(project)
    sheet = yard.approved(node, (yard.engineer, MONDAY, "8"), (yard.welder, MONDAY, "4"))
    yard.approved(node, (yard.welder, date(2026, 3, 4), "2"), is_billable=False)
    act = lambda: bill_hours(project, until=BILLED, date=BILLED, by=yard.by)  # noqa: E731
    assert refused(act)[:2] == ("no_billing_rate", "employee")
    values = {"company": yard.books.company, "effective_from": MONDAY, "by": yard.by}
    create_rate(project=project, billing_rate=D(80), **values)
    create_rate(employee=yard.engineer, project=project, billing_rate=D(110), **values)
    invoice = act()
    # 8 h at 110 and 4 h at 80; what is not billable is not billed
    assert (invoice.total, invoice.lines.count()) == (D(1200), 2)
    assert refused(act) == ("nothing_to_bill", "lines", None)
    back = lambda: reverse_timesheet(sheet, date=BILLED, reason="x", by=yard.by)  # noqa: E731
    assert refused(back)[0] == "billed"
    part = invoice.lines.order_by("pk")[0]
    credit_invoice(invoice, lines=[CreditLine(part, D(3))], date=BILLED, by=yard.by)
    assert refused(act)[0] == "nothing_to_bill", "a part of a line does not free it"
    credit_invoice(invoice, date=BILLED, by=yard.by)
    assert act().total == D(1200)
    assert_reconciled()


def test_a_reversed_invoice_frees_what_it_billed(yard: Yard) -> None:
    project, row = by_milestone(yard)
    reverse_invoice(bill(yard, project, row), date=BILLED, reason="Wrong date", by=yard.by)
    assert bill(yard, project, row).status == "posted"
    assert_reconciled()


def test_billed_as_agreed_only(yard: Yard) -> None:
    project = yard.project(billing="time", partner=yard.customer)
    assert refused(lambda: bill(yard, project))[:2] == ("other_billing", "billing")
    assert refused(lambda: milestone(yard, project))[:2] == ("other_billing", "project")
