"""What senders have, and the weights that their receivers get it by."""

from __future__ import annotations

from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.allocation_terms import Sender
from apps.finance.models import AllocationCycle, AllocationReceiver, AllocationSender, Period

Basis = AllocationSender.Basis
_COSTS = """
SELECT s.id, coalesce(sum(l.amount), 0)
  FROM finance_allocationsender s
  LEFT JOIN (finance_journalline l JOIN finance_account a ON a.id = l.account_id)
    ON l.cost_object_id = s.cost_object_id AND l.period_id = %(period)s
   AND (l.account_id = s.account_id
        OR (s.account_id IS NULL AND a.kind IN ('income', 'expense')))
 WHERE s.cycle_id = %(cycle)s AND s.is_active
 GROUP BY s.id
"""
_POSTED = """
SELECT r.id, sum(l.amount)
  FROM finance_allocationreceiver r
  JOIN finance_allocationsender s ON s.id = r.sender_id AND s.basis = 'posted' AND s.is_active
  JOIN finance_journalline l ON l.cost_object_id = r.cost_object_id
       AND l.account_id = s.basis_account_id AND l.period_id = %(period)s
 WHERE s.cycle_id = %(cycle)s GROUP BY r.id
"""
# Hours are summed over the month; of square metres the newest value stands.
_VALUES = """
SELECT r.id, CASE WHEN k.is_summed
         THEN (SELECT sum(v.value) FROM finance_statisticalvalue v
                WHERE v.key_id = k.id AND v.cost_object_id = r.cost_object_id
                  AND v.date BETWEEN %(first)s AND %(last)s)
         ELSE (SELECT v.value FROM finance_statisticalvalue v
                WHERE v.key_id = k.id AND v.cost_object_id = r.cost_object_id
                  AND v.date <= %(last)s ORDER BY v.date DESC LIMIT 1) END
  FROM finance_allocationreceiver r
  JOIN finance_allocationsender s ON s.id = r.sender_id AND s.basis = 'key' AND s.is_active
  JOIN finance_statisticalkey k ON k.id = s.key_id
 WHERE s.cycle_id = %(cycle)s
"""


def senders_of(cycle: AllocationCycle, period: Period) -> list[Sender]:
    """Active senders in their order: cost of the month in company currency, weights by receiver.

    A receiver whose share is zero gets nothing by any basis.
    """
    parameters = {
        "cycle": cycle.pk,
        "period": period.pk,
        "first": period.starts_on,
        "last": period.ends_on,
    }
    costs = dict(fetch_all(_COSTS, parameters))
    measured = dict(fetch_all(_POSTED, parameters)) | dict(fetch_all(_VALUES, parameters))
    rows = AllocationSender.objects.filter(cycle=cycle, is_active=True)
    senders = rows.prefetch_related("receivers").order_by("position", "pk")
    return [
        Sender(
            sender.cost_object_id,
            costs[sender.pk],
            {
                receiver.cost_object_id: _weight(sender, receiver, measured)
                for receiver in sender.receivers.all()
            },
        )
        for sender in senders
    ]


def _weight(
    sender: AllocationSender, receiver: AllocationReceiver, measured: dict[int, Decimal | None]
) -> Decimal:
    if sender.basis == Basis.SHARE or not receiver.share:
        return receiver.share
    return measured.get(receiver.pk) or ZERO
