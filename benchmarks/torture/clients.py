"""Callers that post as fast as they are answered, and write down what they know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

from benchmarks.torture.notes import Ack, Notebook, read_notes
from benchmarks.torture.plant import Request

Make = Callable[[str, int, int], Request]
TRY_AGAIN = {"request_in_flight", "locked", "conflict", "busy", "unavailable", "overloaded"}
TIMEOUT = 30.0
PAUSE = 0.05
SETTLED_WITHIN = 120.0
LARGEST = 5
#: After a lost answer one caller asks again at once, another leaves it for later.
SHARE_GIVING_UP = 0.3
#: And some ask again although they were answered.
SHARE_REPEATING = 0.15


class NoAnswer(Exception):
    """Nobody can say from here whether the request had its effect."""


class Refused(Exception):
    """The request had none: it was answered with a refusal that no repetition changes."""


@dataclass(frozen=True, slots=True)
class Door:
    """The API, as one user."""

    port: int
    token: str

    def send(self, key: str, request: Request) -> Ack:
        status, replay, body = self._post(key, request)
        if status in (200, 201, 202):
            return Ack(body["id"], replay)
        codes = {error["code"] for error in body.get("errors", [])}
        if status >= 500 or codes & TRY_AGAIN:
            raise NoAnswer(f"{status} {codes}")
        raise Refused(f"{status} {body}")

    def _post(self, key: str, request: Request) -> tuple[int, bool, Any]:
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("POST", f"/api/v1{request.path}", json.dumps(request.body), headers)
            answer = connection.getresponse()
            content = answer.read()
            replay = answer.headers.get("Idempotent-Replay") == "true"
            return answer.status, replay, json.loads(content) if content[:1] == b"{" else {}
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            connection.close()


class Client(Thread):
    """Sends requests of all kinds, each with a key of its own, until it is told to stop."""

    def __init__(
        self, number: int, seed: int, door: Door, kinds: Sequence[Make], folder: Path
    ) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.number, self.door, self.kinds = number, door, kinds
        self.chance = Random(f"{seed}:{number}")  # noqa: S311 - repeatable on purpose
        self.path = folder / f"client-{number}.notes"
        self.stopping = Event()

    def run(self) -> None:
        book, turn = Notebook(self.path), 0
        while not self.stopping.is_set():
            turn += 1
            key = f"c{self.number}-{turn}"
            make = self.chance.choice(self.kinds)
            request = make(key, self.chance.randrange(100), self.chance.randint(1, LARGEST))
            book.begun(key, request)
            self._until_answered(book, key, request)
        book.close()

    def _until_answered(self, book: Notebook, key: str, request: Request) -> None:
        while True:
            try:
                book.acked(key, self.door.send(key, request))
                if self.chance.random() > SHARE_REPEATING:
                    return
                continue
            except Refused as error:
                book.refused(key, str(error))
                return
            except NoAnswer as error:
                book.dropped(key, str(error))
            if self.stopping.is_set() or self.chance.random() < SHARE_GIVING_UP:
                return
            time.sleep(PAUSE)


def settle(door: Door, folder: Path) -> None:
    """Ask again, with the same key, for every request that was never answered."""
    notes = read_notes(folder.glob("*.notes"))
    book = Notebook(folder / "settled.notes")
    deadline = time.monotonic() + SETTLED_WITHIN

    def ask(item: tuple[str, Request]) -> None:
        key, request = item
        while time.monotonic() < deadline:
            try:
                book.acked(key, door.send(key, request))
                return
            except Refused as error:
                book.refused(key, str(error))
                return
            except NoAnswer:
                time.sleep(PAUSE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, notes.unanswered.items()))
    book.close()
