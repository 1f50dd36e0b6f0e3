from __future__ import annotations

import pytest

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.masterdata.models import ReasonCode
from apps.masterdata.services.reasons import create_reason_code, update_reason_code
from tests import factories


@pytest.fixture
def acme(by: User) -> Company:
    return factories.make_company("ACME", by=by)


def make(acme: Company, by: User, code: str, **values: object) -> ReasonCode:
    values.setdefault("kind", "scrap")
    return create_reason_code(company=acme, code=code, name=code, by=by, **values)


def test_no_reason_stands_above_itself(acme: Company, by: User) -> None:
    a = make(acme, by, "A")
    b = make(acme, by, "B", parent=a)
    c = make(acme, by, "C", parent=b)
    for parent in (a, b, c):
        with pytest.raises(InvalidInput) as caught:
            update_reason_code(a, parent=parent, by=by)
        assert caught.value.code == "circular"
    assert update_reason_code(c, parent=a, by=by).parent == a


def test_a_branch_has_one_kind(acme: Company, by: User) -> None:
    top = make(acme, by, "TOP")
    with pytest.raises(InvalidInput, match="kind"):
        make(acme, by, "STOP", kind="downtime", parent=top)
    make(acme, by, "SUB", parent=top)
    with pytest.raises(InvalidInput, match="below"):
        update_reason_code(top, kind="downtime", by=by)
    assert ReasonCode.objects.filter(kind="downtime").count() == 0
