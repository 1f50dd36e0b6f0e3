"""The judge of `manage.py torture` sees what it is there to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.core.sql import execute
from apps.supply_chain.models import Receipt
from benchmarks.torture.notes import Ack, Notebook, Notes, read_notes
from benchmarks.torture.oracle import KINDS, Parts, Verdict, documents, judge, scaled
from benchmarks.torture.plant import Plant, make_plant
from tests.support.connections import superuser
from tests.support.faces import ApiClient

pytestmark = [pytest.mark.reliability, pytest.mark.django_db(transaction=True)]


@dataclass
class Posted:
    """Four requests of each kind, posted in peace, and what their caller noted."""

    plant: Plant
    api: ApiClient
    notebook: Notebook
    path: Path
    whole: dict[str, Parts]

    @property
    def notes(self) -> Notes:
        return read_notes([self.path])

    def send(self, kind: str, key: str, quantity: int = 2, *, header: str = "") -> None:
        request = getattr(self.plant, kind)(key, 0, quantity)
        self.notebook.begun(key, request)
        answer = self.api.post(request.path, request.body, key=header or key)
        assert answer.status_code == 201, answer.body
        is_replay = answer.headers.get("Idempotent-Replay") == "true"
        self.notebook.acked(key, Ack(answer.body["id"], is_replay))

    def judge(self) -> Verdict:
        return judge(self.notes, self.whole)


@pytest.fixture
def posted(tmp_path: Path) -> Iterator[Posted]:
    plant = make_plant()
    path = tmp_path / "client.notes"
    own = Posted(plant, ApiClient(plant.by), Notebook(path), path, {})
    for kind in KINDS:
        for number in range(4):
            own.send(kind, f"{kind}-{number}", quantity=1 + number)
        [second] = documents(kind)[f"{kind}-1"]
        own.whole[kind] = scaled(second.parts, 2)
    yield own
    own.notebook.close()


def test_peace_is_clean(posted: Posted) -> None:
    posted.send("receipt", "receipt-1")  # asked again: the same answer
    assert [ack.is_replay for ack in posted.notes.acked["receipt-1"]] == [False, True]
    assert posted.judge().is_clean


def test_a_loss_is_seen(posted: Posted) -> None:
    [gone] = documents("receipt")["receipt-2"]
    with superuser() as thief:
        for table, column in (
            ("supply_chain_receiptline", "receipt_id"),
            ("supply_chain_receipt", "id"),
        ):
            thief.execute(f"DELETE FROM {table} WHERE {column} = {gone.id}")
    verdict = posted.judge()
    assert verdict.lost == ["receipt-2: acknowledged, not there"]
    assert len(verdict.half_written) == 3, "two moves and an entry are left without their receipt"


def test_what_was_begun_and_never_came_is_a_loss(posted: Posted) -> None:
    posted.notebook.begun("receipt-9", posted.plant.receipt("receipt-9", 0, 1))
    assert posted.judge().lost == ["receipt-9: asked for again, not there"]


def test_a_double_is_seen(posted: Posted) -> None:
    """A caller that repeats with another key: what the Idempotency-Key is there to prevent."""
    posted.send("shipment", "shipment-0", quantity=1, header="another key")
    verdict = posted.judge()
    assert verdict.doubled == ["shipment-0: 2 times"]
    assert not verdict.lost


def test_what_nobody_asked_for_is_seen(posted: Posted) -> None:
    request = posted.plant.receipt("from nowhere", 0, 1)
    assert posted.api.post(request.path, request.body, key="from nowhere").status_code == 201
    assert posted.judge().doubled == ["from nowhere: nobody asked for it"]


HALVES = {
    "a line": "DELETE FROM supply_chain_receiptline WHERE id ="
    " (SELECT min(id) FROM supply_chain_receiptline WHERE receipt_id = {id})",
    "a move's quantity": "UPDATE inventory_stockmove SET quantity = quantity + 1 WHERE id ="
    " (SELECT max(id) FROM inventory_stockmove WHERE source_id = {id} AND source_type_id = {type})",
    "the entry": "DELETE FROM finance_journalentry"
    " WHERE source_id = {id} AND source_type_id = {type}",
    "the history": "DELETE FROM supply_chain_historicalreceipt WHERE id = {id}",
    "the stored answer": "DELETE FROM core_idempotencykey WHERE key = 'receipt-3'",
}


@pytest.mark.parametrize("half", HALVES)
def test_a_half_is_seen(posted: Posted, half: str) -> None:
    from django.contrib.contenttypes.models import ContentType

    [found] = documents("receipt")["receipt-3"]
    kind = ContentType.objects.get_for_model(Receipt).pk
    with superuser() as tamperer:
        tamperer.execute(HALVES[half].format(id=found.id, type=kind))
    verdict = posted.judge()
    assert [text.partition(":")[0] for text in verdict.half_written] == ["receipt-3"]
    assert not verdict.lost and not verdict.doubled


def test_a_key_without_its_answer_is_seen(posted: Posted) -> None:
    execute("UPDATE core_idempotencykey SET response_status = NULL WHERE key = 'report-1'")
    assert posted.judge().half_written == ["key report-1 without an answer"]
