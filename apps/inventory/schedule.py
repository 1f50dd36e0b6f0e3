"""When the tasks run. Imports nothing, so that settings can."""

SCHEDULE = {
    "inventory-expire-pick-lists": {
        "task": "inventory.expire_pick_lists",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "inventory-expire-reservations": {
        "task": "inventory.expire_reservations",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
}
