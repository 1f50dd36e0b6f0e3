"""What must hold between moves, balances, layers, values and the general ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_PHYSICAL = "('internal', 'transit')"
_HOLDING = "('internal', 'transit', 'foreign')"
# What a move adds to stock, in quantity (sign) and value: nothing when it stays among our places.
_SIGNED = f"""
SELECT m.company_id, m.item_id, m.id, m.quantity, m.value, m.entry_id,
       (t.kind IN {_PHYSICAL})::int - (f.kind IN {_PHYSICAL})::int AS sign
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
"""  # noqa: S608 - constants only

register(
    Invariant(
        "stock-equals-ledger",
        _("The value of stock equals the inventory accounts, item by item"),
        """
        SELECT company_id, item_id, stock, ledger
          FROM (SELECT company_id, item_id, sum(stock) AS stock, sum(ledger) AS ledger
                  FROM (SELECT company_id, item_id, value AS stock, 0 AS ledger
                          FROM inventory_itemvaluation
                        UNION ALL
                        SELECT l.company_id, l.item_id, 0, l.amount
                          FROM finance_journalline l
                          JOIN finance_account a ON a.id = l.account_id AND a.control = 'inventory'
                       ) AS both_sides
                 GROUP BY company_id, item_id) AS items
         WHERE stock <> ledger
        """,
    ),
    Invariant(
        "stock-value-equals-moves",
        _("Quantity and value of an item equal its moves and adjustments"),
        f"""
        SELECT company_id, item_id, quantity, moved_quantity, value, moved_value
          FROM (SELECT company_id, item_id, sum(quantity) AS quantity, sum(value) AS value,
                       sum(moved_quantity) AS moved_quantity, sum(moved_value) AS moved_value
                  FROM (SELECT company_id, item_id, quantity, value,
                               0 AS moved_quantity, 0 AS moved_value
                          FROM inventory_itemvaluation
                        UNION ALL
                        SELECT company_id, item_id, 0, 0, sign * quantity, sign * value
                          FROM ({_SIGNED}) AS moves
                        UNION ALL
                        SELECT company_id, item_id, 0, 0, 0, amount
                          FROM inventory_valuationadjustment) AS both_sides
                 GROUP BY company_id, item_id) AS items
         WHERE quantity <> moved_quantity OR value <> moved_value
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "stock-quantity-equals-balances",
        _("The quantity of an item equals what lies at all places"),
        """
        SELECT company_id, item_id, quantity, lying
          FROM (SELECT company_id, item_id, sum(quantity) AS quantity, sum(lying) AS lying
                  FROM (SELECT company_id, item_id, quantity, 0 AS lying
                          FROM inventory_itemvaluation
                        UNION ALL
                        SELECT b.company_id, b.item_id, 0, b.quantity
                          FROM inventory_stockbalance b
                          JOIN inventory_location p ON p.id = b.location_id AND p.owner_id IS NULL
                       ) AS both_sides
                 GROUP BY company_id, item_id) AS items
         WHERE quantity <> lying
        """,
    ),
    Invariant(
        "stock-balances-equal-moves",
        _("What lies at a place equals what moved in and out, lot by lot"),
        f"""
        SELECT item_id, location_id, lot_id, balance, moved
          FROM (SELECT item_id, location_id, lot_id, sum(balance) AS balance, sum(moved) AS moved
                  FROM (SELECT item_id, location_id, lot_id, quantity AS balance, 0 AS moved
                          FROM inventory_stockbalance
                        UNION ALL
                        SELECT m.item_id, m.to_location_id, m.lot_id, 0, m.quantity
                          FROM inventory_stockmove m
                          JOIN inventory_location t ON t.id = m.to_location_id
                         WHERE t.kind IN {_HOLDING}
                        UNION ALL
                        SELECT m.item_id, m.from_location_id, m.lot_id, 0, -m.quantity
                          FROM inventory_stockmove m
                          JOIN inventory_location f ON f.id = m.from_location_id
                         WHERE f.kind IN {_HOLDING}) AS both_sides
                 GROUP BY item_id, location_id, lot_id) AS places
         WHERE balance <> moved
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "foreign-goods",
        _("Goods of suppliers have no value here until we take them over"),
        """
        SELECT m.id AS move_id, f.code AS from_place, t.code AS to_place, m.value, m.entry_id
          FROM inventory_stockmove m
          JOIN inventory_location f ON f.id = m.from_location_id
          JOIN inventory_location t ON t.id = m.to_location_id
         WHERE 'foreign' IN (f.kind, t.kind)
           AND f.kind IN ('foreign', 'supplier') AND t.kind IN ('foreign', 'supplier')
           AND (m.value <> 0 OR m.counter_value <> 0)
        """,
    ),
    Invariant(
        "transit-value",
        _("Value lies in transit only where goods do"),
        """
        SELECT b.item_id, b.location_id, b.lot_id, b.quantity, b.transit_value
          FROM inventory_stockbalance b JOIN inventory_location p ON p.id = b.location_id
         WHERE b.transit_value <> 0 AND (p.kind <> 'transit' OR b.quantity = 0)
            OR b.transit_value < 0
        """,
    ),
    Invariant(
        "transit-equals-ledger",
        _("The value in transit equals its accounts, item by item"),
        # Accounts that rules ever named for transit, and none for what lies at home.
        """
        WITH accounts AS (
          SELECT account_id FROM finance_historicalpostingrule GROUP BY account_id
          HAVING bool_or(role = 'in_transit') AND NOT bool_or(role = 'inventory'))
        SELECT company_id, item_id, carried, ledger
          FROM (SELECT company_id, item_id, sum(carried) AS carried, sum(ledger) AS ledger
                  FROM (SELECT company_id, item_id, transit_value AS carried, 0 AS ledger
                          FROM inventory_stockbalance WHERE transit_value <> 0
                        UNION ALL
                        SELECT company_id, item_id, 0, amount FROM finance_journalline
                         WHERE account_id IN (SELECT account_id FROM accounts)) AS both_sides
                 GROUP BY company_id, item_id) AS items
         WHERE carried <> ledger
           AND NOT EXISTS (SELECT 1 FROM finance_historicalpostingrule r
                            WHERE r.company_id = items.company_id AND r.role = 'in_transit'
                              AND r.account_id NOT IN (SELECT account_id FROM accounts))
        """,
    ),
    Invariant(
        "stock-reservations",
        _("What is reserved at a place equals its reservations and is there"),
        """
        SELECT item_id, location_id, lot_id, reserved, wanted, quantity
          FROM (SELECT item_id, location_id, lot_id, sum(reserved) AS reserved,
                       sum(wanted) AS wanted, sum(quantity) AS quantity
                  FROM (SELECT item_id, location_id, lot_id, reserved, 0 AS wanted, quantity
                          FROM inventory_stockbalance
                        UNION ALL
                        SELECT item_id, location_id, lot_id, 0, quantity, 0
                          FROM inventory_reservation) AS both_sides
                 GROUP BY item_id, location_id, lot_id) AS places
         WHERE reserved <> wanted OR reserved > quantity
        """,
    ),
    Invariant(
        "stock-layers",
        _("Cost layers hold the quantity of their item, and its value where they carry value"),
        """
        SELECT v.company_id, v.item_id, c.costing, v.quantity, coalesce(l.quantity, 0) AS layered,
               v.value, coalesce(l.value, 0) AS layered_value
          FROM inventory_itemvaluation v
          JOIN masterdata_item i ON i.id = v.item_id
          JOIN masterdata_itemcategory c ON c.id = i.category_id
          LEFT JOIN (SELECT item_id, sum(quantity_left) AS quantity, sum(value_left) AS value
                       FROM inventory_costlayer GROUP BY item_id) AS l ON l.item_id = v.item_id
         WHERE c.costing <> 'standard'
           AND (v.quantity <> coalesce(l.quantity, 0)
                OR c.costing IN ('fifo', 'specific') AND v.value <> coalesce(l.value, 0))
        """,
    ),
    Invariant(
        "stock-layers-used",
        _("What is gone from a cost layer was taken by moves"),
        """
        SELECT l.id, l.item_id, l.quantity, l.quantity_left, coalesce(c.quantity, 0) AS taken
          FROM inventory_costlayer l
          LEFT JOIN (SELECT layer_id, sum(quantity) AS quantity
                       FROM inventory_layerconsumption GROUP BY layer_id) AS c ON c.layer_id = l.id
         WHERE l.quantity - l.quantity_left <> coalesce(c.quantity, 0)
        """,
    ),
    Invariant(
        "returned-units",
        _("No more units of an issue came back than went out, of its item and lot"),
        """
        SELECT b.issue_id, m.item_id, m.quantity, sum(b.quantity) AS returned
          FROM inventory_returnedunits b
          JOIN inventory_stockmove m ON m.id = b.issue_id
          JOIN inventory_stockmove r ON r.id = b.receipt_id
         GROUP BY b.issue_id, m.item_id, m.quantity
        HAVING sum(b.quantity) > m.quantity OR bool_or(r.item_id <> m.item_id)
            OR bool_or(r.lot_id IS DISTINCT FROM m.lot_id)
        """,
    ),
    Invariant(
        "write-downs",
        _("What a posted write-down says it changed equals what it changed"),
        """
        SELECT write_down_id, item_id, said, changed
          FROM (SELECT write_down_id, item_id, sum(said) AS said, sum(changed) AS changed
                  FROM (SELECT l.write_down_id, l.item_id, l.amount AS said, 0 AS changed
                          FROM inventory_writedownline l
                          JOIN inventory_writedown d ON d.id = l.write_down_id
                         WHERE d.status = 'posted'
                        UNION ALL
                        SELECT a.source_id, a.item_id, 0, a.amount
                          FROM inventory_valuationadjustment a
                          JOIN inventory_writedown d ON d.id = a.source_id AND d.status = 'posted'
                         WHERE a.kind = 'write_down') AS both_sides
                 GROUP BY write_down_id, item_id) AS items
         WHERE said <> changed
        """,
    ),
    Invariant(
        "write-down-limit",
        _("No more of a write-down was taken back than the units still there bear of it"),
        """
        SELECT layer_id, item_id, sum(amount / quantity) AS above_cost
          FROM inventory_valuationadjustment WHERE kind = 'write_down'
         GROUP BY layer_id, item_id HAVING sum(amount / quantity) > 0.000001
        """,
    ),
    Invariant(
        "stock-moves-posted",
        _("A move that changes the value of stock has an entry"),
        f"""
        SELECT company_id, id, item_id, value FROM ({_SIGNED}) AS moves
         WHERE sign <> 0 AND value <> 0 AND entry_id IS NULL
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "expected-done",
        _("What is done of an expected move equals its moves"),
        """
        SELECT e.id, e.item_id, e.quantity_done, coalesce(m.quantity, 0) AS moved
          FROM inventory_expectedmove e
          LEFT JOIN (SELECT expected_move_id,
                            sum(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END)
                              AS quantity
                       FROM inventory_stockmove WHERE expected_move_id IS NOT NULL
                      GROUP BY expected_move_id) AS m ON m.expected_move_id = e.id
         WHERE e.quantity_done <> coalesce(m.quantity, 0)
        """,
    ),
    Invariant(
        "frozen-places",
        _("A place is frozen exactly while a count that freezes it is open"),
        """
        WITH RECURSIVE frozen AS (
          SELECT l.location_id AS id FROM inventory_stockcountline l
            JOIN inventory_stockcount c ON c.id = l.count_id
           WHERE c.is_frozen AND c.status IN ('counting', 'review')
          UNION
          SELECT p.id FROM frozen f
            JOIN inventory_location p ON p.parent_id = f.id AND p.is_active
            JOIN inventory_package k ON k.location_id = p.id)
        SELECT p.id, p.code, p.is_frozen
          FROM inventory_location p
         WHERE p.is_frozen <> EXISTS (SELECT 1 FROM frozen f WHERE f.id = p.id)
        """,
    ),
    Invariant(
        "counts-posted",
        _("What a posted count found different equals what it moved"),
        """
        SELECT item_id, location_id, lot_id, found, moved
          FROM (SELECT item_id, location_id, lot_id, sum(found) AS found, sum(moved) AS moved
                  FROM (SELECT l.item_id, l.location_id, l.lot_id,
                               l.counted_quantity - l.book_quantity AS found, 0 AS moved
                          FROM inventory_stockcountline l
                          JOIN inventory_stockcount c ON c.id = l.count_id AND c.status = 'posted'
                        UNION ALL
                        SELECT m.item_id, p.id, m.lot_id, 0,
                               CASE WHEN p.id = m.to_location_id THEN m.quantity
                                    ELSE -m.quantity END
                          FROM inventory_stockmove m
                          JOIN django_content_type t ON t.id = m.source_type_id
                               AND t.app_label = 'inventory' AND t.model = 'stockcount'
                          JOIN inventory_location p
                            ON p.id IN (m.from_location_id, m.to_location_id)
                               AND p.kind IN ('internal', 'transit')) AS both_sides
                 GROUP BY item_id, location_id, lot_id) AS places
         WHERE found <> moved
        """,
    ),
    Invariant(
        "package-places",
        _("A package stands somewhere of its site while it is here, and goes by what it stands in"),
        """
        SELECT k.id, k.number, k.status, p.code, o.code AS stands_in
          FROM inventory_package k
          JOIN inventory_location p ON p.id = k.location_id
          LEFT JOIN inventory_location o ON o.id = p.parent_id
         WHERE p.kind <> 'internal'
            OR p.is_active <> (k.status IN ('open', 'closed'))
            OR k.status IN ('open', 'closed')
               AND (o.id IS NULL OR o.site_id <> p.site_id OR NOT o.is_active
                    OR o.is_quarantine <> p.is_quarantine
                    OR p.is_sealed <> (k.status = 'closed'))
        """,
    ),
    Invariant(
        "packages-gone",
        _("There is nothing in a package that was shipped or unpacked"),
        """
        SELECT k.id, k.number, k.status, b.item_id, b.quantity
          FROM inventory_package k
          JOIN inventory_stockbalance b ON b.location_id = k.location_id AND b.quantity <> 0
         WHERE k.status NOT IN ('open', 'closed')
        """,
    ),
    Invariant(
        "picked-set-aside",
        _("What pick lists have to take or have taken is set aside for them until it is shipped"),
        """
        SELECT l.id, l.pick_list_id, l.item_id, l.quantity - l.short_quantity AS wanted,
               coalesce(r.quantity, 0) AS reserved
          FROM inventory_pickline l
          JOIN inventory_picklist k ON k.id = l.pick_list_id
          LEFT JOIN (SELECT r.source_id, sum(r.quantity) AS quantity
                       FROM inventory_reservation r
                       JOIN django_content_type t ON t.id = r.source_type_id
                            AND t.app_label = 'inventory' AND t.model = 'pickline'
                      GROUP BY r.source_id) AS r ON r.source_id = l.id
         WHERE coalesce(r.quantity, 0)
               <> CASE WHEN k.status IN ('released', 'picking', 'picked', 'packed')
                       THEN l.quantity - l.short_quantity ELSE 0 END
        """,
    ),
    Invariant(
        "kanban-transfers",
        _("A kanban card is empty exactly while the transfer that fills it is a draft"),
        """
        SELECT k.id, k.number, k.status, d.number AS transfer, d.status AS transfer_status
          FROM inventory_kanbancard k LEFT JOIN inventory_stockdocument d ON d.id = k.transfer_id
         WHERE (k.status = 'empty') <> coalesce(d.status = 'draft', false)
        """,
    ),
)
