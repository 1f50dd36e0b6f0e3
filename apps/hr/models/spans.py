"""Rows that hold from one day to another, one at a time, kept so by the database."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import CheckConstraint, F, Func, Q, Value
from django.db.models.constraints import BaseConstraint


class DaySpan(Func):
    """Both days included; an open end is for ever."""

    function = "daterange"
    output_field = DateRangeField()

    def __init__(self, first: str, last: str) -> None:
        self.days = first, last
        super().__init__(F(first), F(last), Value("[]"))

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, str]]:
        return "apps.hr.models.spans.DaySpan", self.days, {}


def one_at_a_time(
    prefix: str, owner: str, first: str, last: str, *, within: str = ""
) -> list[BaseConstraint]:
    """No two rows of one ``owner`` (and one ``within``) share a day.

    ``int8range`` spares the btree_gist extension.
    """
    keys = [f"{name}_id" for name in (owner, within) if name]
    return [
        CheckConstraint(
            condition=Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": F(first)}),
            name=f"{prefix}_span",
        ),
        ExclusionConstraint(
            name=f"{prefix}_no_overlap",
            expressions=[
                *(
                    (
                        Func(F(key), F(key), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    )
                    for key in keys
                ),
                (DaySpan(first, last), RangeOperators.OVERLAPS),
            ],
        ),
    ]
