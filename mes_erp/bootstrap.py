"""Makes the environment in which everything else runs. Standard library only.

`ensure()` is called by `manage.py` before Django is imported. For the commands that promise to
work on a bare machine (`demo`, `test`, …), and whenever Django is missing, it installs what is
missing into `.venv` from hashed requirement files, and re-executes `manage.py` there.
`MES_ERP_NO_BOOTSTRAP=1` switches all of it off.
"""

import contextlib
import ctypes
import ctypes.util
import fcntl
import functools
import hashlib
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "mes_erp.json"
REQUIREMENTS = ROOT / "requirements"
LOG = ROOT / "var" / "log" / "set-up.log"
OLDEST_PYTHON = (3, 11)
INTERRUPTED = (-signal.SIGINT, 128 + signal.SIGINT)  # a program that Ctrl-C reached before us
BEGAN = "MES_ERP_BEGAN"  # when the command began, on the machine's monotonic clock

RUNS = ("base", "planning", "machine", "demo")
PROVES = (*RUNS, "production", "dev")
FILES_OF_COMMAND = {"demo": RUNS, "bench": RUNS, "torture": PROVES, "test": PROVES, "lock": RUNS}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PANGO = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONT_DIRS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "~/.fonts",
    "~/.local/share/fonts",
)
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem")
# What may come from the caller's environment into the installers: the way out, nothing else.
# The packages themselves are named and hashed by the requirement files.
NOT_INHERITED = re.compile(r"^(PIP_|UV_|PYTHONPATH$|PYTHONHOME$|PYTHONDONTWRITEBYTECODE$|VIRTUAL_)")
TRANSPORT = ("PIP_CERT", "PIP_PROXY", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


class SetUpError(Exception):
    """The environment can't be made; the message says what to do."""


def ensure(argv: Sequence[str]) -> None:
    """Return when this process runs in a complete environment; else make it and re-execute."""
    if os.environ.get("MES_ERP_NO_BOOTSTRAP") == "1":
        return
    command = argv[1] if len(argv) > 1 else ""
    if command == "demo":
        os.environ.setdefault(BEGAN, str(time.monotonic()))  # survives the re-execution below
    django_here = importlib.util.find_spec("django") is not None
    if command not in FILES_OF_COMMAND and django_here:
        return
    try:
        SetUp(command).run()
    except SetUpError as error:
        sys.exit(f"\nSet-up stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("\nSet-up stopped. The next start goes on from here.")
    if not in_venv():
        environment = child_environment()
        os.execve(PYTHON, [str(PYTHON), *argv], environment)  # noqa: S606
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def child_environment() -> dict[str, str]:
    """The environment of a program of ours: byte code may be cached, or every start is slow."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def installer_environment() -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if not NOT_INHERITED.match(k)}
    environment.update({k: os.environ[k] for k in TRANSPORT if k in os.environ})
    if any(map(os.path.exists, CERTIFICATES)):
        environment["UV_SYSTEM_CERTS"] = (
            "1"  # a company's own authority is known to the system only
        )
    return environment | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
    }


class SetUp:
    """The numbered steps. Each one looks first and does nothing when there is nothing to do."""

    def __init__(
        self,
        command: str,
        *,
        files: Sequence[str] = (),
        say: Callable[[str], object] | None = None,
    ) -> None:
        self.command = command
        self.files = files or FILES_OF_COMMAND.get(command, RUNS)
        self.say = say or functools.partial(print, flush=True)
        self.started = time.monotonic()
        self.step = 0

    def run(self) -> None:
        if sys.version_info < OLDEST_PYTHON:
            wanted = ".".join(map(str, OLDEST_PYTHON))
            raise SetUpError(
                f"Python {wanted} or newer is needed, this is {sys.version.split()[0]}."
            )
        missing = missing_system_packages(self.command)
        if not missing and not self.stale_files():
            return
        LOG.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(ROOT / "var" / "set-up.lock"):
            self._say(f"MES-ERP set-up for `{self.command or 'manage.py'}`; details in {LOG}")
            self._system_packages(missing)
            self._virtual_environment()
            self._installer()
            self.install_packages()

    def _system_packages(self, missing: Mapping[str, str]) -> None:
        self._step(f"system packages: {', '.join(missing) or 'complete'}")
        if not missing:
            return
        if os.geteuid() == 0 and shutil.which("apt-get"):
            quiet = {**installer_environment(), "DEBIAN_FRONTEND": "noninteractive"}
            install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
            with contextlib.suppress(SetUpError):  # judged by what is still missing
                self._run(["apt-get", "update", "-q"], quiet)
                self._run(install, quiet)
            missing = missing_system_packages(self.command)
        for package, use in missing.items():
            self._say(
                f"      missing: {package} ({use}). Install it, e.g. apt-get install {package}"
            )
        if missing and os.environ.get("CI") == "true":
            raise SetUpError(f"CI must skip nothing, but {', '.join(missing)} can't be installed.")

    def _virtual_environment(self) -> None:
        self._step(f"virtual environment {VENV.name}")
        if works(PYTHON):
            return
        shutil.rmtree(VENV, ignore_errors=True)
        # Without pip, which takes longer than all of uv; it comes only where uv can't be had.
        create = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
        self._run(create, installer_environment())

    def _installer(self) -> None:
        self._step("installer (uv)")
        if stamp().get("bootstrap") == digest("bootstrap"):
            return
        try:
            fetch_uv()
        except SetUpError:
            self._say("      the package index does not answer: trying pip with its own settings")
            requirement = ["--require-hashes", "-r", str(REQUIREMENTS / "bootstrap.txt")]
            self._pip("install", "-q", *requirement)
        write_stamp("bootstrap")

    def _pip(self, *arguments: str) -> None:
        """pip as this machine has set it up: its own index, certificates, wheels on disk."""
        if not any(VENV.glob("lib/python*/site-packages/pip")):
            self._run([str(PYTHON), "-m", "ensurepip"], installer_environment())
        self._run([str(PYTHON), "-m", "pip", *arguments], os.environ)

    def install_packages(self) -> None:
        wanted = self.stale_files()
        self._step(f"Python packages: {', '.join(wanted) or 'complete'}")
        if not wanted:
            return
        # All that is already there goes in again, so that the files agree on versions.
        names = [n for n in PROVES if n in wanted or n in stamp()]
        arguments = ["--require-hashes"]
        for name in names:
            arguments += ["-r", str(REQUIREMENTS / f"{name}.txt")]
        # Byte code is made by the first import, of a tenth of what is installed.
        uv = [str(VENV / "bin" / "uv"), "pip", "install", "-q", "--python", str(PYTHON)]
        try:
            self._run([*uv, *arguments], installer_environment())
        except SetUpError as error:
            # A machine that reaches packages only by its own pip settings. Hashes still hold.
            self._say("      uv could not: trying pip with this machine's own configuration")
            try:
                self._pip("install", "-q", *arguments)
            except SetUpError:
                raise error from None
        write_stamp(*names)

    def stale_files(self) -> list[str]:
        known = stamp()
        files = [name for name in self.files if name != "demo" or wheel_for_this_machine()]
        return [name for name in files if known.get(name) != digest(name)]

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run with the output in the log, and a sign of life on the screen."""
        started, told = time.monotonic(), 0
        with LOG.open("a") as log:
            print("$", *command, file=log, flush=True)
            process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )
            while process.poll() is None:
                time.sleep(0.05)
                if (elapsed := int(time.monotonic() - started)) >= told + 10:
                    told = elapsed
                    self._say(f"      … still working ({elapsed} s)")
        if process.returncode in INTERRUPTED:
            raise KeyboardInterrupt
        if process.returncode:
            tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-12:])
            raise SetUpError(f"`{' '.join(command[:4])} …` failed:\n{tail}\nAll of it is in {LOG}")

    def _step(self, text: str) -> None:
        self.step += 1
        self._say(f"[{self.step}/4] {text}")

    def _say(self, text: str) -> None:
        self.say(f"{time.monotonic() - self.started:6.1f} s  {text}")


