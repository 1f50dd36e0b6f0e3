"""Planning as arithmetic over plain arrays: no ORM, no clock, no settings.

Quantities are integers in millionths of a stock unit (``scale``), days are integers counted from
the planning date (0 = today), money never appears.
"""
