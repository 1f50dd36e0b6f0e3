"""What this app announces to those above it, inside the same transaction."""

from django.dispatch import Signal

#: Arguments: ``invoice``, ``date``, ``reason``, ``by``. Sent before the reversal's own entry, so
#: that a handler may lock stock: number series come last.
invoice_reversed = Signal()

#: Arguments: ``invoice``, ``note`` (its posted credit note), ``by``. Sent when the note is posted.
invoice_credited = Signal()
