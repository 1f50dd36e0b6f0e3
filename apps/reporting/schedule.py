"""When the tasks run, for ``CELERY_BEAT_SCHEDULE``. Imports nothing, so that settings can."""

# A worker that comes back needs one of the ticks that piled up, not all.
SCHEDULE = {
    "reporting-queue-due-reports": {
        "task": "reporting.queue_due_reports",
        "schedule": 60.0,
        "options": {"expires": 120.0},
    },
    "reporting-check-alerts": {
        "task": "reporting.check_alerts",
        "schedule": 300.0,
        "options": {"expires": 600.0},
    },
    "reporting-measure-roi-cases": {"task": "reporting.measure_roi_cases", "schedule": 21600.0},
}
