"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

SCHEDULE = {
    "finance-fold-balances": {"task": "finance.fold_balances", "schedule": 60.0},
    "finance-recurring-invoices": {
        "task": "finance.draft_recurring_invoices",
        "schedule": 3600.0,
    },
    "finance-seal-ledger": {"task": "finance.seal_ledger", "schedule": 600.0},
}
