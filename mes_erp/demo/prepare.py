"""What must be true before the processes start. Each step does nothing when it already is."""

import contextlib
import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from mes_erp import bootstrap, digests, translations
from mes_erp.demo.load import load_demo_plant

SILENCE = 10  # seconds after which a long step says that it lives


class Progress:
    """Numbered steps with elapsed seconds, and a sign of life during long ones."""

    def __init__(self, steps: int, write: Callable[[str], Any]) -> None:
        self.steps, self.write = steps, write
        self.number = 0
        now = time.monotonic()
        self.started = float(os.environ.pop(bootstrap.BEGAN, now))
        self.took = {"set-up": now - self.started}
        self._told = now

    @property
    def balance(self) -> str:
        """Where the time went."""
        total = time.monotonic() - self.started
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.took.items())
        return f"{total:.0f} s in all: {parts}"

    def say(self, text: str) -> None:
        self._told = time.monotonic()
        self.write(f"{time.monotonic() - self.started:6.1f} s  {text}")

    @contextlib.contextmanager
    def step(self, name: str, more: str = "") -> Iterator[None]:
        self.number += 1
        self.say(f"[{self.number}/{self.steps}] {name}{more}")
        done, began = threading.Event(), time.monotonic()

        def tick() -> None:
            while not done.wait(1):
                if time.monotonic() - self._told >= SILENCE:
                    self.say(f"      … still working ({time.monotonic() - began:.0f} s)")

        threading.Thread(target=tick, daemon=True).start()
        try:
            yield
        finally:
            done.set()
            self.took[name] = time.monotonic() - began


def prepare(progress: Progress, on_day: Callable[[int, int], object] = lambda *_: None) -> None:
    """Until the plant's month is played; ``on_day(day, days)`` as each begins."""
    done = _make_database(progress)
    with progress.step("demo plant"):
        if not done.get("plant"):

            def report(step: str, done: int, total: int) -> None:
                progress.say(f"      {done:3d}/{total} {step}")
                if done:
                    on_day(done, total - 1)  # the last step is the end

            load_demo_plant(report)
            write_notes(plant=True)
    connections.close_all()


def _make_database(progress: Progress) -> dict[str, Any]:
    done = read_notes()
    with progress.step("database"):
        wanted = digests.of_migrations()
        if done.get("migrations") != wanted:
            call_command("migrate", database="owner", verbosity=0, interactive=False)
            write_notes(migrations=wanted)
    with progress.step("static files"):
        translations.compile_changed()
        wanted = digests.of_static_files()
        stamp = settings.STATIC_ROOT / ".digest"
        if not stamp.exists() or stamp.read_text() != wanted:
            call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())
            stamp.write_text(wanted)
    return done


def read_notes() -> dict[str, Any]:
    """What was done to this very database: kept in its comment, so they can't part."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        )
        (text,) = cursor.fetchone()
    try:
        notes: dict[str, Any] = json.loads(text or "{}")
    except ValueError:
        return {}
    return notes


def write_notes(**notes: Any) -> None:
    text = json.dumps(read_notes() | notes)
    owner = connections["owner"]
    with owner.cursor() as cursor:
        name = owner.ops.quote_name(owner.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [text])
