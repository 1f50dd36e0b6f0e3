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
