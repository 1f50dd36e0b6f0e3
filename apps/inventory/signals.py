"""What this app announces to those above it, inside the same transaction."""

from django.dispatch import Signal

#: Arguments: ``company``, ``moves`` (the ones taken back). Sent once the way back is posted.
moves_reversed = Signal()
