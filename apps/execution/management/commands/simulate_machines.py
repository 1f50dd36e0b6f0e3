"""Machines for the demo: they work on what runs on the terminal, and say so like real ones."""

from __future__ import annotations

import json
import os
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Sequence
from datetime import datetime
from types import FrameType
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.execution.models import OperationRun, WorkOrderOperation
from apps.execution.queries.dispatch_lists import operation_card, waiting_operations
from apps.execution.queries.machine_work import work_of
from apps.execution.services.dispatch import finish_operation, start_operation
from apps.execution.services.machine_events import MOST_EVENTS, record_events
from apps.execution.simulation import SimulatedMachine
from apps.masterdata.models import Machine, ReasonCode

LONGEST_WAIT_SECONDS = 60.0


class Door(Protocol):
    """Where events go; returns the answers."""

    def send(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]: ...


class Services:
    """Straight to the service, in this process."""

    def __init__(self, company: Company, by: User) -> None:
        self.company, self.by = company, by

    def send(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        results = record_events(self.company, events, by=self.by)
        return [{"status": r.status, "error": r.error and {"code": r.error.code}} for r in results]


class Http:
    """Through the API, as a device would."""

    def __init__(self, url: str, token: str, company: Company) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise CommandError("--url must begin with http:// or https://")
        self.url = url.rstrip("/") + "/api/v1/execution/events/"
        self.token, self.company = token, company

    def send(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Raises ``OSError`` when nobody answers, or not with 207."""
        body = json.dumps({"company": self.company.code, "events": list(events)}).encode()
        asked = urllib.request.Request(  # noqa: S310 - http or https, checked above
            self.url,
            body,
            {"Content-Type": "application/json", "Authorization": f"Token {self.token}"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            results: list[dict[str, Any]] = json.load(answer)["results"]
        return results


class Command(BaseCommand):
    help = (
        "Machines that work: for every operation that runs, its machine posts states and counts."
        " The same seed gives the same story. Ends on SIGTERM or Ctrl-C, machines switched off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", help="code; the first by default")
        parser.add_argument("--user", help="who posts; the first administrator by default")
        parser.add_argument("--url", help="post to the API there; without it, to the service")
        parser.add_argument("--token", help="API token; else from MES_ERP_TOKEN")
        parser.add_argument("--machine", action="append", help="code; all by default")
        parser.add_argument(
            "--except", action="append", dest="left_out", default=[], help="code of one left out"
        )
        parser.add_argument("--seed", default="1", help="story to tell")
        parser.add_argument("--every", type=float, default=5.0, help="seconds between posts")
        parser.add_argument("--pace", type=float, default=1.0, help="how much faster than real")
        parser.add_argument("--rounds", type=int, help="end after so many posts")
        parser.add_argument(
            "--dispatch",
            action="store_true",
            help="also start what waits on a free machine, and finish what is complete",
        )

    def handle(self, **options: Any) -> None:
        self.options = options
        self.stopping = threading.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._ask_to_stop)
        self.company = self._company(options["company"])
        self.by = self._user(options["user"])
        self.machines = self._machines(options["machine"], options["left_out"])
        self.door = self._door(options["url"], options["token"])
        run = f"sim{options['seed']}-{uuid.uuid4().hex[:8]}"
        self.simulated = self._simulated(run)
        self.unsent: list[dict[str, Any]] = []
        self.told = {"created": 0, "duplicate": 0, "rejected": 0}
        self.stdout.write(f"{len(self.machines)} machines, events {run}-…")
        self._loop()
        for machine in self.simulated.values():
            self.unsent += machine.stop(timezone.now())
        self._send()
        self.stdout.write(", ".join(f"{number} {name}" for name, number in self.told.items()))

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def _loop(self) -> None:
        rounds, wait = 0, self.options["every"]
        while not self.stopping.is_set():
            if self.options["dispatch"]:
                self._dispatch()
            self._advance(timezone.now())
            wait = self.options["every"] if self._send() else min(wait * 2, LONGEST_WAIT_SECONDS)
            rounds += 1
            if self.options["rounds"] and rounds >= self.options["rounds"]:
                break
            self.stopping.wait(wait)

    def _advance(self, now: datetime) -> None:
        work = work_of(self.machines)
        for machine in self.machines:
            self.unsent += self.simulated[machine.pk].advance(now, work.get(machine.pk))

    def _send(self) -> bool:
        """Send what is there; keep it when nobody answers. True when all went out."""
        while self.unsent:
            batch = self.unsent[:MOST_EVENTS]
            try:
                answers = self.door.send(batch)
            except OSError as error:
                self.stderr.write(f"no answer ({error}); {len(self.unsent)} events wait")
                return False
            del self.unsent[: len(batch)]
            for event, answer in zip(batch, answers, strict=True):
                self.told[answer["status"]] += 1
                if answer["status"] == "rejected":
                    self.stderr.write(f"{event['machine']}: {answer['error']} {event}")
        return True

    def _dispatch(self) -> None:
        """Keep machines busy: finish what is complete, start what waits longest."""
        for machine in self.machines:
            run = (
                OperationRun.objects.filter(machine=machine, ends_at__isnull=True)
                .select_related("operation__work_order")
                .first()
            )
            try:
                if run is not None and operation_card(run.operation).left <= 0:
                    finish_operation(run.operation, by=self.by)
                    run = None
                if run is None:
                    self._start_next(machine)
            except BusinessError as error:
                self.stderr.write(f"{machine.code}: {error}")

    def _start_next(self, machine: Machine) -> None:
        for card in waiting_operations(machine):
            if card.is_running or not card.is_counted or card.ready <= 0:
                continue
            operation = WorkOrderOperation.objects.get(pk=card.id)
            start_operation(operation, machine=machine, by=self.by)
            return

    def _company(self, code: str | None) -> Company:
        rows = Company.objects.order_by("pk")
        found = rows.filter(code=code).first() if code else rows.first()
        if found is None:
            raise CommandError("There is no such company.")
        return found

    def _user(self, username: str | None) -> User:
        rows = User.objects.filter(is_active=True).order_by("pk")
        found = rows.filter(username=username) if username else rows.filter(is_superuser=True)
        user = found.first()
        if user is None:
            raise CommandError("There is no such user.")
        return user

    def _machines(self, codes: list[str] | None, left_out: list[str]) -> list[Machine]:
        rows = Machine.objects.filter(company=self.company, is_active=True).order_by("code")
        rows = rows.exclude(code__in=left_out)
        return list(rows.filter(code__in=codes) if codes else rows)

    def _door(self, url: str | None, token: str | None) -> Door:
        if not url:
            return Services(self.company, self.by)
        token = token or os.environ.get("MES_ERP_TOKEN", "")
        if not token:
            raise CommandError("Give --token or MES_ERP_TOKEN with --url.")
        return Http(url, token, self.company)

    def _simulated(self, run: str) -> dict[int, SimulatedMachine]:
        reasons = ReasonCode.objects.filter(company=self.company, is_active=True).order_by("code")
        stops = [r.code for r in reasons if r.kind == "downtime" and not r.is_planned]
        scraps = [r.code for r in reasons if r.kind == "scrap"]
        seed = self.options["seed"]
        return {
            machine.pk: SimulatedMachine(
                code=machine.code,
                seed=seed,
                run=run,
                stop_reasons=stops,
                scrap_reasons=scraps,
                pace=self.options["pace"],
            )
            for machine in self.machines
        }
