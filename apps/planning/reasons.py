"""Why a message was written, in words: its trigger values put into a sentence."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.planning.models import ActionMessage

Kind = ActionMessage.Kind


def reason_of(message: ActionMessage) -> str:
    """One or two sentences with the values that triggered ``message``."""
    trigger = message.trigger or {}
    parts = [_sentence(message, trigger), _demand(trigger)]
    return " ".join(part for part in parts if part)


def _sentence(message: ActionMessage, trigger: dict[str, Any]) -> str:
    sentences = {
        Kind.RELEASE: _("Must start on {date}: {lead} working days before it is needed."),
        Kind.PAST_DUE: _(
            "Should have started on {date}: it takes {lead} working days and is needed on"
            " {needed_on}."
        ),
        Kind.EXPEDITE: _("Comes on {date}, but {needed} are needed on {needed_on}."),
        Kind.DEFER: _("Comes on {date}, but is not needed before {needed_on}."),
        Kind.CANCEL: _("Nothing within the horizon needs it beside the {on_hand} on hand."),
        Kind.INCREASE: _("{new} would cover what else is needed on {needed_on}."),
        Kind.DECREASE: _("Only {needed} of {quantity} are needed within the horizon."),
        Kind.SHORTAGE: _("{quantity} are wanted on {needed_on} and nothing is planned for them."),
    }
    return sentences[Kind(message.kind)].format(
        date=message.date,
        lead=trigger.get("lead_time_days", 0),
        needed=_number(trigger.get("needed")),
        needed_on=trigger.get("needed_on", message.new_date or message.date),
        on_hand=_number(trigger.get("on_hand")),
        quantity=_number(message.quantity),
        new=_number(message.new_quantity),
    )


def _demand(trigger: dict[str, Any]) -> str:
    kind = trigger.get("demand")
    if kind == "planned_orders":
        return _("Planned orders above it wait for it.")
    if kind == "forecast":
        return _("The forecast for {day} asks for it.").format(day=trigger.get("demand_on", ""))
    if kind and trigger.get("demand_number"):
        partner = trigger.get("partner")
        who = f"{trigger['demand_number']} ({partner})" if partner else trigger["demand_number"]
        return _("It is for {order}.").format(order=who)
    return ""


def _number(value: Any) -> str:
    try:
        number = Decimal(value or 0)
    except (InvalidOperation, TypeError):
        return str(value)
    return f"{number.normalize():f}"
