"""What an hour costs and is billed at: the most exact row that says something holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date as Date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.hr.models import Employee
from apps.masterdata.models import Machine, WorkCentreRate
from apps.projects.models import HourlyRate, Project


class Rates:
    """The rates of a company for these people, projects and machines, read once."""

    def __init__(
        self,
        company: Company,
        *,
        employees: Iterable[Employee],
        projects: Iterable[int],
        machines: Iterable[Machine] = (),
    ) -> None:
        people = {employee.pk: employee for employee in employees}
        rows = HourlyRate.objects.filter(company=company).filter(
            Q(employee__isnull=True) | Q(employee__in=people),
            Q(project__isnull=True) | Q(project__in=set(projects)),
        )
        self._rows = list(rows.order_by("-effective_from", "-pk"))
        centres = {one.work_centre_id for one in people.values()} - {None}
        centres |= {one.work_centre_id for one in machines}
        self._centres = list(
            WorkCentreRate.objects.filter(work_centre__in=centres).order_by("-effective_from")
        )

    def cost(self, employee: Employee, project: Project, day: Date, *, row: int) -> Decimal:
        """In company currency. Raises ``BusinessError`` when nobody says: free time is a lie."""
        found = self._found("cost_rate", employee, project, day)
        if found is None:
            found = self._of_centre("labour_rate", employee.work_centre_id, day)
        if not found:
            raise BusinessError(
                "no_rate",
                _("Nothing says what an hour of {employee} costs on {date}.").format(
                    employee=employee.code, date=day
                ),
                field="employee",
                row=row,
            )
        return found

    def machine(self, machine: Machine, day: Date, *, row: int) -> Decimal:
        """The machine rate of its work centre. Raises ``BusinessError`` when it has none."""
        found = self._of_centre("machine_rate", machine.work_centre_id, day)
        if not found:
            raise BusinessError(
                "no_rate",
                _("The work centre of {machine} has no machine rate on {date}.").format(
                    machine=machine.code, date=day
                ),
                field="machine",
                row=row,
            )
        return found

    def billing(self, employee: Employee, project: Project, day: Date) -> Decimal:
        """In the project's billing currency. Raises ``BusinessError`` when nobody says."""
        found = self._found("billing_rate", employee, project, day)
        if found is None:
            raise BusinessError(
                "no_billing_rate",
                _("Nothing says what an hour of {employee} is billed at on {date}.").format(
                    employee=employee.code, date=day
                ),
                field="employee",
            )
        return found

    def _found(self, name: str, employee: Employee, project: Project, day: Date) -> Decimal | None:
        for employee_id, project_id in (
            (employee.pk, project.pk),
            (None, project.pk),
            (employee.pk, None),
            (None, None),
        ):
            for rate in self._rows:
                is_it = rate.employee_id == employee_id and rate.project_id == project_id
                if is_it and rate.effective_from <= day and getattr(rate, name) is not None:
                    return Decimal(getattr(rate, name))
        return None

    def _of_centre(self, name: str, centre_id: int | None, day: Date) -> Decimal | None:
        for rate in self._centres:
            if rate.work_centre_id == centre_id and rate.effective_from <= day:
                return Decimal(getattr(rate, name))
        return None
