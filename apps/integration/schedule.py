"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

SCHEDULE = {
    "integration-deliver-webhooks": {
        "task": "integration.deliver_webhooks",
        "schedule": 2.0,
        "options": {"expires": 10.0},
    },
    "integration-forget-old-events": {
        "task": "integration.forget_old_events",
        "schedule": 86400.0,
    },
    "integration-expire-tag-writes": {
        "task": "integration.expire_tag_writes",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
    "integration-turn-reading-days": {
        "task": "integration.turn_reading_days",
        "schedule": 21600.0,
    },
}
