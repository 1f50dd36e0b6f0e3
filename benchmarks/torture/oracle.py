"""Acknowledged ⊆ in the database ⊆ begun, each once and each whole.

What a whole document consists of is read off one that was written in peace before the fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.core.sql import fetch_all
from benchmarks.torture.notes import Notes

PARTS = ("lines", "moves", "quantity", "entries", "journal lines", "genealogy", "history", "answer")
Parts = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Kind:
    """Where documents of a kind lie, and the column that holds the key of their request."""

    table: str
    key: str
    lines: str = ""
    owner: str = ""


KINDS = {
    "receipt": Kind(
        "supply_chain_receipt", "delivery_note", "supply_chain_receiptline", "receipt_id"
    ),
    "shipment": Kind(
        "supply_chain_shipment", "tracking_number", "supply_chain_shipmentline", "shipment_id"
    ),
    "report": Kind("execution_productionreport", "note"),
}


@dataclass(slots=True)
class Verdict:
    """Keys (or rows) that break the promise, each with what is wrong."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.half_written)


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    parts: Parts


def judge(notes: Notes, whole: Mapping[str, Parts]) -> Verdict:
    """Compare the clients' notes with the database; everything unanswered was asked for again."""
    verdict = Verdict()
    for key, why in notes.refused.items():
        verdict.lost.append(f"{key}: refused: {why}")
    for kind, parts in whole.items():
        found = documents(kind)
        begun = {key for key, request in notes.begun.items() if request.kind == kind}
        for key in sorted(begun | set(found)):
            _judge_key(verdict, notes, key, found.get(key, []), parts)
        verdict.half_written += orphans(kind)
    verdict.half_written += [
        f"key {key} without an answer"
        for (key,) in fetch_all("SELECT key FROM core_idempotencykey WHERE response_status IS NULL")
    ]
    return verdict


def _judge_key(verdict: Verdict, notes: Notes, key: str, found: list[Found], whole: Parts) -> None:
    acks = notes.acked.get(key, [])
    request = notes.begun.get(key)
    if request is None:
        verdict.doubled.append(f"{key}: nobody asked for it")
        return
    ids = {one.id for one in found}
    if not found and key not in notes.refused:
        verdict.lost.append(f"{key}: {'acknowledged' if acks else 'asked for again'}, not there")
    elif acks and not {ack.id for ack in acks} <= ids:
        verdict.lost.append(f"{key}: another one than was acknowledged")
    if len(found) > 1 or sum(not ack.is_replay for ack in acks) > 1:
        verdict.doubled.append(f"{key}: {len(found)} times")
    for one in found:
        parts = scaled(one.parts, request.quantity)
        if parts != whole:
            wrong = {name: str(n) for name, n in parts.items() if n != whole[name]}
            verdict.half_written.append(f"{key}: {wrong}")


def documents(kind: str) -> dict[str, list[Found]]:
    """Every document of a kind that came by a request, by the request's key."""
    found: dict[str, list[Found]] = {}
    for key, row_id, *counts in fetch_all(_statement(KINDS[kind])):
        parts = {name: Decimal(count) for name, count in zip(PARTS, counts, strict=True)}
        found.setdefault(key, []).append(Found(row_id, parts))
    return found


def scaled(parts: Parts, quantity: int) -> Parts:
    """The parts as they would be for one unit."""
    return {**parts, "quantity": parts["quantity"] / quantity}


def orphans(kind: str) -> list[str]:
    """Moves and entries whose document is not there."""
    place = KINDS[kind]
    app, _underscore, model = place.table.rpartition("_")
    rows: list[Any] = []
    for table in ("inventory_stockmove", "finance_journalentry"):
        rows += fetch_all(
            f"SELECT '{table}', p.id FROM {table} p "  # noqa: S608 - names are constants
            "JOIN django_content_type t ON t.id = p.source_type_id "
            f"LEFT JOIN {place.table} d ON d.id = p.source_id "
            "WHERE t.app_label = %s AND t.model = %s AND d.id IS NULL",
            [app, model],
        )
    return [f"{table} {row_id} without its {kind}" for table, row_id in rows]


def _statement(place: Kind) -> str:
    app, _underscore, model = place.table.rpartition("_")
    history = f"{app}_historical{model}"
    lines = (
        f"SELECT {place.owner} AS id, count(*) AS n FROM {place.lines} GROUP BY 1"  # noqa: S608
        if place.lines
        else "SELECT 0::bigint AS id, 0 AS n WHERE false"
    )
    of_source = "WHERE source_type_id = (SELECT id FROM t) GROUP BY 1"
    return f"""
    WITH t AS (SELECT id FROM django_content_type
                WHERE app_label = '{app}' AND model = '{model}'),
    lines AS ({lines}),
    moves AS (SELECT source_id AS id, count(*) AS n, sum(quantity) AS quantity
                FROM inventory_stockmove {of_source}),
    entries AS (SELECT source_id AS id, count(DISTINCT e.id) AS n, count(l.id) AS lines
                  FROM finance_journalentry e
                  LEFT JOIN finance_journalline l ON l.entry_id = e.id {of_source}),
    edges AS (SELECT source_id AS id, count(*) AS n FROM execution_genealogyedge {of_source}),
    history AS (SELECT id, count(*) AS n FROM {history} GROUP BY 1)
    SELECT d.{place.key}, d.id, coalesce(lines.n, 0), coalesce(moves.n, 0),
           coalesce(moves.quantity, 0), coalesce(entries.n, 0), coalesce(entries.lines, 0),
           coalesce(edges.n, 0), coalesce(history.n, 0),
           coalesce((k.response_body->>'id' = d.id::text)::int, 0)
      FROM {place.table} d
      LEFT JOIN lines ON lines.id = d.id LEFT JOIN moves ON moves.id = d.id
      LEFT JOIN entries ON entries.id = d.id LEFT JOIN edges ON edges.id = d.id
      LEFT JOIN history ON history.id = d.id
      LEFT JOIN core_idempotencykey k ON k.key = d.{place.key}
     WHERE d.{place.key} <> ''
    """  # noqa: S608 - names are constants
