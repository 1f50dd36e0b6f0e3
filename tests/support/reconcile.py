"""The registers agree: what every flow ends with."""

from __future__ import annotations

from apps.core.reconcile import reconcile


def assert_reconciled() -> None:
    """Run every invariant; the offending rows are the message."""
    found = {f.invariant.code: f.offences[:5] for f in reconcile() if not f.is_clean}
    assert not found, found
