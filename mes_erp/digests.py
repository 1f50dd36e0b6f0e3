"""Short hashes that say whether something must be made again."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTED_APP_MODULE = re.compile(r"^from (apps\.[\w.]+) import", re.MULTILINE)


def of_files(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def of_migrations() -> str:
    """Changes when anything changes that makes the migrated database."""
    files = set(ROOT.glob("apps/*/migrations/*.py")) | set(ROOT.glob("apps/*/apps.py"))
    for migration in list(files):
        for module in IMPORTED_APP_MODULE.findall(migration.read_text()):
            path = ROOT.joinpath(*module.split("."))
            files |= {path.with_suffix(".py"), path / "__init__.py"}
    files |= set(ROOT.glob("apps/*/services/grants.py")) | set(ROOT.glob("apps/*/roles.toml"))
    names = ("requirements/base.txt", "mes_erp/postgres.py", "mes_erp/settings/base.py")
    return of_files(files | {ROOT / name for name in names})


def of_static_files() -> str:
    files = {ROOT / "requirements" / "base.txt", ROOT / "mes_erp" / "settings" / "base.py"}
    return of_files(files | set(ROOT.glob("*/static/**/*")) | set(ROOT.glob("apps/*/static/**/*")))