def missing_system_packages(command: str) -> dict[str, str]:
    """Debian package → what it is for, of those this machine lacks."""
    missing = {}
    if sys.platform == "darwin":
        if not ctypes.util.find_library("pango-1.0"):
            missing["pango"] = "PDF documents"
    else:
        for library, package in PANGO.items():
            if not loads(library):
                missing[package] = "PDF documents"
    if not any(next(Path(d).expanduser().rglob("*.[to]t[fc]"), None) for d in FONT_DIRS):
        missing["fonts-dejavu-core"] = "a font for PDF documents"
    if command == "test" and not browser():
        missing["chromium"] = "browser tests, skipped without it"
    if command in ("demo", "test") and not broker():
        missing["mosquitto"] = "machines that speak MQTT; without it tests and demo do without them"
    return missing


def browser() -> str | None:
    """The Chromium that browser tests drive."""
    if chosen := os.environ.get("MES_ERP_CHROMIUM"):
        return chosen
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def broker() -> str | None:
    """The MQTT broker of tests and demo; Debian keeps it where only root's path leads."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which("mosquitto", path=places)


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def works(python: Path) -> bool:
    """An interpreter that was moved or upgraded away does not start any more."""
    if not python.exists():
        return False
    code = "import os, sysconfig; os.stat(sysconfig.get_path('purelib'))"
    probe = [str(python), "-c", code]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def wheel_for_this_machine() -> bool:
    """Whether the embedded PostgreSQL exists as a wheel; elsewhere the system's is used."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return machine in {"x86_64", "arm64"}
    glibc = platform.libc_ver()[0] == "glibc"
    return sys.platform == "linux" and glibc and machine in {"x86_64", "aarch64", "armv7l"}


