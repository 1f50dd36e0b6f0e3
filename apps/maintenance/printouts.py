"""What the workshop prints: the job card of an order, the label of an asset."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.codes import barcode_image, qr_image
from apps.core.printouts import render_pdf, require_paper
from apps.maintenance.models import Asset, MaintenanceOrder
from apps.maintenance.models.plans import TaskKind
from apps.maintenance.queries.orders import issued_parts


def asset_link(asset: Asset) -> str:
    """What an asset's QR code holds: opens the request page for it, from a telephone too."""
    public = getattr(settings, "PUBLIC_URL", "")
    return f"{public}{reverse('maintenance-request')}?asset={quote(asset.code, safe='')}"


def order_link(order: MaintenanceOrder) -> str:
    """What a job card's QR code holds: opens the order."""
    public = getattr(settings, "PUBLIC_URL", "")
    return f"{public}{reverse('maintenance-order', args=[order.pk])}"


def job_card_pdf(order: MaintenanceOrder, *, paper: str = "A4") -> bytes:
    """The job card: what to do, to tick and to write on. Raises ``InvalidInput`` for a paper we
    don't print on."""
    require_paper(paper)
    tasks = list(order.tasks.all())
    issued = issued_parts(order)
    parts = [
        (part, issued.get(part.item_id, (0, 0))[0])
        for part in order.parts.select_related("item__unit")
    ]
    return render_pdf(
        "maintenance/printouts/job_card.html",
        {
            "company": order.company,
            "order": order,
            "asset": order.asset,
            "order_qr": qr_image(order_link(order), module_mm=0.55),
            "order_barcode": barcode_image(order.number, height_mm=10),
            "safety": [task for task in tasks if task.kind == TaskKind.SAFETY],
            "tasks": [task for task in tasks if task.kind != TaskKind.SAFETY],
            "parts": parts,
            "lines": range(4),
        },
        paper=paper,
        title=_("Job card {number}").format(number=order.number),
    )


def asset_label_pdf(asset: Asset, *, paper: str = "A4") -> bytes:
    """A label to put on the asset: whoever scans it can call maintenance."""
    require_paper(paper)
    return render_pdf(
        "maintenance/printouts/asset_label.html",
        {
            "company": asset.company,
            "asset": asset,
            "qr": qr_image(asset_link(asset), module_mm=0.9),
            "barcode": barcode_image(asset.code, height_mm=11) if asset.code.isascii() else "",
        },
        paper=paper,
        title=_("Label {code}").format(code=asset.code),
    )
