"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

SCHEDULE = {
    "maintenance-generate-orders": {"task": "maintenance.generate_orders", "schedule": 3600.0},
}
