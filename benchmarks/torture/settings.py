"""Settings of the programs under torture: the local ones, in a place and at a pace of their own."""

from pathlib import Path

from mes_erp.settings.local import *
from mes_erp.settings.local import CELERY_BEAT_SCHEDULE, MIDDLEWARE, env

HOME = Path(env.str("MES_ERP_TORTURE_HOME"))
MEDIA_ROOT = HOME / "media"
MIDDLEWARE = [m for m in MIDDLEWARE if "whitenoise" not in m]  # static files are not collected
CELERY_BROKER_URL = "filesystem://localhost"  # loses what a killed worker had taken: on purpose
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(HOME / "queue"),
    "data_folder_out": str(HOME / "queue"),
    "control_folder": str(HOME / "control"),
    "polling_interval": 0.05,
}
CELERY_TASK_IGNORE_RESULT = True
JOB_LEASE_SECONDS = 3
_PACE = {
    "core-relay-outbox": 0.3,
    "core-rescue-jobs": 1.0,
    "finance-seal-ledger": 0.5,
    "finance-fold-balances": 0.5,
}
CELERY_BEAT_SCHEDULE = {
    name: {**CELERY_BEAT_SCHEDULE[name], "schedule": seconds} for name, seconds in _PACE.items()
}
CELERY_BEAT_SCHEDULER = "celery.beat:PersistentScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "timer")
