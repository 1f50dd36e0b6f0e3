"""Figures of the people who use the system and of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.models import BackgroundJob
from apps.reporting.measures import measures
from apps.reporting.queries.readings import read_measures
from apps.reporting.queries.scope import asked_by
from tests.factories import Books, make_company
from tests.support.faces import make_member

Value = Callable[..., Any]


def test_people_with_and_without_a_role(books: Books, value: Value) -> None:
    idle = make_member("idle", books.company)
    make_member("elsewhere", make_company("AWAY", by=books.by))
    busy = make_member("busy", books.company)
    busy.groups.add(Group.objects.get(name="buyer"))
    gone = make_member("gone", books.company)
    gone.is_active = False
    gone.save()
    boss = make_member("boss", books.company)
    assert value("users_active", boss) == 4
    assert value("users_without_role", boss) == 2, f"{idle} and {boss}; a superuser needs none"


def test_jobs(books: Books) -> None:
    for status in ("queued", "running", "failed", "done"):
        BackgroundJob(
            company=books.company, kind="x", title=status, status=status, created_by=books.by
        ).save_by(books.by)
    chosen = [measures()["jobs_open"], measures()["jobs_failed"]]
    asked = asked_by(books.by, now=timezone.now())
    assert [r.values[None] for r in read_measures(chosen, asked)] == [2, 1]
