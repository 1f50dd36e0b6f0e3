"""What became of the background jobs, and of the ledger that the workers seal and fold."""

from __future__ import annotations

import time

from apps.core.models import BackgroundJob, OutboxMessage
from apps.finance.services.sealing import seal_ledger, verify_ledger
from benchmarks.torture.notes import Notes
from benchmarks.torture.oracle import Verdict
from benchmarks.torture.world import World

#: Without anything done for so long nothing more will be; a busy machine only takes longer.
SILENCE = 180.0
Status = BackgroundJob.Status


def judge_jobs(world: World, notes: Notes, verdict: Verdict) -> dict[str, int]:
    """Every job that was acknowledged is done, once, with a whole file.

    Returns how many there were, and how many another worker had to begin again.
    """
    asked = {key for key, request in notes.begun.items() if request.kind == "job"}
    ids = {ack.id for key in asked for ack in notes.acked.get(key, [])}
    wait_until_done()
    jobs = {job.pk: job for job in BackgroundJob.objects.all()}
    verdict.lost += [f"job {pk}: acknowledged, not there" for pk in sorted(ids - set(jobs))]
    verdict.doubled += [f"job {pk}: nobody was told of it" for pk in sorted(set(jobs) - ids)]
    for key in asked:
        if len({ack.id for ack in notes.acked.get(key, [])}) != 1:
            verdict.doubled.append(f"{key}: not one job")
    for job in jobs.values():
        times_done = job.history.filter(status=Status.DONE).count()
        if job.status != Status.DONE:
            verdict.lost.append(f"job {job.pk}: {job.status} {job.message}")
        elif times_done != 1:
            verdict.doubled.append(f"job {job.pk}: done {times_done} times")
        elif not _is_whole((world.folder / "media" / job.result.name).read_bytes()):
            verdict.half_written.append(f"job {job.pk}: {job.result.name}")
    unsent = OutboxMessage.objects.filter(published_at__isnull=True).count()
    verdict.lost += [f"{unsent} messages were never sent"] if unsent else []
    again = sum(job.attempts > 1 for job in jobs.values())
    return {"jobs": len(jobs), "jobs_begun_again": again}


def wait_until_done() -> None:
    open_jobs = BackgroundJob.objects.filter(status__in=(Status.QUEUED, Status.RUNNING))
    unsent = OutboxMessage.objects.filter(published_at__isnull=True)
    left, since = -1, time.monotonic()
    while (waiting := open_jobs.count() + unsent.count()) and time.monotonic() - since < SILENCE:
        if waiting != left:
            left, since = waiting, time.monotonic()
        time.sleep(0.2)


def broken_chain(world: World) -> list[str]:
    """Entries that the hash chain names, once all are sealed."""
    company = world.plant.books.company
    seal_ledger(company)
    return [f"{fault.fault}: {fault.number}" for fault in verify_ledger(company)]


def _is_whole(content: bytes) -> bool:
    return content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF")
