"""Engineer to order: plan, buy, build, account, measure and bill on one work breakdown."""

from __future__ import annotations

from datetime import date

import pypdfium2
import pytest

from apps.core.errors import BusinessError
from apps.projects.printouts import status_report_pdf
from apps.projects.queries.costs import node_costs
from apps.projects.queries.earned_value import project_value
from apps.projects.queries.schedules import project_schedule
from tests.factories import Books
from tests.projects.conftest import D, make_yard
from tests.projects.story import FRIDAY, order_drives, plan, work
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


def test_a_packaging_line_from_plan_to_invoice(books: Books) -> None:
    story = plan(make_yard(books))
    project = story.project
    schedule = project_schedule(project)
    assert (schedule.duration, schedule.finishes_on) == (D(18), date(2026, 3, 25))
    assert set(schedule.critical_codes) == {"DESIGN", "FRAME", "TEST"}
    times = {row.task.code: row.times for row in schedule.rows}
    assert (times["DRIVES"].early_start, times["DRIVES"].total_float) == (D(5), D(2))

    order_drives(story)
    assert {c.node.code: c.committed for c in node_costs(project)}["2.2"] == D(8800)
    assert books.balance("5070") == 0, "what is ordered is no cost yet"
    work(story)

    costs = {cost.node.code: cost for cost in node_costs(project)}
    assert {code: cost.total_actual for code, cost in costs.items()} == {
        "1": D(4800), "2": D(6660), "2.1": D(2160), "2.2": D(4500), "3": D(0),
    }  # fmt: skip
    assert costs["2.1"].actual == {
        "labour": D(960), "machine": D(600), "material": D(600), "purchases": D(0), "other": D(0),
    }  # fmt: skip
    assert costs["2.2"].actual["purchases"] == D(4500)
    assert (costs["2.2"].committed, costs["2"].left) == (D(4400), D(13000) - D(6660) - D(4400))
    assert books.balance("5070") == D(11460), "one ledger: the account is the nodes' sum"

    value = project_value(project, FRIDAY).total
    assert (value.planned, value.earned, value.actual, value.budget) == (
        D(19000), D(12900), D(11460), D(20000),
    )  # fmt: skip
    assert (value.cost_variance, value.schedule_variance) == (D(1440), D(-6100))
    assert value.estimate_at_completion is not None
    assert round(value.estimate_at_completion, 2) == D("17767.44")

    first = story.bill(story.design)
    assert (first.total, books.balance("1100")) == (D(8000), D(8000))
    for row, code in ((story.design, "already_billed"), (story.delivery, "not_complete")):
        with pytest.raises(BusinessError) as caught:
            story.bill(row)
        assert (caught.value.code, caught.value.field) == (code, "milestones")
    assert node_costs(project)[0].revenue == D(8000)
    assert_reconciled()

    paper = pypdfium2.PdfDocument(status_report_pdf(project, date=FRIDAY))
    text = " ".join(page.get_textpage().get_text_range() for page in paper)
    assert project.number in text
    assert "11,460" in text
