"""How a flow ends: every invariant holds."""

from __future__ import annotations

from apps.core.reconcile import reconcile


def assert_reconciled(*codes: str) -> None:
    """Every invariant, or only those named."""
    findings = reconcile(codes or None)
    broken = {f.invariant.code: f.offences[:5] for f in findings if not f.is_clean}
    assert not broken, broken
