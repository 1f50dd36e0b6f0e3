"""Invariants of the shop floor, one module per topic; ``reconcile`` loads them."""
