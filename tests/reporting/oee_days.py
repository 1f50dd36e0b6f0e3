"""S7's day: machine A with three stops and rejects, machine B an hour at full speed."""

from __future__ import annotations

from tests.execution.machines import Shopfloor

STOPS = ((60, 20, "JAM"), (200, 17, "JAM"), (400, 10, "TOOL"))


def two_machines(floor: Shopfloor) -> None:
    for code in ("JAM", "TOOL"):
        floor.reason(code)
    floor.reason("NO-ORDER", is_planned=True)
    floor.machine("A")
    floor.machine("B")
    events = [floor.state("A", 0, "running"), floor.state("A", 480, "off")]
    for begin, spent, reason in STOPS:
        events.append(floor.state("A", begin, "stopped", reason))
        events.append(floor.state("A", begin + spent, "running"))
    events += [floor.count("A", 30 * n, 1178) for n in range(1, 16)]
    events += [floor.count("A", 479, 18848 - 15 * 1178, 423)]
    events += [
        floor.state("B", 0, "running"),
        floor.count("B", 59, 3600),
        floor.state("B", 60, "stopped", "NO-ORDER"),
        floor.state("B", 480, "off"),
    ]
    floor.send(*events)
