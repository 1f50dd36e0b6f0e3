"""Column types used throughout: money, quantities, ledger amounts, references inside a company."""

from __future__ import annotations

from typing import Any

from django.db import models


class MoneyField(models.DecimalField):
    """An amount or price in a document: 16 digits before the point, 4 after."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class QuantityField(models.DecimalField):
    """A quantity, unit cost or rate: 14 digits before the point, 6 after."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)


class LedgerAmountField(MoneyField):
    """A signed ledger amount in a plain ``numeric`` column.

    A fixed-scale column rounds silently and takes NaN; a plain one with a CHECK refuses both.
    """

    def db_type(self, connection: Any) -> str:
        return "numeric"


class CompanyForeignKey(models.ForeignKey):
    """A reference to a row of the same company.

    Its constraint in the database is the composite one that ``company_references`` declares, so
    a child can't point into another company; the plain one would only be paid twice.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        super().__init__(to, on_delete, **kwargs)
