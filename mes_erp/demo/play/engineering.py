"""What changes in the designs: engineering changes, and instructions that are read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date as Date
from decimal import Decimal
from functools import partial
from typing import Any

from apps.core.services.master_data import create_row, update_row
from apps.engineering.models import (
    BillOfMaterials,
    EngineeringChange,
    InstructionRevision,
    Routing,
    WorkInstruction,
)
from apps.engineering.services.boms import Component, create_bom
from apps.engineering.services.changes import (
    Change,
    approve_engineering_change,
    create_engineering_change,
    implement_engineering_change,
    submit_engineering_change,
)
from apps.engineering.services.instructions import Step as InstructionStep
from apps.engineering.services.instructions import (
    acknowledge_revision,
    create_instruction_revision,
    release_instruction_revision,
)
from apps.engineering.services.routings import Operation, create_routing
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

Story = dict[str, Any]


def read_engineering() -> Story:
    return tomllib.loads((FOLDER / "engineering.toml").read_text(encoding="utf-8"))


class Engineer:
    """Writes changes and instructions; others approve them, the floor reads them."""

    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan, self.time = plant, plan, plant.time
        self.main = str(plant.files.story["company"]["main_site"])
        self.story = read_engineering()
        self.planner, self.quality = plant.user("planner"), plant.user("quality")
        self.manager = plant.user("plant_manager")

    def acts(self) -> Iterator[Act]:
        for change in self.story["changes"]:
            for key, hour, do in (
                ("written", 10, self.write_change),
                ("approved", 14, self.approve_change),
                ("implemented", 9, self.implement_change),
            ):
                if key in change:
                    yield self._act(change[key], hour, change["title"], partial(do, change))
        for about in self.story["instructions"]:
            for revision in about["revisions"]:
                if "written" in revision:
                    do_write = partial(write_revision, self.plant, about["code"], revision)
                    yield self._act(revision["written"], 11, about["code"], do_write)
                    do_release = partial(self.release_revision, about, revision)
                    yield self._act(revision["released"], 13, about["code"], do_release)
            if about.get("becomes_binding"):
                at = self.time.moment(self.main, self.plan.last, 19, 30)
                yield Act(at, Step.BOOKS, about["code"], partial(self.make_binding, about))

    def _act(self, day: int, hour: int, key: str, do: Any) -> Act:
        at = self.time.moment(self.main, self.time.day(self.main, day), hour, 15)
        return Act(at, Step.BOOKS, key, do)

    # --- engineering changes ----------------------------------------------------------------

    def write_change(self, story: Story) -> None:
        """The new design as a draft, the change that is to release it, handed in."""
        design: dict[str, BillOfMaterials | Routing] = (
            {"to_bom": self._new_bom(story)}
            if "replaces" in story
            else {"to_routing": self._new_routing(story)}
        )
        line = Change(
            self.plant.items[story["item"]],
            self._in_force(story),
            stock_disposition=story["stock"],
            **design,  # type: ignore[arg-type]
        )
        change = create_engineering_change(
            self.plant.company,
            title=story["title"],
            why=story["why"],
            lines=[line],
            by=self.planner,
        )
        submit_engineering_change(change, by=self.planner)

    def approve_change(self, story: Story) -> None:
        approve_engineering_change(self._change(story), decision=story["decision"], by=self.quality)

    def implement_change(self, story: Story) -> None:
        implement_engineering_change(self._change(story), by=self.planner)

    def _change(self, story: Story) -> EngineeringChange:
        rows = EngineeringChange.objects.select_related("company")
        found: EngineeringChange = rows.get(company=self.plant.company, title=story["title"])
        return found

    def _in_force(self, story: Story) -> Date:
        return self.time.plus(self.main, self.plan.last, story["in_force"])

    def _new_bom(self, story: Story) -> BillOfMaterials:
        old = BillOfMaterials.objects.get(
            item=self.plant.items[story["item"]], status=BillOfMaterials.Status.RELEASED
        )
        return create_bom(
            self.plant.company,
            item=self.plant.items[story["item"]],
            components=[
                Component(
                    item=self.plant.items[story["replaces"].get(line.item.code, line.item.code)],
                    quantity=line.quantity,
                    unit=line.unit,
                    scrap_percent=line.scrap_percent,
                    position=line.position,
                    operation_sequence=line.operation_sequence,
                    issue_method=line.issue_method,
                )
                for line in old.lines.select_related("item", "unit").order_by("position")
            ],
            revision=story["revision"],
            note=story["title"],
            by=self.planner,
        )

    def _new_routing(self, story: Story) -> Routing:
        old = Routing.objects.get(
            item=self.plant.items[story["item"]], status=Routing.Status.RELEASED
        )
        names = ("sequence", "name", "work_centre", "setup_minutes", "labour_factor", "is_counted")
        names += ("instructions", "inspection", "instruction")
        return create_routing(
            self.plant.company,
            item=self.plant.items[story["item"]],
            operations=[
                Operation(
                    **{name: getattr(step, name) for name in names},
                    run_minutes=Decimal(
                        story["run_minutes"].get(str(step.sequence), step.run_minutes)
                    ),
                )
                for step in old.operations.select_related("work_centre", "instruction").order_by(
                    "sequence"
                )
            ],
            revision=story["revision"],
            note=story["title"],
            by=self.planner,
        )

    # --- work instructions ------------------------------------------------------------------

    def release_revision(self, about: Story, revision: Story) -> None:
        row = InstructionRevision.objects.select_related("company", "instruction").get(
            company=self.plant.company,
            instruction__code=about["code"],
            revision=revision["revision"],
        )
        release_instruction_revision(row, by=self.manager)
        read_revision(self.plant, row, about["readers"])

    def make_binding(self, about: Story) -> None:
        """Everybody who works by it has read it: from now on the terminal asks for that."""
        row = WorkInstruction.objects.get(company=self.plant.company, code=about["code"])
        update_row(
            row, values={"must_acknowledge": True}, by=self.quality, reason="Read by all readers"
        )


def set_up_instructions(plant: Plant) -> dict[tuple[str, int], WorkInstruction]:
    """The instructions in their first revision, read by their readers; by item and sequence."""
    found = {}
    for about in read_engineering()["instructions"]:
        values = {"company": plant.company, "code": about["code"], "name": about["name"]}
        instruction = create_row(WorkInstruction, values=values, by=plant.user("quality"))
        for item, sequence in about["operations"]:
            found[item, sequence] = instruction
        for revision in about["revisions"]:
            if "written" not in revision:
                row = write_revision(plant, about["code"], revision)
                row = release_instruction_revision(row, by=plant.user("plant_manager"))
                read_revision(plant, row, about["readers"])
    return found


def write_revision(plant: Plant, code: str, revision: Story) -> InstructionRevision:
    """A draft; one that is written in the story holds from the day after its release."""
    effective_from = None
    if "released" in revision:
        main = str(plant.files.story["company"]["main_site"])
        effective_from = plant.time.day(main, revision["released"] + 1)
    return create_instruction_revision(
        plant.company,
        instruction=WorkInstruction.objects.get(company=plant.company, code=code),
        revision=revision["revision"],
        changed=revision["changed"],
        effective_from=effective_from,
        steps=[InstructionStep(*step) for step in revision["steps"]],
        by=plant.user("quality"),
    )


def read_revision(plant: Plant, revision: InstructionRevision, readers: list[str]) -> None:
    """At the terminal of the shop floor, each with the own badge."""
    for code in readers:
        acknowledge_revision(revision, employee=plant.employees[code], by=plant.user("operator"))
