"""`python -m benchmarks.torture.nursery web 3`: that many processes, each replaced when it dies.

The suite is loaded once and forked, so that a killed process is back in a tenth of a second. Each
tells PostgreSQL its own number, so that the killer knows whose transaction it looks at. Lines
on the output: `port N`, `born N` and `died N`. All end with the process that started this one.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from random import Random
from typing import Any

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]


def main(kind: str, count: int, cut: float) -> None:
    follow_parent()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    application = load()
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    say(f"port {listener.getsockname()[1]}")
    children: set[int] = set()
    while True:
        while len(children) < count:
            child = os.fork()
            if child == 0:
                follow_parent()
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                name_connections(f"torture {kind} {os.getpid()}")
                become(kind, application, listener, cut)
                os._exit(1)
            children.add(child)
            say(f"born {child}")
        died, _status = os.waitpid(-1, 0)
        children.discard(died)
        say(f"died {died}")


def load() -> App:
    """The whole suite, before the first fork."""
    from django.urls import get_resolver

    from mes_erp.asgi import application
    from mes_erp.celery import app

    app.loader.import_default_modules()
    get_resolver().url_patterns  # noqa: B018 - imports every view
    return application


def become(kind: str, application: App, listener: socket.socket, cut: float) -> None:
    if kind == "web":
        serve(cut_answers(application, cut) if cut else application, listener)
    elif kind == "intake":
        listen()
    elif kind == "worker":
        command = ["worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "error"]
        celery().worker_main([*command, "--without-gossip", "--without-mingle"])
    else:
        celery().start(["beat", "--loglevel", "error", "--pidfile", ""])


def serve(application: App, listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(application, lifespan="off", access_log=False, log_level="error")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def listen() -> None:
    """The one connection to machines there is."""
    import threading

    from apps.integration.listeners.mqtt import MqttListener
    from apps.integration.models import MachineConnection

    rows = MachineConnection.objects.select_related("company", "account__user")
    MqttListener(rows.get(), threading.Event()).run()


def celery() -> Any:
    from mes_erp.celery import app

    return app


def cut_answers(application: App, share: float) -> App:
    """The fail-point between COMMIT and answer: the process kills itself instead of answering.

    Its last act is to note the key of the request that had its effect.
    """
    chance = Random(os.getpid())  # noqa: S311 - chance, no secret
    home = Path(os.environ["MES_ERP_TORTURE_HOME"])
    notes = os.open(home / "cut", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def cutting(scope: Message, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", []))
        key = headers.get(b"idempotency-key", b"")

        async def answer(message: Message) -> None:
            is_done = message["type"] == "http.response.start" and message["status"] < 300
            names = {name.lower() for name, _value in message.get("headers", [])}
            is_first = b"idempotent-replay" not in names
            is_struck = is_done and is_first and key and chance.random() < share
            if is_struck and (home / "armed").exists():
                os.write(notes, key + b"\n")
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await application(scope, receive, answer)

    return cutting


def name_connections(name: str) -> None:
    from django.db import connections

    connections.settings["default"]["OPTIONS"]["application_name"] = name


def follow_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
