"""One question, five outputs: page, CSV, XLSX, PDF and API give the same total (a played plant)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pypdfium2
import pytest

from apps.core.models import User
from apps.execution.services.dispatch import start_operation
from apps.hr.services.departments import create_department
from apps.reporting.pivot_request import read_request
from apps.reporting.queries.pivots import read_lines, read_pivot
from tests.execution.conftest import DAY, Factory
from tests.execution.machines import Shopfloor, minute
from tests.execution.test_oee_products import operation_of
from tests.factories import make_user
from tests.hr.conftest import Staff
from tests.reporting.conftest import at_noon
from tests.reporting.oee_days import two_machines
from tests.support.faces import ApiClient

pytestmark = pytest.mark.django_db
MONTH = "date_from=2026-03-01&date_to=2026-03-31"


@pytest.fixture
def plant(factory: Factory, floor: Shopfloor) -> None:
    """S7's day on A and B; on C a set-up, an order of discs, scrap, and two stops while it runs."""
    two_machines(floor)
    by = floor.books.by
    department = create_department(
        company=floor.books.company, code="CUT", name="Cut", by=floor.books.by
    )
    staff = Staff(floor.books, department, make_user("approver", company=floor.books.company))
    ann = staff.hired("ANN")
    machine = floor.machine("C", ideal="60")
    disc = operation_of(factory, floor, "DISC", "0.5")
    floor.send(floor.state(machine, 0, "setup"), floor.state(machine, 25, "running"))
    start_operation(disc, machine=machine, employee=ann, at=minute(25), by=by)
    burr = factory.scrap_reason()
    floor.send(
        floor.state(machine, 100, "stopped", "JAM"),
        floor.state(machine, 112, "running"),
        floor.state(machine, 300, "stopped"),
        floor.state(machine, 307, "running"),
        floor.state(machine, 480, "off"),
    )
    for at, good, scrap in ((90, "40", "3"), (400, "70", "2")):
        factory.report(
            disc.work_order,
            good,
            quantity_scrap=Decimal(scrap),
            scrap_reason=burr,
            operation=disc,
            machine=machine,
            shift=floor.shift,
            employee=ann,
            labour_minutes=Decimal(30),
            reported_at=minute(at),
            date=DAY,
        )


QUESTIONS = (
    ("production", "rows=work_order&values=good,scrap,labour_minutes", "", "110"),
    ("production", "rows=day&values=good,scrap", "shift=EARLY&operator=ANN", "110"),
    ("production", "rows=item&values=scrap", "reason=BURR&machine=C&item=DISC", "5"),
    ("production", "rows=lot&values=good", "filter=lot:none&day=2026-03-10", "110"),
    ("losses", "rows=reason&values=downtime_minutes", "", "66"),
    ("losses", "rows=machine&values=downtime_minutes", "reason=JAM&shift=EARLY", "49"),
    ("losses", "rows=day&values=downtime_cost", "work_centre=PRESS&machine=C", "19.00"),
    ("oee", "rows=machine&values=down,stops,planned", "machine=A&day=2026-03-10", "47"),
    ("oee", "rows=day&values=stops", "shift=EARLY&machine=C", "2"),
    ("stops", "rows=reason&values=lost_minutes,stops,cost", "", "66"),
    ("stops", "rows=day&values=lost_minutes", "reason=JAM", "49"),
    ("stops", "rows=machine&values=cost,minutes", "operator=ANN&item=DISC", "19.00"),
    ("stops", "rows=shift&values=setup_minutes,setups", "shift=EARLY&machine=C", "25"),
    ("stops", "rows=reason&values=stops", "reason=none&machine=C", "1"),
)


def numbers(cells: list[str]) -> list[Decimal]:
    """Figures among cells as people read them."""
    plain = [cell.replace(",", "").replace("\u2212", "-").strip() for cell in cells]
    return [Decimal(cell) for cell in plain if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell)]


@pytest.mark.parametrize(("code", "shape", "filters", "expected"), QUESTIONS)
def test_five_outputs_give_one_total(
    plant: None, by: User, code: str, shape: str, filters: str, expected: str
) -> None:
    question = "&".join(filter(None, (shape, filters, MONTH)))
    api = ApiClient(by)
    url = f"/reporting/pivot/{code}/?{question}"

    row = api.get(f"/reporting/datasets/{code}/?{question}").body["rows"][-1]
    told = [Decimal(str(text)) for text in list(row.values())[1:-2] if text not in (None, "")]
    assert row["is_total"] and told[0] == Decimal(expected)

    page = api.client.get(url).content.decode()
    last = re.findall(r'<tr class="total">(.*?)</tr>', page, re.DOTALL)[-1]
    shown = re.findall(r"<td[^>]*>(.*?)</td>", last, re.DOTALL)
    assert numbers([re.sub("<[^>]*>", "", cell) for cell in shown]) == told

    text = api.client.get(f"{url}&as=csv").content.decode("utf-8-sig")
    assert numbers(list(csv.reader(io.StringIO(text)))[-1][1:]) == told

    book = openpyxl.load_workbook(
        io.BytesIO(api.client.get(f"{url}&as=xlsx").content), data_only=True
    ).active
    cells = [cell for cell in [*book.values][-1][1:] if isinstance(cell, int | float)]
    assert [round(Decimal(str(cell)), 6) for cell in cells] == told

    pdf = pypdfium2.PdfDocument(api.client.get(f"{url}&as=pdf").content)
    lines = pdf[len(pdf) - 1].get_textpage().get_text_range().splitlines()
    totals = [line for line in lines if line.startswith("Total")]
    assert numbers(totals[-1].split()[1:]) == told


def test_stops_by_reason_and_what_stands_behind(plant: None, by: User) -> None:
    """JAM: 20 and 17 on A, 12 on C; nobody said why C stopped for 7 minutes."""
    given = {"rows": ["reason"], "values": ["lost_minutes,stops,minutes"], "machine": ["A", "C"]}
    wanted = read_request("stops", given, at_noon(by, DAY + timedelta(days=1)))
    found = read_pivot(wanted)
    by_reason = {row[0].code if row else "total": found.cells[row, ()] for row in found.rows}
    assert by_reason == {
        "JAM": (49, 3, 49),
        "TOOL": (10, 1, 10),
        "": (7, 1, 7),
        "total": (66, 5, 66),
    }
    lines = read_lines(wanted)
    assert sum(line.values[0] or 0 for line in lines.lines) == lines.total[0] == 66
    assert "C 2026-03-10 11:00" in {line.label for line in lines.lines}
