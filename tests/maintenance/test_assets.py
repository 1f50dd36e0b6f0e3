"""The tree of assets, failure codes, and what may not be."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from apps.core.errors import BusinessError
from apps.core.tables import Row, Table
from apps.maintenance.models import Asset, FailureCode
from apps.maintenance.queries.assets import annual_costs, asset_tree, cost_of_last_year
from apps.maintenance.resources import AssetResource, MaintenancePlanResource
from apps.maintenance.services.assets import update_asset
from apps.maintenance.services.failure_codes import create_failure_code, update_failure_code
from apps.maintenance.services.labour import book_labour
from tests.factories import make_site
from tests.maintenance.conftest import DAY, D, Workshop
from tests.support.faces import ApiClient

pytestmark = pytest.mark.django_db


def test_a_tree_does_not_close_on_itself(workshop: Workshop) -> None:
    plant = workshop.asset("PLANT", kind="plant")
    line = workshop.asset("LINE", parent=plant)
    press = workshop.asset("PRESS", parent=line)
    assert [(row["code"], row["depth"]) for row in asset_tree(press)] == [
        ("PLANT", 0),
        ("LINE", 1),
        ("PRESS", 2),
    ]
    for parent in (press, plant):
        with pytest.raises(BusinessError) as refused:
            update_asset(plant, parent=parent, by=workshop.by)
        assert (refused.value.code, refused.value.field) == ("circular", "parent")
    assert Asset.objects.get(pk=plant.pk).parent is None


def test_an_asset_stands_where_its_machine_does(workshop: Workshop) -> None:
    other = make_site(workshop.books.company, by=workshop.by, code="NORTH")
    machine = workshop.floor.machine("M9")
    with pytest.raises(BusinessError) as refused:
        workshop.asset("A9", site=other, machine=machine)
    assert (refused.value.code, refused.value.field) == ("other_site", "machine")
    assert not Asset.objects.exists()


def test_cost_of_an_asset_is_that_of_its_parts_too(workshop: Workshop) -> None:
    line = workshop.asset("LINE")
    press = workshop.asset("PRESS", parent=line)
    for asset, capital in ((line, False), (press, False), (press, True)):
        order = workshop.order(asset, is_capitalised=capital)
        book_labour(order, employee=workshop.fitter, minutes=D(60), date=DAY, by=workshop.by)
    [year] = annual_costs(line, before=date(2099, 1, 1))
    assert (year.year, year.expensed, year.capitalised) == (2026, 60, 30)
    assert cost_of_last_year(line, date(2026, 12, 31)) == 60
    assert cost_of_last_year(press, DAY) == 30
    assert cost_of_last_year(press, date(2028, 2, 29)) == 0
    press.refresh_from_db()
    with pytest.raises(BusinessError) as refused:
        update_asset(press, cost_object=None, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("has_cost", "cost_object")


def test_repair_or_replace_reads_the_ledger(workshop: Workshop) -> None:
    asset = workshop.asset()
    order = workshop.order(asset)
    today = timezone.localdate()
    book_labour(order, employee=workshop.fitter, minutes=D(120), date=today, by=workshop.by)
    api = ApiClient(workshop.by)
    ask = f"/maintenance/assets/{asset.pk}/replacement/?discount_rate=0.1&new_annual_cost=10"
    answer = api.get(f"{ask}&price=100&years=5")
    assert answer.status_code == 200, answer.content
    assert D(answer.body["annual_cost"]) == 60
    # 60 a year for 5 years at 10 %: 60 x 3.790787; 100 + 10 x 3.790787
    assert D(answer.body["keep"]) == D("-227.45")
    assert D(answer.body["replace"]) == D("-137.91")
    assert D(answer.body["advantage"]) == D("89.54")
    assert answer.body["is_replacing_better"] is True
    refused = api.get(f"{ask}&price=100&years=0")
    assert refused.status_code == 400


def test_failure_codes_keep_their_order(workshop: Workshop) -> None:
    company, by = workshop.books.company, workshop.by
    mode = create_failure_code(company=company, code="LEAK", name="Leaks", kind="mode", by=by)
    cause = create_failure_code(
        company=company, code="WEAR", name="Wear", kind="cause", parent=mode, by=by
    )
    with pytest.raises(BusinessError) as refused:
        create_failure_code(
            company=company, code="SEAL", name="New seal", kind="remedy", parent=mode, by=by
        )
    assert (refused.value.code, refused.value.field) == ("wrong_parent", "parent")
    for change, code in (({"parent": cause}, "circular"), ({"kind": "remedy"}, "wrong_parent")):
        with pytest.raises(BusinessError) as refused:
            update_failure_code(mode, by=by, **change)
        assert refused.value.code == code
    assert FailureCode.objects.count() == 2


def test_assets_and_plans_come_by_file_or_not_at_all(workshop: Workshop) -> None:
    company, by = workshop.books.company, workshop.by
    floor_machine = workshop.floor.machine("M1")
    rows = [
        {"code": "A1", "name": "One", "site": "MAIN", "machine": "M1", "kind": "machine"},
        {"code": "A2", "name": "Two", "site": "MAIN", "machine": "", "kind": "tool"},
    ]
    report = AssetResource().run_import(table(rows), company=company, by=by)
    assert not report.errors, report.errors
    assert Asset.objects.get(code="A1").machine == floor_machine
    report = AssetResource().run_import(
        table([{"code": "A1", "parent": "A2"}, {"code": "A2", "parent": "A1"}]),
        company=company,
        by=by,
    )
    assert [(error.field, error.code) for error in report.errors] == [("parent", "circular")]
    assert not Asset.objects.filter(parent__isnull=False).exists()

    plans = [
        {
            "code": "P1",
            "name": "Weekly",
            "asset": "A1",
            "interval_days": "7",
            "starts_on": "2026-01-01",
        },
        {"code": "P2", "name": "Never", "asset": "A1", "interval_days": "", "starts_on": ""},
    ]
    report = MaintenancePlanResource().run_import(table(plans), company=company, by=by)
    assert [(error.row, error.code) for error in report.errors] == [(3, "no_trigger")]


def table(rows: list[dict[str, str]]) -> Table:
    names = tuple(rows[0])
    return Table(names, [Row(line, row) for line, row in enumerate(rows, start=2)])
