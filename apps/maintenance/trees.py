"""Trees kept as ``parent`` columns: none may close on itself."""

from __future__ import annotations

from collections.abc import Mapping


def closes_on_itself(start: int, parents: Mapping[int, int | None]) -> bool:
    """Whether the way up from ``start`` comes back to a row it passed."""
    seen = {start}
    above = parents.get(start)
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        above = parents.get(above)
    return False
