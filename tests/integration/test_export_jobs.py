"""Long reads in the background: one snapshot that may not write, and progress all the same."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from apps.core.models import BackgroundJob
from apps.core.services import jobs
from apps.core.transactions import unit_of_work
from apps.integration.services.exports import start_export
from tests import factories
from tests.factories import Books

pytestmark = pytest.mark.django_db(transaction=True)
DONE = BackgroundJob.Status.DONE
seen: list[tuple[int, int, str]] = []


@pytest.fixture
def books(transactional_db: None) -> Iterator[Books]:
    made = factories.make_books("ACME", by=factories.make_user("tester"))
    made.post(date(2026, 1, 2), ("1010", "300"), ("4000", "-300"))
    yield made


def test_a_company_is_exported_in_the_background(books: Books) -> None:
    job = jobs.run_job(start_export(books.company, by=books.by).pk)
    assert (job.status, job.message) == (DONE, "")
    assert job.progress == job.total > 100
    with zipfile.ZipFile(job.result) as archive:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    assert manifest["company"]["code"] == "ACME"


@jobs.job_handler("tests.one_transaction")
def in_one_transaction(job: BackgroundJob, report: jobs.Report) -> None:
    with unit_of_work():
        report(3, 7, "three")
        for _try in range(100):
            found = BackgroundJob.objects.values_list("progress", "total", "message")
            row = found.get(pk=job.pk)
            if row[0]:
                break
            time.sleep(0.05)
        seen.append(row)


def test_progress_inside_of_a_transaction_is_seen_by_others(books: Books) -> None:
    seen.clear()
    job = jobs.start_job("tests.one_transaction", title="One", company=books.company, by=books.by)
    assert jobs.run_job(job.pk).status == DONE
    assert seen == [(3, 7, "three")]
