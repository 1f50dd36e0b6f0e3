"""The demo's MQTT broker: Mosquitto, on this machine only, keeping nothing.

``python -m mes_erp.demo.broker``; without Mosquitto the machines behind it are simulated as others.
"""

from __future__ import annotations

import os

from mes_erp import bootstrap

PORT = "MES_ERP_BROKER_PORT"
CONFIG = bootstrap.ROOT / "var" / "broker.conf"
LOOPBACK = "127.0.0.1"


def is_here() -> bool:
    """Whether there is a broker to run."""
    return bool(bootstrap.broker())


def main(port: int) -> None:
    """Mosquitto takes the place of this process."""
    program = bootstrap.broker()
    if program is None:
        raise SystemExit("Install mosquitto.")
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(
        f"listener {port} {LOOPBACK}\nallow_anonymous true\npersistence false\n"
        "log_type error\nlog_type warning\n"
    )
    os.execv(program, [program, "-c", str(CONFIG)])  # noqa: S606 - found on this machine


if __name__ == "__main__":
    main(int(os.environ[PORT]))
