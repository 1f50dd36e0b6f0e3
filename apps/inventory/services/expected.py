"""The register of what is expected: documents say what comes and goes, moves say what has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Site
from apps.core.money import require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import columns, execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove
from apps.masterdata.models import Item, Partner

# Sorted by source, as postings lock these rows too.
_EXPECT = """
INSERT INTO inventory_expectedmove AS e
       (company_id, source_type_id, source_id, direction, item_id, site_id, partner_id,
        quantity, quantity_done, due_date, cost_object_id, is_open)
SELECT %s, d.*, true
  FROM (SELECT source_type_id, source_id, direction, item_id, site_id, partner_id, quantity,
               0::numeric, due_date, cost_object_id
          FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[],
                      %s::bigint[], %s::numeric[], %s::date[], %s::bigint[])
               AS d(source_type_id, source_id, direction, item_id, site_id, partner_id,
                    quantity, due_date, cost_object_id)
         ORDER BY source_type_id, source_id) AS d
ON CONFLICT (source_type_id, source_id) DO UPDATE
   SET direction = EXCLUDED.direction, item_id = EXCLUDED.item_id, site_id = EXCLUDED.site_id,
       partner_id = EXCLUDED.partner_id, quantity = EXCLUDED.quantity,
       due_date = EXCLUDED.due_date, cost_object_id = EXCLUDED.cost_object_id,
       is_open = e.quantity_done < EXCLUDED.quantity
RETURNING source_type_id, source_id, id
"""
_SET_OPEN = """
WITH held AS (SELECT e.id FROM inventory_expectedmove e
                JOIN unnest(%s::int[], %s::bigint[]) AS d(source_type_id, source_id)
                  ON e.source_type_id = d.source_type_id AND e.source_id = d.source_id
               WHERE e.company_id = %s
               ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e)
UPDATE inventory_expectedmove e SET is_open = {is_open} FROM held WHERE e.id = held.id
"""
_CLOSE = _SET_OPEN.format(is_open="false")
_REOPEN = _SET_OPEN.format(is_open="e.quantity_done < e.quantity")


class Expected(NamedTuple):
    """What a document's line expects: ``quantity`` in stock units, ``direction`` in or out."""

    source: Model
    direction: str
    item: Item
    site: Site
    partner: Partner | None
    quantity: Decimal
    due_date: Date
    cost_object_id: int | None = None


def expect_moves(
    company: Company, expectations: Sequence[Expected | tuple], *, by: Any
) -> list[int]:
    """Say what is expected, anew or again; the ids of the expected moves, in order.

    A line expects one thing: saying it again replaces quantity, date and place and leaves what is
    done. One statement however many. Raises ``InvalidInput`` naming the row.
    """
    wanted = [Expected(*expectation) for expectation in expectations]
    for row, one in enumerate(wanted):
        _check(company, one, row)
    if not wanted:
        return []
    keys = source_keys(one.source for one in wanted)
    if len(set(keys)) < len(keys):
        raise InvalidInput("expected_twice", _("A line expects one thing only."), field="source")
    rows = [
        (
            *key,
            one.direction,
            one.item.pk,
            one.site.pk,
            one.partner.pk if one.partner else None,
            one.quantity,
            one.due_date,
            one.cost_object_id,
        )
        for key, one in zip(keys, wanted, strict=True)
    ]
    with unit_of_work():
        made = fetch_all(_EXPECT, [company.pk, *columns(rows, 9)])
    ids = {(type_id, source_id): row_id for type_id, source_id, row_id in made}
    return [ids[key] for key in keys]


def close_expected(company: Company, sources: Iterable[Model], *, by: Any) -> int:
    """Expect nothing more for ``sources``, whatever is done; how many were told so."""
    return _set_open(_CLOSE, company, sources)


def reopen_expected(company: Company, sources: Iterable[Model], *, by: Any) -> int:
    """Expect again what is not done of ``sources``; how many were told so."""
    return _set_open(_REOPEN, company, sources)


def source_keys(sources: Iterable[Model]) -> list[tuple[int, int]]:
    """(content type, primary key) of each source."""
    return [(ContentType.objects.get_for_model(source).pk, source.pk) for source in sources]


def _set_open(statement: str, company: Company, sources: Iterable[Model]) -> int:
    keys = source_keys(sources)
    if not keys:
        return 0
    with unit_of_work():
        return execute(statement, [*columns(keys, 2), company.pk])


def _check(company: Company, one: Expected, row: int) -> None:
    require_decimal(one.quantity, field="quantity", row=row)
    if one.direction not in ExpectedMove.Direction.values:
        raise InvalidInput(
            "unknown_direction", _("Moves go in or out."), field="direction", row=row
        )
    if one.source.pk is None:
        raise InvalidInput("unsaved_source", _("Save the line first."), field="source", row=row)
    require_company(company, row=row, item=one.item, site=one.site, partner=one.partner)
