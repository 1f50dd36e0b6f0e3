"""Each module strikes in its own way: `PROGRAMS` it runs on, `ROUNDS` by default, `strike`.

Those about machines bring a world of their own: `torture`."""

_NAMES = ("web", "worker", "answer", "terminate", "backend", "postmaster", "intake", "broker")
MODULES = {name: f"benchmarks.torture.faults.{name}" for name in _NAMES}
