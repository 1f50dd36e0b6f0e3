"""What people on the floor may call for, and who is told when nobody comes."""

from __future__ import annotations

from django.contrib.auth.models import Group

from apps.core.models import Company, User
from apps.execution.services.andon_categories import StepLine, create_andon_category

#: Code, name, colour, whether it calls maintenance, and the ladder: role and minutes.
CATEGORIES = (
    ("MAT", "Material", "amber", False, (("planner", 5), ("plant_manager", 20))),
    ("QUAL", "Quality", "blue", False, (("quality", 5), ("plant_manager", 20))),
    ("MAINT", "Maintenance", "red", True, (("maintenance", 5), ("plant_manager", 30))),
    ("HELP", "Help at the machine", "violet", False, (("plant_manager", 10),)),
)


def create_andon_categories(company: Company, by: User) -> None:
    roles = {group.name: group for group in Group.objects.all()}
    for code, name, colour, calls_maintenance, ladder in CATEGORIES:
        steps = [
            StepLine(level, minutes, role=roles[role])
            for level, (role, minutes) in enumerate(ladder, start=1)
        ]
        create_andon_category(
            company=company,
            code=code,
            name=name,
            colour=colour,
            calls_maintenance=calls_maintenance,
            steps=steps,
            by=by,
        )
