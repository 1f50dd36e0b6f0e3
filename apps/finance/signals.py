"""What this app announces to those above it, inside the same transaction."""

from django.dispatch import Signal

#: Arguments: ``invoice``, ``date``, ``reason``, ``by``. Sent before the reversal's own entry, so
#: that a handler may lock stock: number series come last.
invoice_reversed = Signal()
