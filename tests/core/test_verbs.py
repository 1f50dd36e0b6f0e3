"""Verbs of documents, by API and by button, shown on the cancelling of a job."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.models import BackgroundJob, Company, User
from tests.support.faces import ApiClient, codes, make_member

PERMISSIONS = ("core.view_backgroundjob", "core.change_backgroundjob")


@pytest.fixture
def worker(acme: Company) -> User:
    return make_member("worker", acme, permissions=PERMISSIONS)


@pytest.fixture
def job(acme: Company, worker: User) -> BackgroundJob:
    return BackgroundJob(company=acme, kind="x", title="Long", created_by=worker).save_by(worker)


def test_s07_a_verb_acts_once_and_only_where_the_status_allows(
    job: BackgroundJob, worker: User
) -> None:
    api = ApiClient(worker)
    place = f"/core/jobs/{job.pk}/"
    assert api.post(f"{place}cancel/", key=None).status_code == 400
    assert api.client.get(f"/api/v1{place}cancel/").status_code == 405
    refused = api.post(f"{place}cancel/", {"status": "done"})
    assert (refused.status_code, codes(refused)) == (400, [("status", "unknown_field")])
    late = api.post(f"{place}cancel/", **{"If-Match": '"9"'})
    assert late.status_code == 412
    done = api.post(f"{place}cancel/", key="k", **{"If-Match": '"1"'})
    assert (done.status_code, done.body["status"], done["ETag"]) == (200, "cancelled", '"2"')
    again = api.post(f"{place}cancel/", key="k", **{"If-Match": '"1"'})
    assert (again.body, again["Idempotent-Replay"]) == (done.body, "true")
    twice = api.post(f"{place}cancel/")
    assert (twice.status_code, codes(twice)) == (409, [("status", "invalid_transition")])
    assert twice.body["errors"][0]["details"] == {"from": "cancelled", "to": "cancelled"}
    assert api.patch(place, {"status": "done"}, version=2).status_code in (403, 405)


def test_a_verb_wants_its_own_permission(job: BackgroundJob, acme: Company) -> None:
    viewer = make_member(
        "viewer", acme, permissions=("core.view_backgroundjob", "core.view_all_jobs")
    )
    assert ApiClient(viewer).post(f"/core/jobs/{job.pk}/cancel/").status_code == 403
    other = make_member("other", acme, permissions=PERMISSIONS)
    assert ApiClient(other).post(f"/core/jobs/{job.pk}/cancel/").status_code == 404


def test_a_button_asks_then_acts_and_shows_what_is_refused(
    job: BackgroundJob, worker: User
) -> None:
    desk = Client()
    desk.force_login(worker, "apps.core.backends.PermissionBackend")
    page = f"/admin/core/backgroundjob/{job.pk}/"
    assert f"{page}verb/cancel/" in desk.get(f"{page}change/").content.decode()
    assert "will not run" in desk.get(f"{page}verb/cancel/").content.decode()
    job.refresh_from_db()
    assert job.status == "queued"  # a GET changes nothing
    assert desk.post(f"{page}verb/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.status == "cancelled"
    shown = desk.post(f"{page}verb/cancel/", follow=True).content.decode()
    assert "Cancelled; it can" in shown
    assert f"{page}verb/cancel/" not in shown
    assert desk.post(f"{page}verb/explode/").status_code == 404
    history = desk.get(f"{page}history/").content.decode()
    assert "cancelled" in history and "worker" in history


def test_all_gets_change_nothing(job: BackgroundJob, worker: User) -> None:
    """S24: a session alone, without the token of the form, changes nothing either."""
    desk = Client(enforce_csrf_checks=True)
    desk.force_login(worker, "apps.core.backends.PermissionBackend")
    url = f"/api/v1/core/jobs/{job.pk}/cancel/"
    answer = desk.post(url, "{}", content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403
    plain = desk.post(url, "{}", content_type="text/plain", headers={"Idempotency-Key": "k"})
    assert plain.status_code == 403
    assert desk.post(f"/admin/core/backgroundjob/{job.pk}/verb/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.status == "queued"
