"""How a flow ends: every invariant holds."""

from __future__ import annotations

from apps.core.reconcile import reconcile


def assert_reconciled() -> None:
    broken = {f.invariant.code: f.offences[:5] for f in reconcile() if not f.is_clean}
    assert not broken, broken
