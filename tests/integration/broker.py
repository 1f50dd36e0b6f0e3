"""A real Mosquitto on this machine, for tests: started, cut, killed, started again."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mes_erp import bootstrap


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Broker:
    """A broker that keeps its sessions on disk, so that a restart loses nothing."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self.config = place / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {place}/\nautosave_interval 1\nmax_queued_messages 0\n"
            "user root\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = bootstrap.broker()
        assert program, "no mosquitto"
        self.process = subprocess.Popen(
            [program, "-c", str(self.config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            time.sleep(0.02)
        raise AssertionError("the broker did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    @property
    def address(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
