"""What a scanned text means on the shop floor."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.core.models import User
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.hr.models import Employee
from apps.masterdata.models import Machine

LONGEST_SCAN = 300


def scanned_text(text: str) -> str:
    """The code in ``text``: a deep link carries it in its parameter ``scan``."""
    text = text.strip()[:LONGEST_SCAN]
    if "scan=" in text:
        found = parse_qs(urlsplit(text).query).get("scan")
        return found[0].strip() if found else text
    return text


def find_scanned(text: str, user: User) -> Any:
    """The operation (``WO-001001/10``), work order, machine or employee of a code; else None.

    Among what ``user`` may see. Letters may come in any case.
    """
    code = scanned_text(text)
    if not code or not code.isprintable():
        return None
    number, slash, sequence = code.rpartition("/")
    if slash and sequence.isascii() and sequence.isdigit() and len(sequence) < 9:
        operation = (
            WorkOrderOperation.objects.visible_to(user)
            .filter(work_order__number__iexact=number, sequence=int(sequence))
            .select_related("work_order")
            .first()
        )
        if operation is not None:
            return operation
    for rows in (
        WorkOrder.objects.visible_to(user).filter(number__iexact=code),
        Machine.objects.visible_to(user).filter(code__iexact=code, is_active=True),
        Employee.objects.visible_to(user).filter(code__iexact=code, is_active=True),
    ):
        found = rows.first()
        if found is not None:
            return found
    return None
