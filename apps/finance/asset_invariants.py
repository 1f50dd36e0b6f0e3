"""What must always hold between the register of assets and the ledger (rule 36)."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "assets-and-ledger",
        _("The register of assets is the ledger, account by account"),
        """
        SELECT coalesce(g.account_id, r.account_id) AS account_id,
               coalesce(g.amount, 0) AS ledger, coalesce(r.amount, 0) AS register
          FROM (SELECT l.account_id, sum(l.amount) AS amount
                  FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id
                 WHERE a.control = 'asset' GROUP BY 1) AS g
          FULL JOIN (SELECT s.account_id, sum(s.amount) AS amount
                  FROM finance_assetmovement m
                  JOIN finance_depreciationbook b ON b.id = m.book_id AND b.posts_to_ledger
                  JOIN finance_fixedasset f ON f.id = m.asset_id
                  JOIN finance_assetclass c ON c.id = f.asset_class_id
                 CROSS JOIN LATERAL (VALUES (c.asset_account_id, m.cost),
                                            (c.depreciation_account_id, -m.depreciation))
                       AS s(account_id, amount)
                 GROUP BY 1) AS r ON r.account_id = g.account_id
         WHERE coalesce(g.amount, 0) <> coalesce(r.amount, 0)
        """,
    ),
    Invariant(
        "assets-above-residual",
        _("No asset is depreciated below its residual, and none that is gone is carried"),
        """
        SELECT ab.id AS asset_book_id, f.number, f.status, sum(m.cost - m.depreciation) AS carried,
               ab.residual
          FROM finance_assetbook ab
          JOIN finance_fixedasset f ON f.id = ab.asset_id
          JOIN finance_assetmovement m ON m.asset_book_id = ab.id
         GROUP BY ab.id, f.id
        HAVING (f.status IN ('in_use', 'impaired') AND sum(m.depreciation) > 0
                AND sum(m.cost - m.depreciation) < coalesce(ab.residual, 0))
            OR (f.status IN ('disposed', 'cancelled')
                AND (sum(m.cost) <> 0 OR sum(m.depreciation) <> 0))
        """,
    ),
    Invariant(
        "asset-movements-and-entries",
        _("What moves in the ledger's book has its entry, and nothing else has"),
        """
        SELECT m.id AS movement_id, m.kind, m.entry_id
          FROM finance_assetmovement m
          JOIN finance_depreciationbook b ON b.id = m.book_id
          JOIN finance_assetbook ab ON ab.id = m.asset_book_id
          LEFT JOIN finance_journalentry e ON e.id = m.entry_id
         WHERE (b.posts_to_ledger AND e.id IS NULL AND m.kind <> 'estimate')
            OR (NOT b.posts_to_ledger AND m.entry_id IS NOT NULL)
            OR e.date <> m.date OR ab.asset_id <> m.asset_id OR ab.book_id <> m.book_id
        """,
    ),
    Invariant(
        "runs-and-movements",
        _("A depreciation run is the sum of its movements"),
        """
        SELECT r.id AS run_id, r.number, r.total, coalesce(sum(m.depreciation), 0) AS moved
          FROM finance_depreciationrun r
          LEFT JOIN finance_assetmovement m ON m.source_id = r.id AND m.source_type_id = (
               SELECT id FROM django_content_type
                WHERE app_label = 'finance' AND model = 'depreciationrun')
         GROUP BY r.id
        HAVING coalesce(sum(m.depreciation), 0)
               <> CASE r.status WHEN 'posted' THEN r.total ELSE 0 END
            OR (r.status = 'posted' AND count(m.id) <> r.assets)
        """,
    ),
)
