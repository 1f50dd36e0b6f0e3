"""What this app announces to those above it, inside the same transaction."""

from django.dispatch import Signal

#: Arguments: ``company``, ``moves`` (the ones taken back), ``by``. Sent once the way back is
#: posted.
moves_reversed = Signal()

#: Arguments: ``company``, ``source``, ``pairs`` (parent lot's key, child lot's key, quantity of the
#: parent, below zero where it is undone), ``by``. Sent once the moves are posted that turned lots
#: into others without a work order: kits, subcontracting.
lots_converted = Signal()

#: Arguments: ``lots`` (as they are), ``status`` (what they become), ``authority`` (the document
#: that decides, None when somebody does it by hand), ``by``. Sent before it is written: a
#: receiver may refuse.
lot_status_changing = Signal()
