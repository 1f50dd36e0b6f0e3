"""What must hold between designs, the changes that released them, and who has read them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "released-designs-say-something",
        _("A released bill has components, a routing operations, an instruction steps"),
        """
        SELECT 'bill' AS design, b.id, b.company_id FROM engineering_billofmaterials b
         WHERE b.status = 'released'
           AND NOT EXISTS (SELECT FROM engineering_bomline l WHERE l.bom_id = b.id)
        UNION ALL
        SELECT 'routing', r.id, r.company_id FROM engineering_routing r
         WHERE r.status = 'released'
           AND NOT EXISTS (SELECT FROM engineering_routingoperation o WHERE o.routing_id = r.id)
        UNION ALL
        SELECT 'instruction', n.id, n.company_id FROM engineering_instructionrevision n
         WHERE n.status = 'released'
           AND NOT EXISTS (SELECT FROM engineering_instructionstep s WHERE s.revision_id = n.id)
        """,
    ),
    Invariant(
        "nothing-contains-itself",
        _("No item comes down to itself by released bills, of any day"),
        """
        WITH RECURSIVE edges AS (
          SELECT DISTINCT b.company_id, b.item_id AS parent_id, l.item_id
            FROM engineering_billofmaterials b JOIN engineering_bomline l ON l.bom_id = b.id
           WHERE b.status = 'released'),
        below AS (
          SELECT company_id, parent_id AS top_id, item_id FROM edges
          UNION
          SELECT below.company_id, below.top_id, e.item_id
            FROM below JOIN edges e ON e.parent_id = below.item_id)
        SELECT below.company_id, i.code AS item FROM below JOIN masterdata_item i ON i.id = top_id
         WHERE below.top_id = below.item_id
        """,
    ),
    Invariant(
        "changes-are-approved-by-others",
        _("An approved or implemented change was decided by somebody else than its author"),
        """
        SELECT company_id, number, status, created_by_id, decided_by_id
          FROM engineering_engineeringchange
         WHERE status IN ('approved', 'implemented')
           AND (decided_by_id IS NULL OR decided_by_id = created_by_id
                OR decided_by_id = submitted_by_id)
        """,
    ),
    Invariant(
        "implemented-changes-are-in-force",
        _("What a change has implemented holds from its day on, and the old ended before"),
        """
        SELECT c.company_id, c.number, l.position, d.status, d.effective_from, l.effective_from
               AS wanted, o.status AS old_status, o.effective_until AS old_until
          FROM engineering_engineeringchange c
          JOIN engineering_changeline l ON l.change_id = c.id
          CROSS JOIN LATERAL (
               SELECT status, effective_from FROM engineering_billofmaterials WHERE id = l.to_bom_id
               UNION ALL
               SELECT status, effective_from FROM engineering_routing WHERE id = l.to_routing_id
               ) AS d
          LEFT JOIN LATERAL (
               SELECT status, effective_until FROM engineering_billofmaterials
                WHERE id = l.from_bom_id
               UNION ALL
               SELECT status, effective_until FROM engineering_routing WHERE id = l.from_routing_id
               ) AS o ON true
         WHERE c.status = 'implemented'
           AND (d.status = 'draft' OR d.effective_from IS DISTINCT FROM l.effective_from
                OR o.status = 'draft'
                OR o.status = 'released'
                   AND coalesce(o.effective_until, 'infinity'::date) >= l.effective_from)
        """,
    ),
    Invariant(
        "nobody-has-read-a-draft",
        _("Only what was released is acknowledged as read and understood"),
        """
        SELECT a.company_id, a.id AS acknowledgement_id, n.revision, n.status
          FROM engineering_acknowledgement a
          JOIN engineering_instructionrevision n ON n.id = a.revision_id
         WHERE n.status = 'draft'
        """,
    ),
)
