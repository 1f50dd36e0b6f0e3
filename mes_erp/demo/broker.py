"""The demo's MQTT broker: Mosquitto where this machine has it, else one in Python.

``python -m mes_erp.demo.broker``; it listens to this machine only, and keeps nothing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal

from mes_erp import bootstrap

PORT = "MES_ERP_BROKER_PORT"
CONFIG = bootstrap.ROOT / "var" / "broker.conf"
LOOPBACK = "127.0.0.1"


def is_here() -> bool:
    """Whether there is any broker to run."""
    return bool(bootstrap.broker()) or importlib.util.find_spec("amqtt") is not None


def main(port: int) -> None:
    """Run until SIGTERM; Mosquitto takes the place of this process."""
    program = bootstrap.broker()
    if program:
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.write_text(
            f"listener {port} {LOOPBACK}\nallow_anonymous true\npersistence false\n"
            "log_type error\nlog_type warning\n"
        )
        os.execv(program, [program, "-c", str(CONFIG)])  # noqa: S606 - found on this machine
    asyncio.run(_in_python(port))


async def _in_python(port: int) -> None:
    from amqtt.broker import Broker

    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    anyone = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}}
    broker = Broker({"listeners": listeners, "plugins": anyone})
    await broker.start()
    await done.wait()
    await broker.shutdown()


if __name__ == "__main__":
    main(int(os.environ[PORT]))
