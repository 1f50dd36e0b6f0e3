"""Many PDFs at once: a process per core turns HTML into PDF, whoever asked goes on meanwhile.

Run as a program it is such a process: it reads HTML and writes PDFs, each with its length in
front, until its input ends. It knows no database and no settings.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

from apps.core.garbage import collect_rarely
from apps.core.pdf import Assets, pdf_of

ROOT = Path(__file__).parents[2]
_LENGTH = struct.Struct("!?Q")  # whether it went well, and how many bytes follow


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pdfs_of(pages: Iterable[str], assets: Assets, *, processes: int) -> Iterator[bytes]:
    """The PDF of each HTML text in ``pages``, in order, made by ``processes`` at once.

    ``pages`` is read a little ahead only. Raises ``RuntimeError`` with what a process said.
    """
    if processes < 2:
        for page in pages:
            yield pdf_of(page, assets)
        return
    own = threading.local()
    started: list[_Process] = []

    def act(page: str) -> bytes:
        if not hasattr(own, "process"):
            own.process = _Process(assets)
            started.append(own.process)
        return own.process.pdf_of(page)

    waiting: deque[Future[bytes]] = deque()
    executor = ThreadPoolExecutor(processes)
    try:
        for page in pages:
            waiting.append(executor.submit(act, page))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)
        for process in started:
            process.end()


class _Process:
    """One process that makes PDFs, spoken to by pipes."""

    def __init__(self, assets: Assets) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "apps.core.pdf_pool"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._send(json.dumps(dict(assets)))

    def pdf_of(self, page: str) -> bytes:
        self._send(page)
        assert self._child.stdout is not None  # noqa: S101 - opened above
        went_well, content = _read(self._child.stdout)
        if not went_well:
            raise RuntimeError(content.decode())
        return content

    def end(self) -> None:
        """Let it end by itself: its input has ended."""
        self._child.communicate()

    def _send(self, text: str) -> None:
        assert self._child.stdin is not None  # noqa: S101 - opened above
        _write(self._child.stdin, text.encode())


def _write(stream: IO[bytes], content: bytes, *, went_well: bool = True) -> None:
    stream.write(_LENGTH.pack(went_well, len(content)) + content)
    stream.flush()


def _read(stream: IO[bytes]) -> tuple[bool, bytes]:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("the other side has ended")
    went_well, length = _LENGTH.unpack(head)
    return went_well, stream.read(length)


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer until ``source`` ends."""
    assets = {name: tuple(place) for name, place in json.loads(_read(source)[1]).items()}
    while True:
        try:
            _well, page = _read(source)
        except EOFError:
            return
        try:
            content = pdf_of(page.decode(), assets)
        except Exception as error:
            _write(target, f"{type(error).__name__}: {error}".encode(), went_well=False)
        else:
            _write(target, content)


if __name__ == "__main__":
    collect_rarely()
    serve(sys.stdin.buffer, sys.stdout.buffer)
