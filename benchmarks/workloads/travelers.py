"""W10: a traveler of three pages, and a hundred of them as a background job in a process.

Drawn by hand means: reportlab, given every text, barcode and QR code of the same order.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

from django.core.handlers.base import BaseHandler
from django.test import RequestFactory
from knox.models import AuthToken
from pypdf import PdfReader

from apps.core.models import BackgroundJob, User
from apps.core.pdf_pool import ROOT, cores
from apps.engineering.models import BillOfMaterials, BomLine, Routing, RoutingOperation
from apps.execution.jobs import start_travelers
from apps.execution.models import WorkOrder
from apps.execution.printouts import traveler_pdf
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.masterdata.models import Item, WorkCentre
from benchmarks.database import Database
from benchmarks.measuring import Result, Side, compare, statements_of
from benchmarks.plant import DAY, new_books, new_clerk
from benchmarks.workloads import Options
from benchmarks.workloads.travelers_bare import draw_traveler
from tests.support.trade import Trade, make_trade

COMPONENTS, OPERATIONS, PAGES = 12, 4, 3
TRAVELERS, QUICK_TRAVELERS = 100, 12
MOST_MS, MOST_STATEMENTS = 400, 6
FIRST_BYTE_MS = 1000
#: Of the processors' time while the job runs, its start included, when nobody else needs them.
LEAST_USE = 0.7
INSTRUCTIONS = (
    "Clamp the part on the fixture and check that it lies flat. Use coolant at all times.\n"
    "Deburr all edges; the surface must be free of chips before it goes on."
)


def measure(database: Database, options: Options) -> Iterator[Result]:
    trade = make_trade(new_books())
    wanted = QUICK_TRAVELERS if options.is_quick else TRAVELERS
    orders = released_orders(trade, wanted)
    pages = len(PdfReader(io.BytesIO(traveler_pdf(orders[0]))).pages)
    drawn = len(PdfReader(io.BytesIO(draw_traveler(orders[0]))).pages)
    if pages != PAGES or drawn != PAGES:
        raise AssertionError(f"a traveler has {pages} pages, drawn by hand {drawn}, not {PAGES}")
    found = compare(
        Side(lambda n: traveler_pdf(orders[n % wanted]), database.django_clock),
        Side(lambda n: draw_traveler(orders[n % wanted]), database.django_clock),
        seconds=options.seconds,
    )
    count = statements_of(lambda: traveler_pdf(orders[0]))
    yield Result(
        workload="W10",
        n=found.units,
        unit=f"traveler of {PAGES} pages, warm",
        per_s=found.per_s,
        cpu_ms=found.ours,
        limit_cpu_ms=found.bare,
        ratio=found.ratio,
        goal=f"<= {MOST_MS} ms (here {options.here(MOST_MS):.0f}), <= {MOST_STATEMENTS} statements",
        reached=found.ours <= options.here(MOST_MS) and count <= MOST_STATEMENTS,
        statements=count,
        note="the limit is drawn by hand with reportlab",
    )
    yield first_byte(trade, orders, database, options)
    yield as_a_job(trade, orders, database)


def first_byte(
    trade: Trade, orders: list[WorkOrder], database: Database, options: Options
) -> Result:
    """The request of the traveler through the whole API, on the wall."""
    user = User.objects.get(pk=new_clerk(trade.books, "execution", "core"))
    _token, key = AuthToken.objects.create(user=user)
    handler = BaseHandler()
    handler.load_middleware()
    requests = RequestFactory(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Token {key}")
    clock = database.django_clock

    def get(order: WorkOrder) -> float:
        began = time.perf_counter()
        path = f"/api/v1/execution/work-orders/{order.pk}/traveler/"
        response: Any = handler.get_response(requests.get(path))
        next(iter(response))
        if response.status_code != 200:
            raise RuntimeError(response.content)
        return (time.perf_counter() - began) * 1000

    get(orders[0])
    cpu = clock.read()
    walls = [get(order) for order in orders[:12]]
    cpu_ms = (clock.read() - cpu) / len(walls) * 1000
    count = statements_of(lambda: get(orders[0]))
    return Result(
        workload="W10 first byte",
        n=len(walls),
        unit="traveler requested, to the first byte",
        per_s=1000 / median(walls),
        cpu_ms=cpu_ms,
        limit_cpu_ms=FIRST_BYTE_MS,
        ratio=cpu_ms / FIRST_BYTE_MS,
        goal=f"< {FIRST_BYTE_MS} ms (here {options.here(FIRST_BYTE_MS):.0f}) on the wall",
        reached=median(walls) < options.here(FIRST_BYTE_MS),
        statements=count,
        note=f"on the wall: median {median(walls):.0f} ms, fastest {min(walls):.0f} ms",
    )


def as_a_job(trade: Trade, orders: list[WorkOrder], database: Database) -> Result:
    """A queued job, run by a process of its own, watched from here as its page would."""
    job = start_travelers(orders, by=trade.books.by)
    before, began = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    run = f"from apps.core.services.jobs import run_job; run_job({job.pk})"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", run],
        cwd=ROOT,
        env={**os.environ, **database.environment()},
    )
    seen: list[int] = []
    while process.poll() is None:
        seen.append(BackgroundJob.objects.values_list("progress", flat=True).get(pk=job.pk))
        time.sleep(0.1)
    wall, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    job.refresh_from_db()
    if job.status != BackgroundJob.Status.DONE or job.progress != len(orders):
        raise AssertionError(f"the job is {job.status}: {job.message}")
    with job.result.open("rb") as content:
        pages = len(PdfReader(content).pages)
    job.result.delete(save=False)
    steps = len(set(seen) - {0, len(orders)})
    used = cpu / wall / cores()
    return Result(
        workload="W10 job",
        n=len(orders),
        unit=f"traveler of a job of {len(orders)}, on {cores()} cores",
        per_s=len(orders) / wall,
        cpu_ms=cpu / len(orders) * 1000,
        limit_cpu_ms=MOST_MS,
        ratio=cpu / len(orders) * 1000 / MOST_MS,
        goal=f"in a process, progress seen, >= {LEAST_USE:.0%} of all cores used",
        reached=pages == PAGES * len(orders) and steps >= 3 and used >= LEAST_USE,
        statements=None,
        note=f"{wall:.1f} s on the wall, {used:.0%} of {cores()} cores used, {steps} steps seen",
    )


def released_orders(trade: Trade, number: int) -> list[WorkOrder]:
    """Orders of one item with 12 components and 4 operations, each with instructions."""
    company, by = trade.books.company, trade.books.by
    item = trade.item("average", code="MADE", kind=Item.Kind.MANUFACTURED, tracking="lot")
    bom = BillOfMaterials(company=company, item=item, status="released", created_by=by).save_by(by)
    BomLine.objects.bulk_create(
        BomLine(
            company=company,
            bom=bom,
            position=10 * n,
            item=trade.item("average", code=f"PART-{n:03d}"),
            quantity=Decimal(n),
        )
        for n in range(1, COMPONENTS + 1)
    )
    centre = WorkCentre(company=company, code="MILL", name="Milling", site=trade.books.site)
    centre.save_by(by)
    routing = Routing(company=company, item=item, status="released", created_by=by).save_by(by)
    RoutingOperation.objects.bulk_create(
        RoutingOperation(
            company=company,
            routing=routing,
            sequence=10 * n,
            name=f"Operation {n}",
            work_centre=centre,
            setup_minutes=15,
            run_minutes=Decimal("2.5"),
            instructions=INSTRUCTIONS,
            inspection="Length 120 ± 0.1 mm, first and last piece",
        )
        for n in range(1, OPERATIONS + 1)
    )
    places = {"component_location": trade.stock, "output_location": trade.stock}
    days = {"start_date": DAY, "due_date": DAY}
    return [
        release_work_order(
            create_work_order(
                company,
                item=item,
                quantity=Decimal(50),
                site=trade.books.site,
                by=by,
                **places,
                **days,
            ),
            by=by,
        )
        for _n in range(number)
    ]
