"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

SCHEDULE = {
    "crm-expire-quotations": {"task": "crm.expire_quotations", "schedule": 3600.0},
}
