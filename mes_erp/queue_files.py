"""Messages between processes of one machine as files that appear whole.

Kombu's own file transport writes a message where readers look: one who comes between its first
and its last byte takes an empty file, the job is lost and the worker ends. Here a message is
written under another name and renamed.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, *message: Any, **kwargs: Any) -> None:
        queue, payload = message
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f"{name}.part"
        try:
            part.write_bytes(dumps(payload).encode())
            os.replace(part, folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add file {name!r} to directory") from error


class Transport(filesystem.Transport):
    Channel = Channel


def use_whole_files() -> None:
    """From now on ``filesystem://`` means this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
