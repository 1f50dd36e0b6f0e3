"""Reports that are shared, sent and watched; an investment; the ways in for other systems."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import time as Time
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.models import User
from apps.integration.services.api_keys import create_api_key
from apps.integration.services.endpoints import create_endpoint
from apps.integration.services.service_accounts import create_service_account
from apps.reporting.models import RoiCase, SavedReport
from apps.reporting.services.alerts import check_alerts, create_alert_rule
from apps.reporting.services.roi_cases import (
    Flow,
    approve_roi_case,
    draft_roi_case,
    measure_roi_case,
    start_roi_case,
)
from apps.reporting.services.saved_reports import Tile, create_dashboard, create_saved_report
from apps.reporting.services.schedules import create_schedule
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

DAY = timedelta(days=1)
Story = dict[str, Any]


def read_reporting() -> Story:
    return tomllib.loads((FOLDER / "reporting.toml").read_text(encoding="utf-8"))


class Controller:
    """Keeps questions, has them sent and watched, and counts what an investment has brought."""

    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan, self.time = plant, plan, plant.time
        self.main = str(plant.files.story["company"]["main_site"])
        self.story = read_reporting()

    def acts(self) -> Iterator[Act]:
        yield self._act(1, 16, "reports", self.save_reports)
        for row in self.story["schedules"]:
            yield self._act(row["day"], 9, row["code"], partial(self.schedule, row))
        for row in self.story["alerts"]:
            yield self._act(row["day"], 9, row["code"], partial(self.watch, row))
        for number, day in enumerate(self.time.days(self.main)):
            if number > max(row["day"] for row in self.story["alerts"]):
                at = self.time.moment(self.main, day, 6, 25)
                yield Act(at, Step.AFTER, "alerts", check_alerts)
        roi = self.story["roi"]
        for key, do in (
            ("drafted", self.draft_investment),
            ("approved", self.approve_investment),
            ("started", self.start_investment),
        ):
            yield self._act(roi[key], 15, "roi", do)
        at = self.time.moment(self.main, self.plan.last, 23, 55)
        yield Act(at, Step.AFTER, "roi", self.measure_investment)

    def _act(self, day: int, hour: int, key: str, do: Any) -> Act:
        at = self.time.moment(self.main, self.time.day(self.main, day), hour, 45)
        return Act(at, Step.BOOKS, key, do)

    # --- reports ----------------------------------------------------------------------------

    def save_reports(self) -> None:
        company = self.plant.company
        reports = {
            row["code"]: create_saved_report(
                company=company,
                code=row["code"],
                name=row["name"],
                dataset=row["dataset"],
                question=row["question"],
                is_shared=True,
                by=self._user(row["owner"]),
            )
            for row in self.story["reports"]
        }
        for row in self.story["dashboards"]:
            create_dashboard(
                company=company,
                code=row["code"],
                name=row["name"],
                is_shared=True,
                role=Group.objects.get(name=row["role"]) if "role" in row else None,
                tiles=[Tile(reports[code], n) for n, code in enumerate(row["reports"], start=1)],
                by=self._user(row["owner"]),
            )

    def schedule(self, row: Story) -> None:
        create_schedule(
            company=self.plant.company,
            code=row["code"],
            name=row["name"],
            report=self._report(row["report"]),
            site=self.plant.main_site,
            frequency=row["frequency"],
            weekday=row["weekday"],
            at=Time.fromisoformat(row["at"]),
            file_format=row["file_format"],
            recipients=self._addresses(row["recipients"]),
            by=self._user(row["owner"]),
        )

    def watch(self, row: Story) -> None:
        watched: Story = (
            {"measure": row["measure"]}
            if "measure" in row
            else {"report": self._report(row["report"]), "value": row["value"]}
        )
        create_alert_rule(
            company=self.plant.company,
            code=row["code"],
            name=row["name"],
            direction="above",
            threshold=Decimal(row["threshold"]),
            hysteresis=Decimal(row.get("hysteresis", 0)),
            recipients=self._addresses(row["recipients"]),
            by=self._user(row["owner"]),
            **watched,
        )

    # --- the investment ---------------------------------------------------------------------

    def draft_investment(self) -> None:
        """Its benefit begins with the month of these books, against the month before."""
        about = self.story["roi"]
        begins = self.plan.first.replace(day=1)
        before = begins - DAY
        draft_roi_case(
            company=self.plant.company,
            title=about["title"],
            note=about["note"],
            rate=Decimal(about["rate"]),
            starts_on=begins,
            dataset=about["dataset"],
            question=about["question"],
            value=about["value"],
            good=about["good"],
            baseline_from=before.replace(day=1),
            baseline_to=before,
            flows=[Flow(n, Decimal(amount)) for n, amount in enumerate(about["flows"])],
            by=self._user(about["owner"]),
        )

    def approve_investment(self) -> None:
        approve_roi_case(self._case(), by=self._user(self.story["roi"]["approved_by"]))

    def start_investment(self) -> None:
        start_roi_case(self._case(), by=self._user(self.story["roi"]["owner"]))

    def measure_investment(self) -> None:
        """At midnight: a month that ends with the story is over then."""
        owner = self._user(self.story["roi"]["owner"])
        measure_roi_case(self._case(), today=self.plan.last + DAY, by=owner)

    # --- helpers ----------------------------------------------------------------------------

    def _case(self) -> RoiCase:
        found: RoiCase = RoiCase.objects.get(
            company=self.plant.company, title=self.story["roi"]["title"]
        )
        return found

    def _report(self, code: str) -> SavedReport:
        found: SavedReport = SavedReport.objects.get(company=self.plant.company, code=code)
        return found

    def _user(self, role: str) -> User:
        return self.plant.user(role)

    def _addresses(self, roles: list[str]) -> str:
        return ", ".join(self._user(role).email for role in roles)


def set_up_integration(plant: Plant, by: User) -> None:
    """A program's account with a narrow key, and an address that is told of nothing yet."""
    story = read_reporting()["integration"]
    account = create_service_account(plant.company, by=by, **story["account"])
    key = story["key"]
    create_api_key(
        account,
        name=key["name"],
        scopes=key["scopes"],
        networks=key["networks"],
        expires_at=timezone.now() + timedelta(days=key["days"]),
        by=by,
    )
    create_endpoint(plant.company, account=account, is_active=False, by=by, **story["endpoint"])
