"""What runs beside the desk: e-mails leave the house, offers end with their validity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Date
from typing import Any

from celery import shared_task

from apps.core.models import Company
from apps.crm.models import EmailLog, Quotation, Return, SalesOrder
from apps.crm.printouts import order_confirmation_pdf, quotation_pdf, return_label_pdf
from apps.crm.services.emails import TASK, Attachment, deliver_email
from apps.crm.services.quotations import expire_quotations, today_at
from apps.finance.models import Invoice
from apps.finance.printouts import invoice_pdf

_NEVER = Date.min
#: What goes along with an e-mail about a document.
PRINTOUTS: dict[type[Any], Callable[[Any], bytes]] = {
    Quotation: quotation_pdf,
    SalesOrder: order_confirmation_pdf,
    Return: return_label_pdf,
    Invoice: invoice_pdf,
}


@shared_task(
    name=TASK, autoretry_for=(OSError,), retry_backoff=60, retry_backoff_max=3600, max_retries=10
)
def send_email(email_id: int) -> bool:
    """Hand one e-mail to the mail server; a second run does nothing."""
    return deliver_email(EmailLog.objects.get(pk=email_id), attachments=attachments_of)


@shared_task(name="crm.expire_quotations")
def expire_offers() -> int:
    """Close what ran out, where it is the next day at every site; how many offers that were.

    In the name of whoever sent the newest of them: an offer that ended was his.
    """
    closed = 0
    for company in Company.objects.order_by("pk"):
        dates = [today_at(site) for site in company.sites.all()]
        open_offers = Quotation.objects.filter(
            company=company,
            status=Quotation.Status.SENT,
            valid_until__lt=min(dates, default=_NEVER),
        )
        newest = open_offers.order_by("-pk").select_related("created_by").first()
        if newest is not None:
            closed += len(expire_quotations(company, at=min(dates), by=newest.created_by))
    return closed


def attachments_of(email: EmailLog) -> list[Attachment]:
    """The printout of the document that ``email`` is about, when it was asked for."""
    source: Any = email.source
    render = PRINTOUTS.get(type(source))
    if not email.is_printout_attached or render is None:
        return []
    return [(f"{source.number or source.pk}.pdf", render(source), "application/pdf")]
