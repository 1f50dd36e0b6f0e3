"""Each module strikes in its own way: `PROGRAMS` it runs on, `ROUNDS` by default, `strike`."""

MODULES = {
    name: f"benchmarks.torture.faults.{name}"
    for name in ("web", "worker", "answer", "terminate", "backend", "postmaster")
}
