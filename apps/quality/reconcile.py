"""What must hold between inspections, nonconformances, lots, stock and the ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_NCR_TYPE = (
    "(SELECT id FROM django_content_type WHERE app_label = 'quality' AND model = 'nonconformance')"
)

register(
    Invariant(
        "inspections-hold-lots",
        _("A lot that is to be inspected, or that was refused, is not available"),
        """
        SELECT l.id AS lot_id, l.code, h.document
          FROM inventory_lot l
          JOIN (SELECT lot_id, number AS document FROM quality_inspection
                 WHERE status IN ('open', 'measuring') AND lot_id IS NOT NULL
                   AND stage <> 'operation'
                UNION ALL
                SELECT p.lot_id, n.number
                  FROM quality_nonconforminglot p
                  JOIN quality_nonconformance n ON n.id = p.nonconformance_id
                 WHERE n.status IN ('open', 'contained', 'review') AND p.status_before <> ''
                   AND p.quantity > coalesce((SELECT sum(d.quantity) FROM quality_disposition d
                        WHERE d.nonconforming_lot_id = p.id AND NOT d.is_reversed), 0)) AS h
            ON h.lot_id = l.id
         WHERE l.status = 'available'
        """,
    ),
    Invariant(
        "held-stock-is-there",
        _("What is held in quarantine without a lot of its own lies there"),
        """
        SELECT h.item_id, h.location_id, h.lot_id, sum(h.quantity) AS held,
               coalesce(max(b.quantity), 0) AS there
          FROM (SELECT item_id, location_id, lot_id, quantity FROM quality_inspection
                 WHERE status IN ('open', 'measuring') AND location_id IS NOT NULL
                   AND stage <> 'operation'
                UNION ALL
                SELECT n.item_id, p.location_id, p.lot_id, p.quantity - coalesce(
                         (SELECT sum(d.quantity) FROM quality_disposition d
                           WHERE d.nonconforming_lot_id = p.id AND NOT d.is_reversed), 0)
                  FROM quality_nonconforminglot p
                  JOIN quality_nonconformance n ON n.id = p.nonconformance_id
                 WHERE n.status IN ('open', 'contained', 'review') AND p.status_before = '') AS h
          JOIN inventory_location q ON q.id = h.location_id AND q.is_quarantine
          LEFT JOIN inventory_stockbalance b ON b.item_id = h.item_id
           AND b.location_id = h.location_id AND b.lot_id IS NOT DISTINCT FROM h.lot_id
         GROUP BY h.item_id, h.location_id, h.lot_id
        HAVING sum(h.quantity) > coalesce(max(b.quantity), 0)
        """,
    ),
    Invariant(
        "inspections-complete",
        _("A decided inspection has a result for each sample, and its quantities add up"),
        """
        SELECT n.id AS inspection_id, n.number, n.status, count(r.id) AS results
          FROM quality_inspection n
          LEFT JOIN quality_inspectionresult r
            ON r.inspection_id = n.id AND r.supersedes_id IS NULL
         WHERE n.status IN ('accepted', 'partial', 'rejected')
         GROUP BY n.id
        HAVING count(r.id) <> n.sample_size * (SELECT count(*) FROM quality_inspectionplanline p
                                                WHERE p.plan_id = n.plan_id)
            OR n.quantity <> n.quantity_accepted + n.quantity_rejected
            OR n.status = 'accepted' AND n.quantity_rejected <> 0
            OR n.status = 'rejected' AND n.quantity_accepted <> 0
        """,
    ),
    Invariant(
        "nonconformances-held",
        _("A nonconformance counts what its lots hold"),
        """
        SELECT n.id AS nonconformance_id, n.number, n.quantity, coalesce(sum(p.quantity), 0) AS held
          FROM quality_nonconformance n
          LEFT JOIN quality_nonconforminglot p ON p.nonconformance_id = n.id
         GROUP BY n.id HAVING n.quantity <> coalesce(sum(p.quantity), 0)
        """,
    ),
    Invariant(
        "dispositions",
        _("No more is dispositioned than is held; all of it where it is decided or closed"),
        """
        SELECT p.id AS nonconforming_lot_id, n.number, n.status, p.quantity,
               coalesce(d.quantity, 0) AS decided
          FROM quality_nonconforminglot p
          JOIN quality_nonconformance n ON n.id = p.nonconformance_id
          LEFT JOIN (SELECT nonconforming_lot_id, sum(quantity) AS quantity
                       FROM quality_disposition WHERE NOT is_reversed
                      GROUP BY nonconforming_lot_id) AS d ON d.nonconforming_lot_id = p.id
         WHERE coalesce(d.quantity, 0) > p.quantity
            OR n.status IN ('dispositioned', 'closed') AND coalesce(d.quantity, 0) <> p.quantity
            OR n.status IN ('open', 'contained', 'cancelled') AND coalesce(d.quantity, 0) <> 0
        """,
    ),
    Invariant(
        "dispositions-and-moves",
        _("What is scrapped, returned or taken into rework is a move of its quantity and value"),
        f"""
        SELECT d.id AS disposition_id, d.nonconformance_id, d.kind, d.quantity, d.value,
               m.id AS move_id, m.value AS moved
          FROM quality_disposition d
          LEFT JOIN inventory_stockmove m ON m.id = d.move_id
          LEFT JOIN inventory_location t ON t.id = m.to_location_id
          LEFT JOIN inventory_stockmove w ON w.reverses_id = m.id
         WHERE (d.kind IN ('scrap', 'return') OR d.cost_object_id IS NOT NULL) AND m.id IS NULL
            OR m.id IS NOT NULL AND (
                 m.quantity <> d.quantity
                 OR m.source_type_id <> {_NCR_TYPE} OR m.source_id <> d.nonconformance_id
                 OR d.is_reversed <> (w.id IS NOT NULL)
                 OR d.kind = 'scrap' AND (t.kind <> 'scrap' OR m.value <> d.value)
                 OR d.kind = 'return' AND (t.kind <> 'supplier' OR m.value <> d.value))
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "scrap-of-quality-posted",
        _("What quality scraps is what its entries charge"),
        f"""
        SELECT d.nonconformance_id, d.scrapped, coalesce(e.posted, 0) AS posted
          FROM (SELECT nonconformance_id, sum(value) AS scrapped FROM quality_disposition
                 WHERE kind = 'scrap' AND NOT is_reversed GROUP BY nonconformance_id) AS d
          LEFT JOIN LATERAL (
               SELECT sum(CASE WHEN m.reverses_id IS NULL THEN m.counter_value
                               ELSE -m.counter_value END) AS posted
                 FROM inventory_stockmove m
                 JOIN inventory_location f ON f.id = m.from_location_id
                 JOIN inventory_location t ON t.id = m.to_location_id
                WHERE m.source_type_id = {_NCR_TYPE} AND m.source_id = d.nonconformance_id
                  AND 'scrap' IN (f.kind, t.kind) AND m.entry_id IS NOT NULL) AS e ON true
         WHERE d.scrapped <> coalesce(e.posted, 0)
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "one-plan-in-force",
        _("An inspection knows the revision of the plan it was opened with"),
        """
        SELECT n.id AS inspection_id, n.number, n.plan_revision, p.revision
          FROM quality_inspection n JOIN quality_inspectionplan p ON p.id = n.plan_id
         WHERE n.plan_revision <> p.revision OR p.status = 'draft'
        """,
    ),
    Invariant(
        "gauges-and-calibrations",
        _("A gauge in use was left good by its last calibration and carries its due date"),
        """
        SELECT g.id AS gauge_id, g.code, g.status, g.due_on, c.due_on AS calibrated_due
          FROM quality_gauge g
          LEFT JOIN LATERAL (SELECT due_on, is_left_good FROM quality_calibration
                              WHERE gauge_id = g.id ORDER BY calibrated_on DESC, id DESC LIMIT 1)
                    AS c ON true
         WHERE g.status = 'in_use' AND (c.is_left_good IS NOT TRUE
                                        OR g.due_on IS DISTINCT FROM c.due_on)
        """,
    ),
)
