"""What must always hold of budgets."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "budget-lines-in-their-year",
        _("Lines of a budget lie in the months of its year"),
        """
        SELECT l.id AS line_id, b.number, p.number AS period
          FROM finance_budgetline l
          JOIN finance_budgetversion b ON b.id = l.budget_id
          JOIN finance_period p ON p.id = l.period_id
         WHERE p.fiscal_year_id <> b.fiscal_year_id OR p.is_closing
        """,
    ),
)
register(
    Invariant(
        "budget-lines-by-their-dimension",
        _("Lines of a budget name no value but of the dimension that it is by"),
        """
        SELECT l.id AS line_id, b.number, b.dimension, v.name AS named
          FROM finance_budgetline l JOIN finance_budgetversion b ON b.id = l.budget_id
         CROSS JOIN LATERAL (VALUES
               ('site', l.site_id::bigint), ('cost_object', l.cost_object_id),
               ('work_centre', l.work_centre_id), ('machine', l.machine_id),
               ('shift', l.shift_id), ('reason', l.reason_id), ('item', l.item_id),
               ('partner', l.partner_id)) AS v(name, value)
         WHERE v.value IS NOT NULL AND v.name <> b.dimension
        """,
    ),
)
