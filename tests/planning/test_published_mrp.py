"""The published cases of material planning, each by its name in the index of cases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from apps.planning.engine import buffers, lot_sizing
from apps.planning.engine.calendars import WorkingDays
from apps.planning.engine.errors import PlanError
from apps.planning.engine.netting import Policies, required_by_day
from apps.planning.engine.plan import Edges, Flow, Nodes, Plan, Situation, make_plan
from tests.planning.cases import needs_cases, read_json

pytestmark = needs_cases


def numbers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def policies(size: int, **values: Any) -> Policies:
    """Lot for lot, without safety stock, unless ``values`` say otherwise."""
    names = {name: np.zeros(size, dtype=np.int64) for name in Policies.__slots__}
    names["is_planned"] = np.ones(size, dtype=np.int64)
    for name, value in values.items():
        names[name] = np.full(size, value, dtype=np.int64)
    return Policies(**names)


def plan(
    size: int,
    periods: int,
    demand: list[tuple[int, int, int]],
    *,
    lead: Any = None,
    on_hand: Any = None,
    edges: Edges | None = None,
    arriving: list[tuple[int, int, int]] = (),  # type: ignore[assignment]
    **values: Any,
) -> Plan:
    """A plan in whole periods, every one of them a working day."""
    zeros = np.zeros(size, dtype=np.int64)
    nodes = Nodes(
        on_hand=zeros if on_hand is None else numbers(*on_hand),
        lead_time=zeros if lead is None else numbers(*lead),
        safety_time=zeros,
        calendar=zeros,
        policies=policies(size, **values),
    )
    nothing = numbers()
    return make_plan(
        Situation(
            nodes=nodes,
            edges=edges or Edges(nothing, nothing, nothing, nothing),
            demand=Flow.of(demand),
            arriving=Flow.of(list(arriving)),
            fixed=Flow.of([]),
            calendars=[WorkingDays(lambda _day: True, first=-100, last=periods + 10)],
            days=periods,
        )
    )


def orders_of(found: Plan, node: int = 0) -> list[tuple[int, int, int]]:
    """(start, due, quantity)."""
    orders = found.orders
    mine = orders.node == node
    rows = zip(orders.start[mine], orders.due[mine], orders.quantity[mine], strict=True)
    return [(int(a), int(b), int(c)) for a, b, c in rows]


def receipts_of(found: Plan, periods: int) -> list[int]:
    result = [0] * periods
    for _start, due, quantity in orders_of(found):
        result[due] += quantity
    return result


@pytest.mark.case("MRP-BOM-Z59")
def test_MRP_BOM_Z59() -> None:
    case = read_json("02-mrp", "explosion", "product_z_59.json")
    names = list(case["lead_time_weeks"])
    place = {name: n for n, name in enumerate(names)}
    lines = [(place[p], place[c], q) for p, below in case["bom"].items() for c, q in below.items()]
    columns = numbers(*(v for line in lines for v in line)).reshape(-1, 3).T
    found = plan(
        len(names),
        20,
        [(place["Z"], case["demand"]["week"], case["demand"]["quantity"])],
        lead=[case["lead_time_weeks"][name] for name in names],
        edges=Edges(columns[0], columns[1], columns[2], np.ones_like(columns[2])),
    )
    for name, expected in case["expected"].items():
        assert orders_of(found, place[name]) == [
            (expected["release"], expected["receipt"], expected["quantity"])
        ], name


@pytest.mark.case("MRP-ORL-LEADTIME")
def test_MRP_ORL_LEADTIME() -> None:
    case = read_json("02-mrp", "orlicky", "truck_offset.json")
    leads = case["lead_time_weeks"]
    chain = numbers(0, 1), numbers(1, 2)
    found = plan(
        3,
        60,
        [(0, case["completion_week_of_A"], 1)],
        lead=list(leads.values()),
        edges=Edges(*chain, numbers(1, 1), numbers(1, 1)),
    )
    for node, name in enumerate(leads):
        [(start, _due, _quantity)] = orders_of(found, node)
        assert start == case["expected_release_week"][name]


@pytest.mark.case("MRP-ORL-NET-SIMPLE")
def test_MRP_ORL_NET_SIMPLE() -> None:
    case = read_json("02-mrp", "orlicky", "net_simple.json")
    found = plan(
        1,
        1,
        [(0, 0, case["gross"])],
        on_hand=[case["on_hand"]],
        arriving=[(0, 0, case["on_order"])],
    )
    assert receipts_of(found, 1) == [case["expected_net"]]


@pytest.mark.case("MRP-ORL-FIG7-16")
def test_MRP_ORL_FIG7_16() -> None:
    """A time-phased order point is planning by requirements against a forecast and safety stock."""
    case = read_json("02-mrp", "orlicky", "fig7_16_time_phased_order_point.json")
    periods, usage = case["periods"], case["forecast_per_period"]
    found = plan(
        1,
        periods,
        [(0, period, usage) for period in range(periods)],
        on_hand=[case["on_hand"]],
        lead=[case["lead_time"]],
        safety_stock=case["safety_stock"],
        rule=1,
        fixed=case["order_quantity"],
    )
    expected = case["expected"]
    assert usage * case["lead_time"] + case["safety_stock"] == expected["order_point"]
    without = [case["on_hand"] - usage * (n + 1) for n in range(periods)]
    assert without == expected["projected_on_hand_without_new_orders"]
    starts = [start + 1 for start, _due, _quantity in orders_of(found)]
    assert starts == expected["planned_order_release_periods"]
    assert {quantity for _s, _d, quantity in orders_of(found)} == {expected["quantity_each"]}


@pytest.mark.case("MRP-ORL-ALLOC")
def test_MRP_ORL_ALLOC() -> None:
    """What is allocated to a released parent is asked for once, whoever asks."""
    case = read_json("02-mrp", "orlicky", "fig9_2_allocated.json")
    for name in ("before", "after_parent_release"):
        part = case[name]
        allocated = part.get("allocated", [0] * 4)
        gross = np.array([part["gross"], allocated], dtype=np.int64).sum(axis=0)
        projected = (case["on_hand"] - np.cumsum(gross)).tolist()
        assert projected == part["expected_projected_on_hand"]
        need = required_by_day(gross[None, :], numbers(case["on_hand"]), numbers(0))
        assert need[0].tolist() == [max(-p, 0) for p in projected]
    balance = case["reconciliation"]
    net = balance["gross"] + balance["allocated"] - balance["on_hand"]
    net -= balance["scheduled_receipts"]
    assert net == balance["expected_net"]
    assert balance["planned"] - net == balance["expected_excess"]


@pytest.mark.case("MRP-LOT-HR-SPEAKER")
@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("lot_for_lot", {}),
        ("eoq", {"rule": 1, "fixed": 73}),
        ("poq", {"rule": 3, "period": 3}),
    ],
)
def test_MRP_LOT_HR_SPEAKER(rule: str, values: dict[str, int]) -> None:
    case = read_json("02-mrp", "lotsizing", "speaker_kits.json")
    gross, periods = case["gross_requirements"], len(case["gross_requirements"])
    found = plan(
        1, periods, [(0, n, q) for n, q in enumerate(gross)], on_hand=[case["on_hand"]], **values
    )
    lots = receipts_of(found, periods)
    assert lots == case["expected"][f"{rule}_receipts"]
    cost = lot_sizing.lot_cost(
        gross, lots, case["on_hand"], case["setup_cost"], case["holding_cost_per_week"]
    )
    assert cost == case["expected"][f"{rule}_cost"]


@pytest.mark.case("MRP-LOT-HR-SPEAKER")
def test_MRP_LOT_HR_SPEAKER_wagner_whitin() -> None:
    case = read_json("02-mrp", "lotsizing", "speaker_kits.json")
    gross, stock = case["gross_requirements"], case["on_hand"]
    net = [max(gross[0] - stock, 0), *gross[1:]]
    costs = case["setup_cost"], case["holding_cost_per_week"]
    lots = lot_sizing.wagner_whitin(net, *costs)
    assert lot_sizing.lot_cost(gross, lots, stock, *costs) == case["expected"]["wagner_whitin_cost"]


@pytest.mark.case("MRP-LOT-WINSTON")
def test_MRP_LOT_WINSTON() -> None:
    case = read_json("02-mrp", "lotsizing", "winston_4month.json")
    demand, stock = case["demand"], case["initial_inventory"]
    net = [max(demand[0] - stock, 0), *demand[1:]]
    lots = lot_sizing.wagner_whitin(net, case["setup_cost"], case["holding_cost"])
    cost = lot_sizing.lot_cost(demand, lots, stock, case["setup_cost"], case["holding_cost"])
    assert cost == case["expected_total_cost"]
    assert lots == case["expected_lots"]


@pytest.mark.case("MRP-LOT-EOQ")
def test_MRP_LOT_EOQ() -> None:
    case = read_json("02-mrp", "lotsizing", "eoq_wikipedia.json")
    holding = case["carrying_cost"] + case["interest"] * case["unit_cost"]
    quantity = lot_sizing.economic_order_quantity(
        case["annual_demand"], case["order_cost"], holding
    )
    orders = case["annual_demand"] / quantity
    total = (
        case["annual_demand"] * case["unit_cost"]
        + orders * case["order_cost"]
        + quantity / 2 * holding
    )
    expected = case["expected"]
    assert (quantity, orders, total) == (
        pytest.approx(expected["eoq"]),
        pytest.approx(expected["orders_per_year"]),
        pytest.approx(expected["total_cost"]),
    )


@pytest.mark.case("MRP-ORL-PPB")
@pytest.mark.parametrize("way", ["look_ahead", "look_back"])
def test_MRP_ORL_PPB(way: str) -> None:
    case = read_json("02-mrp", "orlicky", "part_period_balancing.json")
    part = case[way]
    lots = lot_sizing.part_period_lots(
        part["net_requirements"],
        case["economic_part_period"],
        looks_ahead=way == "look_ahead",
        looks_back=way == "look_back",
    )
    starts = [n + 1 for n, lot in enumerate(lots) if lot]
    expected = part["expected"]
    assert (lots[0], starts[1]) == (expected["first_lot"], expected["second_lot_starts_in_period"])


@pytest.mark.case("MRP-MPS-PUMPS")
def test_MRP_MPS_PUMPS() -> None:
    case = read_json("02-mrp", "mps", "pumps_mps_atp.json")
    found = lot_sizing.master_schedule(
        case["on_hand"], case["forecast"], case["customer_orders"], case["lot_size"]
    )
    expected = case["expected"]
    assert found.lots == expected["mps"]
    assert found.projected == expected["projected_on_hand"]
    assert found.available == expected["available_to_promise"]


@pytest.mark.case("MRP-RCCP-ERBEN")
def test_MRP_RCCP_ERBEN() -> None:
    case = read_json("02-mrp", "rccp", "erben_part_loads.json")
    for name, hours in case["expected_hours_by_mps_lot"].items():
        part = case["parts"][name.partition("@")[0]]
        assert (
            lot_sizing.rough_cut(case["mps"], part["setup_hours"], part["run_hours_per_unit"])
            == hours
        )


@pytest.mark.case("MRP-ORL-DDMRP-403P")
def test_MRP_ORL_DDMRP_403P() -> None:
    case = read_json("02-mrp", "orlicky", "ddmrp_403P.json")
    buffer = buffers.size_buffer(
        case["adu"],
        case["lead_time"],
        lead_time_factor=case["lead_time_factor"],
        variability_factor=case["variability_factor"],
        minimum=case["moq"],
        is_whole=True,
    )
    expected = case["expected"]
    assert (buffer.red_base, buffer.red_safety, buffer.yellow, buffer.green) == (
        expected["red_base"],
        expected["red_safety"],
        expected["yellow"],
        expected["green"],
    )
    assert (buffer.red, buffer.top_of_yellow, buffer.top_of_green) == (
        expected["top_of_red"],
        expected["top_of_yellow"],
        expected["top_of_green"],
    )


@pytest.mark.case("MRP-ORL-DDMRP-408")
def test_MRP_ORL_DDMRP_408() -> None:
    case = read_json("02-mrp", "orlicky", "ddmrp_408_multiple.json")
    order = buffers.order_quantity(
        case["available_stock"],
        case["top_of_yellow"],
        case["top_of_green"],
        minimum=case["order_min"],
        multiple=case["order_multiple"],
    )
    assert order == case["expected"]["order"]
    assert case["available_stock"] + order == case["expected"]["available_after"]


@pytest.mark.case("MRP-ORL-DDMRP-SPIKE")
def test_MRP_ORL_DDMRP_SPIKE() -> None:
    case = read_json("02-mrp", "orlicky", "ddmrp_order_spike.json")

    def days(text: str) -> int:
        month, day = (int(part) for part in text.split("/"))
        return (30 if month == 7 else 0) + day - 21

    orders = [(name, quantity, days(due)) for name, quantity, due in case["sales_orders"]]
    found = buffers.spikes(orders, case["order_spike_horizon_days"], 100)
    expected = case["expected_qualified_demand"]
    assert [name for name, _quantity in found] == expected["spikes"]
    assert sum(quantity for _name, quantity in found) == expected["quantity"]


@pytest.mark.case("MRP-DDMRP-OCA-SEQ")
def test_MRP_DDMRP_OCA_SEQ() -> None:
    case = read_json("02-mrp", "ddmrp_oca", "sequence.json")
    buffer = buffers.size_buffer(
        case["adu"],
        case["dlt"],
        lead_time_factor=case["lead_time_factor"],
        variability_factor=case["variability_factor"],
    )
    zones = case["expected_zones"]
    assert (buffer.red, buffer.yellow, buffer.green) == (
        zones["red"],
        zones["yellow"],
        zones["green"],
    )
    stock, on_order, demand = 200, 0, 0
    found = []
    for step in ((200, 0, 0), (200, 0, 150), (50, 0, 0), (50, 40, 0)):
        stock, on_order, demand = step
        position = buffers.net_flow(stock, on_order, demand)
        order = buffers.order_quantity(position, buffer.top_of_yellow, buffer.top_of_green)
        found.append((position, order))
    expected = [step["expected"] for step in case["steps"]]
    assert [order for _position, order in found] == [one["order"] for one in expected]
    for (position, _order), one in zip(found, expected, strict=True):
        assert position == one.get("net_flow", position)


@pytest.mark.case("MRP-DDMRP-OCA-ADU")
def test_MRP_DDMRP_OCA_ADU() -> None:
    actual, short, internal, blended, bad = read_json("02-mrp", "ddmrp_oca", "adu.json")
    for case, days in ((actual, 120), (short, 6), (internal, 120)):
        issues = [(day, q) for day, kind, q in case["moves"] if kind == "delivery"]
        assert round(buffers.average_daily_usage(issues, days), 2) == case["expected"], case
    assert buffers.blended_usage(360 / 120, 120 / 120, (0.5, 0.5)) == blended["expected"]
    assert bad["expected"] == "REJECT"
    with pytest.raises(PlanError):
        buffers.blended_usage(3, 1, (0.2, 0.6))


def test_the_sum_of_quantities_is_exact() -> None:
    """A third of a unit, thirty thousand times: no float anywhere."""
    found = plan(
        2,
        3,
        [(0, 2, 30_000_000_000)],
        edges=Edges(numbers(0), numbers(1), numbers(1), numbers(3)),
    )
    assert orders_of(found, 1) == [(2, 2, 10_000_000_000)]
    assert Decimal(10_000_000_000).scaleb(-6) == 10_000
