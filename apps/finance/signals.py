"""What this app announces to those above it, inside the same transaction."""

from django.dispatch import Signal

#: Arguments: ``invoice``, ``date``, ``reason``, ``by``. Sent before the reversal's own entry, so
#: that a handler may lock stock: number series come last.
invoice_reversed = Signal()

#: Arguments: ``invoice`` with its rate, its ``lines``, ``by``. Sent when it is being posted, before
#: its entry, for the same reason; its number is not taken yet. Ledger lines that a handler returns
#: join the entry: they balance among themselves.
invoice_posted = Signal()

#: Arguments: ``invoice``, ``reason``, ``by``. Sent when a draft is given up.
invoice_cancelled = Signal()

#: Arguments: ``invoice``, ``note`` (its posted credit note), ``by``. Sent when the note is posted.
invoice_credited = Signal()