def digest(name: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def stamp() -> dict[str, str]:
    try:
        known = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return known if known.get("python") == str(PYTHON) else {}  # a copied .venv is not ours


def write_stamp(*names: str) -> None:
    known = {"python": str(PYTHON), **stamp(), **{name: digest(name) for name in names}}
    STAMP.write_text(json.dumps(known, indent=1))


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One set-up at a time; the second one waits and then finds all done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fetch_uv() -> None:
    """Put uv into the environment without pip: the wheel whose hash `bootstrap.txt` names."""
    text = (REQUIREMENTS / "bootstrap.txt").read_text()
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", text))
    libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    family = "macosx" if sys.platform == "darwin" else libc
    ours = re.compile(rf"{family}.*{re.escape(platform.machine())}\.whl$")
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    try:
        trusted = ssl.create_default_context()
        for file in filter(os.path.exists, CERTIFICATES):
            trusted.load_verify_locations(file)
        request = urllib.request.Request(f"{index}/uv/", headers=accept)  # noqa: S310
        with urllib.request.urlopen(request, timeout=15, context=trusted) as page:  # noqa: S310
            files = json.load(page)["files"]
        url = next(
            f["url"]
            for f in files
            if f["hashes"]["sha256"] in hashes and ours.search(f["filename"])
        )
        wheel_url = urllib.parse.urljoin(request.full_url, url)
        with urllib.request.urlopen(wheel_url, timeout=60, context=trusted) as response:  # noqa: S310
            wheel = response.read()
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise SetUpError(
            f"uv can't be fetched ({error!r}). Install python3-venv, or check the network."
        ) from error
    if hashlib.sha256(wheel).hexdigest() not in hashes:
        raise SetUpError(
            "The downloaded uv has another hash than requirements/bootstrap.txt names."
        )
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        member = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        target = VENV / "bin" / "uv"
        target.write_bytes(archive.read(member))
        target.chmod(0o755)
