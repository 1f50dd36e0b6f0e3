"""The invariant of number series finds the break it is there for."""

from __future__ import annotations

import pytest

from apps.core.reconcile import reconcile
from tests import factories
from tests.support.connections import superuser


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("number-series-unique")
def test_a_series_that_is_behind_itself_is_seen(acme: factories.Company) -> None:
    assert reconcile(["number-series-unique"])[0].is_clean
    with superuser() as tamperer:
        tamperer.execute(
            "INSERT INTO core_numbersequence (company_id, series, last_number)"
            " VALUES (%s, 'x', -1)",
            [acme.pk],
        )
    [offence] = reconcile(["number-series-unique"])[0].offences
    assert (offence["series"], offence["last_number"]) == ("x", -1)
