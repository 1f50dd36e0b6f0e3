"""The story holds whenever it begins: over holidays, the turn of a year, a short month.

It begins 31 days before whoever starts the demo. Here it is played from before Christmas into the
new year; whole months from the days in ``MES_ERP_DEMO_DAYS``, with commas.
"""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest

from apps.core.models import ExchangeRate
from mes_erp.demo.load import load_demo_plant
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ASKED = [day for day in os.environ.get("MES_ERP_DEMO_DAYS", "").split(",") if day]
PLAYED = [(day, 31) for day in ASKED] or [("2026-12-22", 13)]


@pytest.mark.parametrize(("first", "days"), PLAYED)
def test_the_days_from(first: str, days: int) -> None:
    begin = date.fromisoformat(first)
    load_demo_plant(lambda _step, _done, _total: None, first=begin, days=days)
    last = begin + timedelta(days=days - 1)
    assert ExchangeRate.objects.order_by("date").last().date == last
    assert_reconciled()
