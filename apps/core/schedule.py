"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

# A worker that comes back after an hour needs one of the ticks that piled up, not all.
SCHEDULE = {
    "core-relay-outbox": {
        "task": "core.relay_outbox",
        "schedule": 1.0,
        "options": {"expires": 5.0},
    },
    "core-rescue-jobs": {
        "task": "core.rescue_jobs",
        "schedule": 15.0,
        "options": {"expires": 30.0},
    },
    "core-forget-old-keys": {"task": "core.forget_old_keys", "schedule": 86400.0},
}
