"""Live boards: PostgreSQL's LISTEN in one connection per process, fanned out as server-sent events.

A message carries the ids of machines on which something happened; the page then asks for what it
shows. Where no stream can be had (WSGI, a pool between us and the database) pages poll instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from apps.execution.services.floor_news import CHANNEL
from apps.execution.views.boards import PERMISSION
from apps.masterdata.models import Machine

HEARTBEAT_SECONDS = 15.0
RETRY_SECONDS = (1, 2, 5, 10)
#: A reader that falls behind by so much is told to ask for everything.
MOST_WAITING = 200
_logger = logging.getLogger(__name__)
Queue = asyncio.Queue[frozenset[int] | None]


class FloorNews:
    """The listener of one event loop: runs while somebody reads."""

    def __init__(self) -> None:
        self._readers: set[Queue] = set()
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def reader(self) -> AsyncIterator[Queue]:
        queue: Queue = asyncio.Queue(MOST_WAITING)
        self._readers.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            yield queue
        finally:
            self._readers.discard(queue)
            if not self._readers and self._task is not None:
                self._task.cancel()
                self._task = None

    def tell(self, machine_ids: frozenset[int] | None) -> None:
        """Pass news on; None says that some may have been missed."""
        for queue in self._readers:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(machine_ids)

    async def _listen(self) -> None:
        """Hold one connection; come back after a break, with a word that news were missed."""
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **_place(), autocommit=True
                ) as own:
                    await own.execute(f'LISTEN "{CHANNEL}"')
                    if failures:
                        self.tell(None)
                    failures = 0
                    async for note in own.notifies():
                        self.tell(_machines_of(note.payload))
            except psycopg.Error as error:
                delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                failures += 1
                _logger.warning("floor news: %s; again in %s s", error, delay)
                await asyncio.sleep(delay)


def _place() -> dict[str, Any]:
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "sslmode", "options")
    return {name: given[name] for name in names if given.get(name)}


def _machines_of(payload: str) -> frozenset[int]:
    _company, _colon, ids = payload.partition(":")
    return frozenset(int(one) for one in ids.split(",") if one.isdigit())


_by_loop: dict[asyncio.AbstractEventLoop, FloorNews] = {}


def floor_news() -> FloorNews:
    """The listener of this event loop."""
    loop = asyncio.get_running_loop()
    for closed in [one for one in _by_loop if one.is_closed()]:
        del _by_loop[closed]
    return _by_loop.setdefault(loop, FloorNews())


@require_GET
async def floor_stream(request: HttpRequest, pk: int) -> HttpResponse:
    """Server-sent events of the machines of a site that the caller may see.

    401 or 403 for those who may not; 204 (do not come back) where the server can't stream.
    """
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    allowed = await sync_to_async(_machines_for)(request, pk)
    if isinstance(allowed, int):
        return HttpResponse(status=allowed)
    response = StreamingHttpResponse(_events(allowed), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _machines_for(request: Any, site_id: int) -> frozenset[int] | int:
    """The machines to tell of, or the status that refuses. Gives its connection back: a stream
    that held one for hours would use the pool up."""
    try:
        if not request.user.is_authenticated:
            return 401
        if not request.user.has_perm(PERMISSION):
            return 403
        machines = Machine.objects.visible_to(request.user).filter(site=site_id)
        return frozenset(machines.values_list("pk", flat=True))
    finally:
        connections.close_all()


async def _events(allowed: frozenset[int]) -> AsyncIterator[bytes]:
    async with floor_news().reader() as queue:
        yield b"retry: 3000\nevent: hello\ndata: {}\n\n"
        while True:
            try:
                told = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            ours = allowed if told is None else told & allowed
            if ours:
                data = json.dumps({"machines": sorted(ours)})
                yield f"event: floor\ndata: {data}\n\n".encode()
