"""The story holds whenever it begins: over holidays, the turn of a year, a short month.

It begins 31 days before whoever starts the demo. More days: ``MES_ERP_DEMO_DAYS``, with commas.
"""

from __future__ import annotations

import os
from datetime import date

import pytest

from apps.core.models import ExchangeRate
from mes_erp.demo.load import load_demo_plant
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DAYS = os.environ.get("MES_ERP_DEMO_DAYS", "2026-12-10").split(",")


@pytest.mark.parametrize("first", DAYS)
def test_the_month_from(first: str) -> None:
    plan = load_demo_plant(lambda _step, _done, _total: None, first=date.fromisoformat(first))
    assert ExchangeRate.objects.order_by("date").last().date == plan.last
    assert_reconciled()
