"""The demo's pages while its month is still being played: look, but don't touch."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mes_erp.demo import early_pages, playing
from mes_erp.demo.early_pages import EarlyPages
from mes_erp.demo.supervisor import Child, Supervisor


@pytest.fixture
def note(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "playing.json"
    monkeypatch.setenv(playing.VARIABLE, str(path))
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "mes_erp.demo.playing.LookOnly"]
    return path


def test_changes_wait_until_the_month_is_over(db: None, note: Path) -> None:
    client = Client()
    assert client.post("/stock/").status_code != 503
    playing.note_progress(3, 32, note)
    assert client.get("/accounts/login/").status_code == 200
    assert client.post("/accounts/login/", {"login": "x"}).status_code == 200
    page = client.post("/stock/move/")
    assert (page.status_code, page["Retry-After"]) == (503, "15")
    assert "Day 3 of 32" in page.content.decode()
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)("/api/v1/masterdata/items/")
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["code"] == "month_is_played"
    assert playing.shown_progress(None) == ["Day 3 of 32 is played", "warning"]  # type: ignore[arg-type]
    playing.note_end(note)
    assert client.post("/api/v1/masterdata/items/").status_code == 401
    assert playing.shown_progress(None) is None  # type: ignore[arg-type]


def test_without_the_variable_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(playing.VARIABLE, raising=False)
    assert playing.progress() is None


def test_the_pages_come_up_once_with_the_first_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    path = tmp_path / "playing.json"
    monkeypatch.setattr(playing, "note_progress", lambda *days: path.write_text(str(days)))
    monkeypatch.setattr(playing, "note_end", path.unlink)
    monkeypatch.setattr(early_pages, "responds", lambda url: url == "http://here/readyz")
    web = Child("web", [sys.executable, "-c", "import time; time.sleep(60)"])
    other = Child("worker", [sys.executable, "-c", "raise SystemExit"])
    supervisor = Supervisor([web, other], None, said.append)
    early = EarlyPages(supervisor, "http://here/", lambda: said.append("welcome"))
    try:
        early.on_day(1, 32)
        process = web.process
        deadline = time.monotonic() + 10
        while early_pages.HINT not in said and time.monotonic() < deadline:
            time.sleep(0.02)
        early.on_day(2, 32)
        assert web.process is process and web.is_alive and other.process is None
        assert path.read_text() == "(2, 32)"
        assert said == ["welcome", early_pages.HINT] and early.are_shown
        early.end()
        assert not path.exists()
    finally:
        supervisor.stop()
