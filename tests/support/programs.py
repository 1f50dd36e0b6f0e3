"""Programs of the suite that a test starts and talks to as a stranger would."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.error import URLError
from urllib.request import urlopen

from mes_erp.postgres import ROOT, locked

READY_WITHIN = 60.0


def collect_static_files(environment: Mapping[str, str]) -> None:
    """What `manage.py demo` does before it serves: a page asks for files by their digest."""
    (ROOT / "var").mkdir(exist_ok=True)
    with locked(ROOT / "var" / "static.lock"):
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env=dict(environment),
            check=True,
        )


@contextmanager
def web_server(environment: Mapping[str, str]) -> Iterator[int]:
    """The suite under its real server; its port."""
    collect_static_files(environment)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "mes_erp.asgi:application", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment))
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
            return
        time.sleep(0.2)
    raise AssertionError(f"no answer within {READY_WITHIN:.0f} s")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
