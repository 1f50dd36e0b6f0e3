from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.printouts import Printout
from apps.crm.admin.bases import TALK, ChainMixin, DraftInline, LinesDocumentAdmin
from apps.crm.admin.forms import LostForm, OrderForm, optional_fields
from apps.crm.models import Quotation, QuotationLine
from apps.crm.pricing import margin_of
from apps.crm.printouts import quotation_pdf
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.quotation_orders import order_quotation
from apps.crm.services.quotations import (
    approve_discount,
    approve_quotation,
    cancel_quotation,
    create_quotation,
    lose_quotation,
    quoted_lines,
    revise_quotation,
    send_quotation,
    update_quotation,
    withdraw_approval,
)

Status = Quotation.Status
LINE_FIELDS = (
    "position",
    "item",
    "quantity",
    "unit",
    "margin_percent",
    "price_step",
    "discount_percent",
    "unit_price",
    "tax_code",
)


def _new_line(**given: Any) -> QuotedLine:
    """A line as the form has it: an untouched discount says nothing."""
    if not given.get("discount_percent"):
        given.pop("discount_percent", None)
    return QuotedLine(**given)


class QuotationLineInline(DraftInline):
    model = QuotationLine
    form = optional_fields("position", "unit", "unit_price", "discount_percent")
    fields = (*LINE_FIELDS, "unit_cost", "promise_date")
    autocomplete_fields = ("item",)
    extra = 1


@admin.register(Quotation)
class QuotationAdmin(ChainMixin, LinesDocumentAdmin):
    form = optional_fields("quotation_date", "valid_until", "currency")
    create = staticmethod(create_quotation)
    update = staticmethod(update_quotation)
    line = staticmethod(_new_line)
    printouts = Printout.on_both_papers("quotation", _("Quotation"), quotation_pdf)
    list_display = (
        "number",
        "status_label",
        "partner",
        "quotation_date",
        "valid_until",
        "revision",
        "currency",
        "made_by",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "valid_until")
    search_fields = ("number", "customer_reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner", "contact", "opportunity")
    readonly_fields = (
        "revision",
        "made_by",
        "discount_approved_by",
        "sent_on",
        "outcome_reason",
        "build_up",
    )
    inlines = (QuotationLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "contact"),
                    ("site", "opportunity"),
                    ("quotation_date", "valid_until"),
                    ("customer_reference", "currency"),
                    "note",
                    ("revision", "made_by"),
                    ("discount_approved_by", "sent_on"),
                    "outcome_reason",
                    "build_up",
                )
            },
        ),
    )
    verbs = (
        Verb("approve", _("Approve"), "crm.approve_quotation", approve_quotation, (Status.DRAFT,)),
        Verb(
            "approve-discount",
            _("Approve the discount"),
            "crm.approve_discount",
            approve_discount,
            (Status.DRAFT,),
        ),
        Verb("send", _("Sent"), "crm.approve_quotation", send_quotation, (Status.APPROVED,)),
        Verb(
            "withdraw",
            _("Back to draft"),
            "crm.approve_quotation",
            withdraw_approval,
            (Status.APPROVED,),
        ),
        Verb(
            "order",
            _("Customer orders"),
            "crm.close_quotation",
            order_quotation,
            (Status.SENT,),
            form=OrderForm,
        ),
        Verb(
            "revise",
            _("New version"),
            "crm.add_quotation",
            revise_quotation,
            (Status.SENT, Status.EXPIRED, Status.LOST),
        ),
        *TALK,
        Verb(
            "lose",
            _("Lost"),
            "crm.close_quotation",
            lose_quotation,
            (Status.SENT,),
            form=LostForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "crm.approve_quotation",
            cancel_quotation,
            (Status.DRAFT, Status.APPROVED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "partner", "opportunity")

    @admin.display(description=_("cost and promise"))
    def build_up(self, quotation: Quotation) -> SafeString | str:
        """The cost sheet of each line with its margin, and why it is promised for that day."""
        if quotation.pk is None:
            return "–"
        lines = quotation.lines.select_related("item__unit").prefetch_related(
            "cost_sheet", "breaks"
        )
        same = quotation.currency_id == quotation.company.currency_id
        shown = [
            (line, margin_of(line.unit_price * line.quantity / line.stock_quantity, line.unit_cost))
            if same and line.unit_cost is not None
            else (line, None)
            for line in lines
        ]
        context = {"lines": shown, "currency": quotation.company.currency_id}
        return render_to_string("crm/admin/build_up.html", context)

    def write_change(
        self,
        request: Any,
        row: Quotation,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Quotation:
        """Breaks and further costs, which the form does not show, stay with their position.

        A price that nobody touched is found anew; one that was changed is the seller's.
        """
        if lines is None and not {"currency", "quotation_date"} & values.keys():
            return update_quotation(row, **values, version=version, by=request.user)
        before = {line.position: line for line in quoted_lines(row)}
        prices = {line.position: line.unit_price for line in row.lines.all()}
        if lines is None:
            wanted = list(before.values())
        else:
            wanted = [_quoted(line, before, prices) for line in lines]
        return update_quotation(row, **values, lines=wanted, version=version, by=request.user)


def _quoted(
    line: dict[str, Any], before: dict[Any, QuotedLine], prices: dict[Any, Any]
) -> QuotedLine:
    given = dict(line)
    old = before.get(given.get("position"))
    if old is not None and old.item == given.get("item"):
        given["breaks"], given["extra_costs"] = old.breaks, old.extra_costs
        given["description"] = old.description
        if given.get("unit_price") == prices[old.position]:
            given.pop("unit_price", None)
            if old.unit_price is not None:
                given["unit_price"] = old.unit_price
    if "unit_price" in given:
        given.pop("discount_percent", None)
    return _new_line(**given)
