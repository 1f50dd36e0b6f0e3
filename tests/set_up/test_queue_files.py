"""Messages of the embedded broker: nobody reads half of one."""

from __future__ import annotations

import threading
from pathlib import Path

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from mes_erp import celery, queue_files

MESSAGES = 300


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    assert celery.app
    assert TRANSPORT_ALIASES["filesystem"] == "mes_erp.queue_files:Transport"
    (tmp_path / "queue").mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }

    def write() -> None:
        with Connection("filesystem://", transport_options=options) as mine:
            jobs = mine.SimpleQueue("jobs")
            for number in range(MESSAGES):
                jobs.put({"number": number, "padding": "x" * 5000})

    writer = threading.Thread(target=write)
    with Connection("filesystem://", transport_options=options) as connection:
        assert isinstance(connection.transport, queue_files.Transport)
        queue = connection.SimpleQueue("jobs")
        writer.start()
        found = []
        for _ in range(MESSAGES):
            message = queue.get(timeout=30)
            found.append(message.payload["number"])
            message.ack()
    writer.join()
    assert sorted(found) == list(range(MESSAGES))
    assert list((tmp_path / "queue").iterdir()) == []
