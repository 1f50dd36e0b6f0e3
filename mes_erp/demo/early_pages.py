"""The demo's web process from the first day of its month on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from mes_erp.demo import playing
from mes_erp.demo.supervisor import Supervisor, responds

HINT = "The pages show the month as it is played; changes are taken when it is over."


class EarlyPages:
    """The web process while the month is still being played: it shows each day as it is over."""

    def __init__(self, supervisor: Supervisor, address: str, welcome: Callable[[], object]) -> None:
        self.supervisor, self.address, self.welcome = supervisor, address, welcome
        self.are_shown = self.is_over = False

    def on_day(self, done: int, total: int) -> None:
        """The books are open: from now on there is something to see."""
        playing.note_progress(done, total)
        web = self.supervisor.children[0]
        if web.process is None:
            self.supervisor.start_children([web])
            Thread(target=self._say_when_ready, daemon=True).start()
        self.supervisor.care()

    def end(self) -> None:
        self.is_over = True
        playing.note_end()

    def _say_when_ready(self) -> None:
        while not (self.is_over or self.supervisor.stopping.wait(0.2)):
            if responds(f"{self.address}readyz"):
                self.are_shown = True
                self.welcome()
                self.supervisor.write(HINT)
                return
