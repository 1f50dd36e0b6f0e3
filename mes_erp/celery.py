"""The Celery app. Each app's `tasks.py` is found by itself."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from mes_erp.queue_files import use_whole_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes_erp.settings.local")

use_whole_files()
app = Celery("mes_erp", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_broker_folders(sender: Celery, **_: Any) -> None:
    options = sender.conf.broker_transport_options or {}
    for name in ("data_folder_in", "control_folder"):
        if folder := options.get(name):
            Path(folder).mkdir(parents=True, exist_ok=True)


@worker_process_init.connect
def leave_the_parents_connections(**_: Any) -> None:
    """A forked worker must not share sockets with its parent."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()  # type: ignore[attr-defined]
