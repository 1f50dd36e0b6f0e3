"""The shift report on paper: what was signed, as it was signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core.printouts import render_pdf, require_paper
from apps.execution.models import ShiftHandover

_OEE = ("oee", "availability", "performance", "quality", "planned", "run", "down", "setup", "idle")
_TIMES = ("called_at", "acknowledged_at", "resolved_at")


def handover_pdf(handover: ShiftHandover, *, paper: str = "A4") -> bytes:
    """The shift report of one hand-over; a draft says that it is one."""
    require_paper(paper)
    return render_pdf(
        "execution/printouts/handover.html",
        {
            "company": handover.company,
            "revision": handover.get_status_display(),
            "row": handover,
            "zone": handover.site.time_zone,
            "content": readable(handover.content),
            "digest": bytes(handover.binding_hash).hex() if handover.binding_hash else "",
        },
        paper=paper,
        title=_("Shift report {number}").format(number=handover.number),
    )


def readable(content: dict[str, Any]) -> dict[str, Any]:
    """The snapshot with its times as times again."""
    oee = dict.fromkeys(_OEE) | content.get("oee", {})
    return content | {
        "oee": oee,
        "andon": [
            one
            | {name: _time(one[name]) for name in ("called_at", "acknowledged_at", "resolved_at")}
            for one in content.get("andon", [])
        ],
        "open_stops": [
            one | {"since": _time(one["since"])} for one in content.get("open_stops", [])
        ],
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
