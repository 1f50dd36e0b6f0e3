"""The demo's processes: restarted when they crash, gone when asked to stop."""

import os
import signal
import sys
import time
from collections.abc import Callable

from mes_erp.demo.supervisor import Child, Supervisor

STAYS = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STAYS


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_restarts_and_stops() -> None:
    said: list[str] = []
    children = [Child("steady", [sys.executable, "-c", STAYS])]
    supervisor = Supervisor(children, None, said.append)
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        supervisor.start()
        until(lambda: any("| pid" in line for line in said))
        first = children[0].process
        assert first
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not children[0].is_alive)

        def cared() -> bool:
            supervisor._care_for_children()
            return children[0].process is not first

        until(cared)
        assert any("steady ended (-9)" in line for line in said)
    finally:
        supervisor.stop()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert not children[0].is_alive
    assert "steady stopped" in said


def test_whose_last_words_are_for_others_is_gone_before_they_are_asked() -> None:
    """What ends on SIGTERM writes when: the first has ended before the other hears of it."""
    said: list[str] = []
    slow = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5),"
    slow += " print('last words', flush=True), exit())); print('pid', flush=True); time.sleep(60)"
    quick = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (print('heard', flush="
    quick += "True), exit())); print('pid', flush=True); time.sleep(60)"
    children = [
        Child("first", [sys.executable, "-c", slow], stops_first=True),
        Child("other", [sys.executable, "-c", quick]),
    ]
    supervisor = Supervisor(children, None, said.append)
    supervisor.start_children(children)
    until(lambda: sum("| pid" in line for line in said) == 2)
    supervisor.stop()
    until(lambda: any("heard" in line for line in said))
    words = [line for line in said if "last words" in line or "heard" in line]
    assert ["last words" in line for line in words] == [True, False]


def test_stops_the_deaf() -> None:
    said: list[str] = []
    supervisor = Supervisor([Child("deaf", [sys.executable, "-c", DEAF])], None, said.append)
    supervisor.grace = 0.3
    supervisor._start(supervisor.children[0])
    until(lambda: any("| pid" in line for line in said))
    supervisor.stop()
    assert not supervisor.children[0].is_alive
