"""Electronic invoices that go out: UBL, CII, and Factur-X; none leaves that breaks a rule."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.documents import require_status
from apps.finance.einvoice import cii, ubl
from apps.finance.einvoice.rules import Failure
from apps.finance.einvoice.validation import Verdict, validate
from apps.finance.models import Invoice
from apps.finance.queries.einvoices import document_of

SYNTAXES = ("ubl", "cii")
#: So many failed rules are told in a message; all are in its details.
MOST_TOLD = 8


def export_einvoice(invoice: Invoice, *, syntax: str = "ubl") -> bytes:
    """A posted invoice or credit note as XML, which a recipient would accept.

    Raises ``InvalidInput`` for an unknown syntax, ``BusinessError`` (``not_valid``) with the
    failed rules in ``details`` when data is missing, and for drafts and supplier bills.
    """
    if syntax not in SYNTAXES:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(SYNTAXES)),
            field="syntax",
        )
    if invoice.kind in Invoice.PURCHASES:
        raise BusinessError(
            "not_ours", _("A supplier's bill is written by the supplier."), field="kind"
        )
    require_status(invoice, Invoice.Status.POSTED)
    document = document_of(invoice)
    content = (ubl if syntax == "ubl" else cii).write(document)
    require_valid(validate(content))
    return content


def require_valid(verdict: Verdict, *, field: str | None = None) -> None:
    """Raise ``BusinessError`` (``not_valid``) for an invoice that breaks a rule."""
    if verdict.is_accepted:
        return
    told = "; ".join(f"{one.rule}: {one.message}" for one in verdict.fatal[:MOST_TOLD])
    raise BusinessError(
        "not_valid",
        _("The electronic invoice would be refused. {rules}").format(rules=told),
        field=field,
        details={"rules": [as_row(one) for one in verdict.fatal]},
    )


def as_row(failure: Failure) -> dict[str, str]:
    return {
        "rule": failure.rule,
        "severity": failure.severity,
        "message": failure.message,
        "path": failure.path,
    }
