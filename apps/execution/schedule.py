"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

# A worker that comes back after an hour needs one of the ticks that piled up, not all.
SCHEDULE = {
    "execution-escalate-andon": {
        "task": "execution.escalate_andon",
        "schedule": 60.0,
        "options": {"expires": 120.0},
    },
}
