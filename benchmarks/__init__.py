"""What the suite costs, and what it survives: `manage.py bench` and `manage.py torture`.

Every workload and every fault is one module; each works on a database of its own, made for it and
dropped after it. What a figure means, and what it does not prove, is in `docs/operations.md`.
"""
