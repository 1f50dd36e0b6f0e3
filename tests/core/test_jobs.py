"""Background jobs: sent after commit, run once, begun again when what ran them died."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.core.models import BackgroundJob, Company, OutboxMessage, User
from apps.core.services import jobs
from apps.core.tasks import relay_outbox, run_job

Status = BackgroundJob.Status
runs: list[int] = []


@jobs.job_handler("tests.count")
def count(job: BackgroundJob, report: jobs.Report) -> tuple[str, bytes]:
    runs.append(job.pk)
    report(1, 2, "half")
    return "counted.txt", b"1"


@jobs.job_handler("tests.database_gone")
def database_gone(job: BackgroundJob, report: jobs.Report) -> None:
    raise OperationalError("server closed the connection")


@pytest.fixture
def job(company: Company, by: User) -> BackgroundJob:
    runs.clear()
    return jobs.start_job("tests.count", title="Count", company=company, by=by)


def expire(job: BackgroundJob, **values: object) -> None:
    past = timezone.now() - timedelta(seconds=1)
    BackgroundJob.objects.filter(pk=job.pk).update(alive_until=past, **values)


def test_the_outbox_is_sent_and_the_job_runs_once(job: BackgroundJob) -> None:
    assert relay_outbox() == 1
    run_job(job.pk)  # what the message asks a worker for
    job.refresh_from_db()
    assert (job.status, job.progress, job.attempts) == (Status.DONE, 2, 1)
    assert job.result.read() == b"1"
    assert jobs.run_job(job.pk).status == Status.DONE
    assert relay_outbox() == 0
    assert runs == [job.pk]


def test_a_job_whose_process_died_is_begun_again(job: BackgroundJob) -> None:
    assert jobs.rescue_jobs() == 0, "it is cared for"
    expire(job, status=Status.RUNNING, attempts=1)
    assert jobs.rescue_jobs() == 1
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert OutboxMessage.objects.filter(payload={"job_id": job.pk}).count() == 2
    assert jobs.run_job(job.pk).attempts == 2


def test_a_lost_message_is_sent_again(job: BackgroundJob) -> None:
    expire(job)
    assert jobs.rescue_jobs() == 1
    assert jobs.rescue_jobs() == 0


def test_who_was_taken_for_dead_writes_nothing(job: BackgroundJob) -> None:
    mine = BackgroundJob.objects.get(pk=job.pk)
    mine.attempts = 1
    BackgroundJob.objects.filter(pk=job.pk).update(status=Status.RUNNING, attempts=2)
    assert jobs._finish(mine, Status.DONE, "").status == Status.RUNNING


def test_a_job_that_kills_is_given_up(job: BackgroundJob) -> None:
    expire(job, status=Status.RUNNING, attempts=jobs.MOST_ATTEMPTS)
    jobs.rescue_jobs()
    job.refresh_from_db()
    assert (job.status, "10" in job.message) == (Status.FAILED, True)


def test_a_lost_database_is_no_failure_of_the_job(company: Company, by: User) -> None:
    job = jobs.start_job("tests.database_gone", title="Gone", company=company, by=by)
    with pytest.raises(OperationalError):
        jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.status == Status.RUNNING
