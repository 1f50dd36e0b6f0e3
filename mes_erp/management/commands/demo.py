import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlparse

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from mes_erp import postgres
from mes_erp.bootstrap import ROOT, SetUpError
from mes_erp.demo import broker, playing
from mes_erp.demo.devices import arrange
from mes_erp.demo.early_pages import EarlyPages
from mes_erp.demo.load import LOGINS
from mes_erp.demo.prepare import Progress, prepare
from mes_erp.demo.supervisor import Child, Supervisor

LOOPBACK = "127.0.0.1"
AS_ROOT = "ignore:You're running the worker with superuser privileges"


class Command(BaseCommand):
    help = "Run the whole suite on this machine, with a demo plant in it. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the next free one if taken")
        parser.add_argument("--host", default=LOOPBACK, help="address to listen on")
        parser.add_argument("--prepare-only", action="store_true", help="start no processes")

    def handle(self, *, port: int, host: str, prepare_only: bool, **options: object) -> None:
        cluster = None if os.environ.get("DATABASE_URL") else postgres.embedded()
        with only_one():
            progress = Progress(4, self.say)
            if prepare_only:
                self.prepare(progress, cluster)
                progress.say(progress.balance)
                return
            address = f"http://{host}:{free_port(host, port)}/"
            supervisor = Supervisor(children(address, host), cluster, self.say)
            early = EarlyPages(supervisor, address, lambda: self.welcome(address, host))
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.default_int_handler)
            try:
                self.prepare(progress, None, early.on_day)
                early.end()
                self.say(connect_devices(supervisor.children))
                self.serve(supervisor, progress, address, is_welcome=not early.are_shown)
            finally:
                supervisor.stop()

    def prepare(
        self,
        progress: Progress,
        cluster: postgres.Cluster | None,
        on_day: Callable[[int, int], object] = lambda *_: None,
    ) -> None:
        """Leaves no ``cluster`` running when somebody breaks it off."""
        try:
            prepare(progress, on_day)
        except SetUpError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            connections.close_all()
            if cluster:
                cluster.stop()
            raise CommandError(
                "Stopped. The next start goes on from here.", returncode=130
            ) from None

    def serve(
        self, supervisor: Supervisor, progress: Progress, address: str, *, is_welcome: bool
    ) -> None:
        """Until Ctrl-C."""
        names = ", ".join(child.name for child in supervisor.children)
        with progress.step("processes", f": {names}"):
            supervisor.listen()
            # The page first: three programs that start at once on two cores delay it.
            supervisor.start_children(supervisor.children[:1])
            is_ready = supervisor.wait_until_ready(f"{address}readyz")
        if is_ready:
            supervisor.start_children(supervisor.children[1:])
            progress.say(f"ready; {progress.balance}")
            if is_welcome:
                self.welcome(address, urlparse(address).hostname or LOOPBACK)
            supervisor.watch()
        elif not supervisor.stopping.is_set():
            raise CommandError("The web process did not become ready; see its lines above.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def welcome(self, address: str, host: str) -> None:
        lines = [f"MES-ERP runs on {address}   (admin: {address}admin/, API: {address}api/docs/)"]
        lines += [f"  {x.role:24} {x.username:16} password: {x.password}" for x in LOGINS]
        if host != LOOPBACK:
            lines.append("  These passwords are public: don't show this demo to the internet.")
        self.say("\n" + "\n".join([*lines, "Ctrl-C stops everything."]) + "\n")


def children(address: str, host: str) -> list[Child]:
    port = urlparse(address).port
    local = {"DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE, "MES_ERP_NO_BOOTSTRAP": "1"}
    if host != LOOPBACK:
        local["ALLOWED_HOSTS"] = os.environ.get("ALLOWED_HOSTS", "*")
    web = ["uvicorn", "mes_erp.asgi:application", "--host", host, "--port", str(port)]
    web += ["--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "5"]
    worker = [
        "celery",
        "-A",
        "mes_erp",
        "--quiet",
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "4",
    ]
    worker += ["-B", "--loglevel", "warning", "--without-gossip", "--without-mingle"]
    python = [sys.executable, "-m"]
    result = [
        Child(
            "web",
            [*python, *web],
            local | {"MES_ERP_PROCESS": "mes_erp web", playing.VARIABLE: str(playing.NOTE)},
        ),
        Child(
            "worker",
            [*python, *worker],
            local | {"MES_ERP_PROCESS": "mes_erp worker", "PYTHONWARNINGS": AS_ROOT},
        ),
    ]
    if "simulate_machines" in get_commands():
        command = [sys.executable, "manage.py", "simulate_machines"]
        environment = local | {"MES_ERP_PROCESS": "mes_erp machines"}
        environment |= {"MES_ERP_URL": address.rstrip("/")}
        result.append(Child("machines", command, environment))
    result.append(Child("broker", [*python, "mes_erp.demo.broker"], local))
    for name, verb in (("listener", "listen_machines"), ("devices", "simulate_devices")):
        environment = local | {"MES_ERP_PROCESS": f"mes_erp {name}"}
        command = [sys.executable, "manage.py", verb]
        result.append(Child(name, command, environment, stops_first=name == "devices"))
    return result


def connect_devices(children: list[Child]) -> str:
    """Tell the processes which machines speak for themselves; those without work are left out."""
    found = arrange()
    by_name = {child.name: child for child in children}
    if "machines" in by_name:
        left_out = [part for code in found.machines for part in ("--except", code)]
        by_name["machines"].command = [*by_name["machines"].command, *left_out]
    for name in ("listener", "devices"):
        by_name[name].command = [*by_name[name].command, *found.codes]
    if found.broker_port is None:
        children.remove(by_name["broker"])
    else:
        port = {broker.PORT: str(found.broker_port)}
        by_name["broker"].environment = by_name["broker"].environment | port
    if not found.codes:
        children.remove(by_name["listener"])
        children.remove(by_name["devices"])
        return "No machine speaks a protocol of its own."
    return f"{len(found.machines)} machines speak for themselves: {', '.join(found.addresses)}"


def free_port(host: str, first: int) -> int:
    for port in range(first, first + 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return port
    raise CommandError(f"No free port from {first} to {first + 49}.")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    path = ROOT / "var" / "demo.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("A demo is already running from this directory.") from None
        yield
