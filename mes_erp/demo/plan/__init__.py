"""The month's story as plain values: who orders, makes, ships and breaks what, and when.

Nothing here touches the database, so the plan can be judged by itself (capacity, stock), and the
same seed always tells the same story.
"""
