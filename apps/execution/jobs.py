"""The shop floor's long work in the background."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import BackgroundJob, User
from apps.core.services.jobs import Report, job_handler, start_job
from apps.execution.models import WorkOrder
from apps.execution.printouts import PRINTABLE, travelers_pdf

TRAVELERS = "execution.travelers"
MOST_TRAVELERS = 500


def start_travelers(orders: Sequence[WorkOrder], *, by: User, paper: str = "A4") -> BackgroundJob:
    """Print the travelers of ``orders``, of one company, in their order, into one file."""
    if not orders:
        raise InvalidInput("no_orders", _("Choose work orders."), field="orders")
    company = orders[0].company
    if any(order.company_id != company.pk for order in orders):
        raise InvalidInput("other_company", _("One company at a time."), field="orders")
    for row, order in enumerate(orders):
        if order.status not in PRINTABLE:
            raise InvalidInput(
                "wrong_status",
                _("{document} is {status}.").format(
                    document=order, status=order.get_status_display()
                ),
                field="orders",
                row=row,
            )
    return start_job(
        TRAVELERS,
        title=_("{count} travelers").format(count=len(orders)),
        company=company,
        by=by,
        parameters={"orders": [order.pk for order in orders], "paper": paper},
    )


@job_handler(TRAVELERS)
def print_travelers(job: BackgroundJob, report: Report) -> tuple[str, bytes]:
    """One PDF of all the travelers asked for; tells after each how far it is."""
    ids = list(
        WorkOrder.objects.filter(
            company_id=job.company_id, pk__in=job.parameters["orders"]
        ).values_list("pk", flat=True)
    )
    wanted = [key for key in job.parameters["orders"] if key in set(ids)]
    content = travelers_pdf(
        wanted,
        paper=job.parameters["paper"],
        progress=lambda done, total: report(done, total, ""),
    )
    return f"travelers-{job.pk}.pdf", content
