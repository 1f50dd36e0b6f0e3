"""Gauges and their studies; corrective actions from problem to proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import BusinessError
from apps.hr.models import Employee
from apps.quality.models import Calibration, CorrectiveAction, Gauge
from apps.quality.services import corrective_actions as actions
from apps.quality.services.gauges import (
    StudyReading,
    calibrate_gauge,
    create_gauge_study,
    finish_gauge_study,
    quarantine_gauge,
)
from tests.quality.plant import D, Laboratory
from tests.support.reconciled import assert_reconciled


def refusal(act: Any) -> tuple[str, str | None]:
    before = (Calibration.objects.count(), CorrectiveAction.objects.count())
    with pytest.raises(BusinessError) as caught:
        act()
    assert (Calibration.objects.count(), CorrectiveAction.objects.count()) == before
    return caught.value.code, caught.value.field


def test_the_life_of_a_gauge(lab: Laboratory) -> None:
    by, today = lab.books.by, timezone.localdate()
    gauge = lab.gauge()
    assert (gauge.status, gauge.due_on) == ("in_use", today + timedelta(days=335))
    common = {"is_found_good": True, "is_left_good": True, "by": by}
    assert refusal(
        lambda: calibrate_gauge(gauge, calibrated_on=today + timedelta(days=1), **common)
    ) == ("in_the_future", "calibrated_on")
    assert refusal(
        lambda: calibrate_gauge(gauge, calibrated_on=today - timedelta(days=31), **common)
    ) == ("before_the_last", "calibrated_on")
    assert refusal(lambda: calibrate_gauge(gauge, calibrated_on=today, due_on=today, **common)) == (
        "due_before",
        "due_on",
    )
    assert gauge.status_on(today + timedelta(days=335)) == "in_use"
    assert gauge.status_on(today + timedelta(days=336)) == "due"
    quarantine_gauge(gauge, reason="dropped", by=by)
    assert refusal(lambda: quarantine_gauge(gauge, reason="again", by=by))[0] == "same_status"
    calibrate_gauge(gauge, calibrated_on=today, is_found_good=False, is_left_good=False, by=by)
    assert Gauge.objects.get().status == "out"
    calibrate_gauge(gauge, calibrated_on=today, **common)
    assert Gauge.objects.get().status == "in_use"
    assert_reconciled()


def test_a_study_is_reckoned_up_or_refused(lab: Laboratory) -> None:
    size = lab.characteristic("SIZE", "numeric")
    readings = [
        StudyReading(str(part), who, trial, D(part) + D(trial) / 100)
        for part in range(1, 11)
        for who in "AB"
        for trial in (1, 2)
    ]

    def study(rows: list[StudyReading], method: str = "anova") -> Any:
        return create_gauge_study(
            lab.books.company, gauge=lab.known["gauge"], characteristic=size, readings=rows,
            method=method, tolerance=D(10), by=lab.books.by,
        )  # fmt: skip

    lab.known["gauge"] = lab.gauge()
    for method in ("anova", "average_range"):
        done = finish_gauge_study(study(readings, method), by=lab.books.by)
        assert (done.status, done.verdict) == ("done", "acceptable")
        assert done.percent_gauge is not None and done.percent_gauge < 1
    assert refusal(lambda: finish_gauge_study(study(readings[:-1]), by=lab.books.by)) == (
        "unbalanced", "readings",
    )  # fmt: skip
    assert refusal(lambda: study([readings[0], readings[0]])) == ("reading_twice", "trial")
    nan = StudyReading("1", "A", 1, D("NaN"))
    assert refusal(lambda: study([nan])) == ("not_a_number", "value")


def test_a_corrective_action_ends_with_proof(lab: Laboratory) -> None:
    by, today = lab.books.by, timezone.localdate()
    owner = Employee(company=lab.books.company, code="E1", name="Eva", site=lab.books.site).save_by(
        by
    )
    values = {"title": "Cracks", "owner": owner, "due_on": today, "by": by}
    assert refusal(
        lambda: actions.open_corrective_action(lab.books.company, problem=" ", **values)
    ) == ("text_required", "problem")
    action = actions.open_corrective_action(lab.books.company, problem="Cracks", **values)
    step = actions.Step("New oil", owner, today)
    assert refusal(lambda: actions.plan_steps(action, steps=[step], by=by))[0] == "wrong_status"
    action = actions.find_root_cause(action, root_cause="Old oil", by=by)
    action = actions.plan_steps(action, steps=[step], by=by)
    assert refusal(lambda: actions.finish_actions(action, check_on=today, by=by)) == (
        "steps_open", "status",
    )  # fmt: skip
    [planned] = action.steps.all()
    actions.complete_step(planned, result="Changed", by=by)
    assert refusal(lambda: actions.complete_step(planned, result="x", by=by))[0] == "done_already"
    action = actions.finish_actions(action, check_on=today, by=by)
    judged = {"is_effective": True, "evidence": "No crack in 30 days"}
    assert refusal(lambda: actions.judge_effectiveness(action, by=by, **judged)) == (
        "self_approval", "is_effective",
    )  # fmt: skip
    failed = actions.judge_effectiveness(
        action, is_effective=False, evidence="Two more", by=lab.reviewer
    )
    assert failed.status == "root_cause"
    action = actions.plan_steps(action, steps=[step], by=by)
    actions.complete_step(action.steps.get(done_on=None), result="Changed", by=by)
    action = actions.finish_actions(action, check_on=today, by=by)
    action = actions.judge_effectiveness(action, by=lab.reviewer, **judged)
    assert (action.status, action.is_effective) == ("closed", True)
    action = actions.reopen_corrective_action(action, reason="It is back", by=by)
    assert (action.status, action.is_effective) == ("root_cause", None)
