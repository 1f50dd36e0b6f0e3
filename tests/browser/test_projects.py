"""The pages of a project in Chromium, at three widths; with ``MES_ERP_SCREENS`` as pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from apps.projects.printouts import status_report_pdf
from tests import factories
from tests.browser.plant import PASSWORD
from tests.browser.screens import WIDTHS, shoot, sign_in
from tests.browser.test_planning import no_sideways
from tests.projects.conftest import make_yard
from tests.projects.story import FRIDAY, play

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_of_a_project(page: Page, live_server: object) -> None:
    by = factories.make_user("admin", password=PASSWORD)
    story = play(make_yard(factories.make_books("ACME", by=by)))
    key = story.project.pk
    directory = os.environ.get("MES_ERP_SCREENS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
        report = status_report_pdf(story.project, date=FRIDAY)
        (Path(directory) / "status.pdf").write_bytes(report)
    sign_in(page, str(live_server), "admin")
    for name, path in {
        "projects": "/projects/",
        "project-gantt": f"/projects/{key}/",
        "project-gantt-weeks": f"/projects/{key}/?scale=weeks",
        "project-cost": f"/projects/{key}/cost/?date=2026-03-20",
        "admin-project": f"/admin/projects/project/{key}/change/",
    }.items():
        answer = page.goto(str(live_server) + path)
        assert answer is not None
        assert answer.status == 200, path
        if directory:
            shoot(page, Path(directory), name)
        if name.startswith("admin"):
            continue
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            no_sideways(page)
