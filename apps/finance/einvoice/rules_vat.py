"""The rules of each VAT category: who must be identified, what rate applies, what sums up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.finance.einvoice.rules import (
    BUYER,
    DOCUMENT,
    IS_ALLOWANCE,
    IS_CHARGE,
    IS_VAT,
    SELLER,
    Holds,
    Rule,
    exists,
    test,
)
from apps.finance.einvoice.rules_sums import ZERO, is_tax_of
from apps.finance.einvoice.xml import evaluate, find, find_all, number, numbers, text, to_decimal

SELLER_TAX = f"//{SELLER}/cac:PartyTaxScheme/cbc:CompanyID"
SELLER_VAT = f"//{SELLER}/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"
DEPUTY_VAT = f"//cac:TaxRepresentativeParty/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"
BUYER_VAT = f"//{BUYER}/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"
BUYER_REGISTRATION = f"//{BUYER}/cac:PartyLegalEntity/cbc:CompanyID"
EXEMPTION = exists("cbc:TaxExemptionReason", "cbc:TaxExemptionReasonCode")


@dataclass(frozen=True, slots=True)
class Category:
    """A VAT category of UNCL 5305 and what distinguishes it."""

    code: str
    prefix: str
    name: str
    #: Each group needs one of its paths.
    needs: tuple[tuple[str, ...], ...] = ((SELLER_TAX, DEPUTY_VAT),)
    #: The breakdown has a row per rate, and tax; else one row without tax.
    is_rated: bool = False
    least_rate: Decimal | None = None
    needs_reason: bool = True

    @property
    def of(self) -> str:
        return f"[normalize-space(cbc:ID)='{self.code}']"


CATEGORIES = (
    Category("S", "BR-S", "standard rated", is_rated=True, needs_reason=False),
    Category("Z", "BR-Z", "zero rated", needs_reason=False),
    Category("E", "BR-E", "exempt from VAT"),
    Category(
        "AE", "BR-AE", "reverse charge", ((SELLER_TAX, DEPUTY_VAT), (BUYER_VAT, BUYER_REGISTRATION))
    ),
    Category("K", "BR-IC", "intra-community supply", ((SELLER_VAT, DEPUTY_VAT), (BUYER_VAT,))),
    Category("G", "BR-G", "export outside the EU", ((SELLER_VAT, DEPUTY_VAT),)),
    Category("O", "BR-O", "not subject to VAT", ()),
    Category("L", "BR-AF", "IGIC", is_rated=True, least_rate=ZERO, needs_reason=False),
    Category("M", "BR-AG", "IPSI", is_rated=True, least_rate=ZERO, needs_reason=False),
)


def _places(category: Category) -> tuple[tuple[str, str, str, str], ...]:
    """Of a line, an allowance, a charge: rule numbers of its parties and its rate, name, path."""
    return (
        ("02", "05", "line", f"cac:ClassifiedTaxCategory{category.of}{IS_VAT}"),
        (
            "03",
            "06",
            "allowance",
            f"cac:AllowanceCharge{IS_ALLOWANCE}/cac:TaxCategory{category.of}{IS_VAT}",
        ),
        (
            "04",
            "07",
            "charge",
            f"cac:AllowanceCharge{IS_CHARGE}/cac:TaxCategory{category.of}{IS_VAT}",
        ),
    )


def _appears(category: Category) -> Holds:
    """What is used has its breakdown: a row per rate, or exactly one."""
    scheme = "" if category.code == "S" else IS_VAT  # the published rule asks no scheme of it
    breakdown = f"cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory{category.of}{scheme}"
    used = (
        f"//cac:AllowanceCharge/cac:TaxCategory{category.of}{scheme}"
        f" | //cac:ClassifiedTaxCategory{category.of}{scheme}"
    )
    anywhere = (
        f"//cac:TaxCategory{category.of}{IS_VAT} | //cac:ClassifiedTaxCategory{category.of}{IS_VAT}"
    )

    def per_rate(node: Any) -> bool:
        return bool(find_all(node, used)) == bool(find_all(node, breakdown))

    def once(node: Any) -> bool:
        return not find_all(node, anywhere) or len(find_all(node, breakdown)) == 1

    return per_rate if category.is_rated else once


def _parties(category: Category, path: str) -> Holds:
    # the published BR-S-02 takes a line of another scheme for one without identifiers
    unschemed = f"//{path.removesuffix(IS_VAT)}"
    is_strict = category.code == "S" and path.startswith("cac:Classified")

    def identified(node: Any) -> bool:
        if find(node, f"//{path}") is None:
            return not (is_strict and find(node, unschemed) is not None)
        return all(any(find(node, one) is not None for one in group) for group in category.needs)

    def unidentified(node: Any) -> bool:
        if find(node, f"//{path}") is None:
            return True
        return not any(find(node, one) is not None for one in (SELLER_VAT, DEPUTY_VAT, BUYER_VAT))

    return unidentified if category.code == "O" else identified


def _rate(category: Category) -> tuple[str, Callable[[Any], bool]]:
    if category.code == "O":
        return "has no rate", lambda node: find(node, "cbc:Percent") is None
    if category.least_rate is not None:
        return "has a rate of zero or more", lambda node: (_percent(node, Decimal(-1))) >= 0
    if category.is_rated:
        return "has a rate above zero", lambda node: _percent(node, ZERO) > 0
    return "has the rate 0", lambda node: _percent(node, Decimal(-1)) == 0


def _percent(node: Any, missing: Decimal) -> Decimal:
    found = number(node, "cbc:Percent")
    return missing if found is None else found


def _taxable(category: Category, node: Any, rate: Decimal | None) -> tuple[Decimal, bool]:
    """Lines plus charges less allowances of the category (and rate); whether there are any."""
    document = node.getparent().getparent().getparent()

    def of_rate(owner: Any, path: str) -> bool:
        if rate is None:
            return True
        return any(
            to_decimal(found.text) == rate for found in find_all(owner, f"{path}/cbc:Percent")
        )

    def chosen(rows: str, path: str) -> list[Any]:
        return [row for row in find_all(document, rows) if of_rate(row, path)]

    lines = chosen(
        f"cac:InvoiceLine[cac:Item/cac:ClassifiedTaxCategory{category.of}]"
        f" | cac:CreditNoteLine[cac:Item/cac:ClassifiedTaxCategory{category.of}]",
        "cac:Item/cac:ClassifiedTaxCategory",
    )
    total, is_any = ZERO, bool(lines)
    for row in lines:
        total += sum(numbers(row, "cbc:LineExtensionAmount"), ZERO)
    for kind, sign in ((IS_CHARGE, 1), (IS_ALLOWANCE, -1)):
        for row in chosen(
            f"cac:AllowanceCharge{kind}[cac:TaxCategory{category.of}]", "cac:TaxCategory"
        ):
            total += sign * sum(numbers(row, "cbc:Amount"), ZERO)
            is_any = True
    return total, is_any


def _sums_up(category: Category) -> Holds:
    def per_rate(node: Any) -> bool:
        rate = number(node, "cbc:Percent")
        if rate is None:
            return True
        stated = number(node, "../cbc:TaxableAmount")
        total, is_any = _taxable(category, node, rate)
        is_known = is_any if category.code == "S" else _has_lines(node)
        return is_known and stated is not None and abs(stated - total) < 1

    def exact(node: Any) -> bool:
        total, _is_any = _taxable(category, node, None)
        return _has_lines(node) and number(node, "../cbc:TaxableAmount") == total

    return per_rate if category.is_rated else exact


def _has_lines(node: Any) -> bool:
    return bool(evaluate(node, "boolean(//cac:InvoiceLine | //cac:CreditNoteLine)"))


def _tax(category: Category) -> tuple[str, Holds]:
    if category.is_rated:
        return (
            "is the taxable amount times the rate",
            lambda node: (
                is_tax_of(
                    number(node, "../cbc:TaxAmount"),
                    number(node, "../cbc:TaxableAmount"),
                    _percent(node, Decimal("NaN")),
                )
                if number(node, "cbc:Percent") is not None
                else False
            ),
        )
    return "is zero", lambda node: number(node, "../cbc:TaxAmount") == 0


def _of(category: Category) -> Iterator[Rule]:
    number_of, name = category.prefix, f"“{category.name}” ({category.code})"
    yield Rule(
        f"{number_of}-01",
        f"What is {name} has {'rows' if category.is_rated else 'one row'} in the VAT breakdown.",
        DOCUMENT,
        _appears(category),
    )
    says, at_rate = _rate(category)
    who = "nobody's VAT identifier" if category.code == "O" else "the parties' tax identifiers"
    for parties, rate, what, path in _places(category):
        yield Rule(
            f"{number_of}-{parties}",
            f"With a {what} that is {name}, the invoice has {who}.",
            DOCUMENT,
            _parties(category, path),
        )
        context = f"//cac:Item/{path}" if what == "line" else f"//{path}"
        yield Rule(f"{number_of}-{rate}", f"A {what} that is {name} {says}.", context, at_rate)
    row = f"/*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory{category.of}{IS_VAT}"
    yield Rule(
        f"{number_of}-08",
        f"The taxable amount of {name} is the sum of its lines and charges less its allowances.",
        row,
        _sums_up(category),
    )
    amount, holds = _tax(category)
    yield Rule(f"{number_of}-09", f"The tax of {name} {amount}.", row, holds)
    if category.needs_reason:
        yield Rule(f"{number_of}-10", f"{name} has the reason of exemption.", row, EXEMPTION)
    else:
        yield Rule(
            f"{number_of}-10",
            f"{name} has no reason of exemption.",
            row,
            lambda node: not EXEMPTION(node),
        )


_BREAKDOWN = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
_IS_OUTSIDE = f"{_BREAKDOWN}{IS_VAT}[normalize-space(cbc:ID)='O']"
_IS_COMMUNITY = f"{_BREAKDOWN}{IS_VAT}[normalize-space(cbc:ID)='K']"
_OTHER = f"[normalize-space(cbc:ID)!='O']{IS_VAT}"
_SPLIT = "//cac:TaxCategory[cbc:ID='B'] or //cac:ClassifiedTaxCategory[cbc:ID='B']"


def _alone(path: str) -> Holds:
    return test(f"not({_IS_OUTSIDE}) or not({path})")


def _in_italy(node: Any) -> bool:
    if not evaluate(node, f"boolean({_SPLIT})"):
        return True
    return all(text(found) == "IT" for found in find_all(node, "//cbc:IdentificationCode"))


RULES = [
    *(rule for category in CATEGORIES for rule in _of(category)),
    Rule(
        "BR-IC-11",
        "An intra-community supply has a delivery date (BT-72) or a period (BG-14).",
        DOCUMENT,
        test(
            f"not({_IS_COMMUNITY}) or cac:InvoicePeriod/*"
            " or string-length(cac:Delivery/cbc:ActualDeliveryDate) > 1"
        ),
    ),
    Rule(
        "BR-IC-12",
        "An intra-community supply has a country of delivery (BT-80).",
        DOCUMENT,
        test(
            f"not({_IS_COMMUNITY}) or string-length(cac:Delivery/cac:DeliveryLocation/cac:Address"
            "/cac:Country/cbc:IdentificationCode) > 1"
        ),
    ),
    Rule(
        "BR-O-11",
        "With “not subject to VAT” the breakdown has no other category.",
        DOCUMENT,
        _alone(f"{_BREAKDOWN}{_OTHER}"),
    ),
    Rule(
        "BR-O-12",
        "With “not subject to VAT” no line has another category.",
        DOCUMENT,
        _alone(f"//cac:ClassifiedTaxCategory{_OTHER}"),
    ),
    Rule(
        "BR-O-13",
        "With “not subject to VAT” no allowance has another category.",
        DOCUMENT,
        _alone(f"//cac:AllowanceCharge{IS_ALLOWANCE}/cac:TaxCategory{_OTHER}"),
    ),
    Rule(
        "BR-O-14",
        "With “not subject to VAT” no charge has another category.",
        DOCUMENT,
        _alone(f"//cac:AllowanceCharge{IS_CHARGE}/cac:TaxCategory{_OTHER}"),
    ),
    Rule("BR-B-01", "Split payment (B) is for invoices within Italy.", DOCUMENT, _in_italy),
    Rule(
        "BR-B-02",
        "Split payment (B) and standard rate (S) exclude each other.",
        DOCUMENT,
        test(
            f"not(({_SPLIT}) and (//cac:TaxSubtotal/cac:TaxCategory[cbc:ID='S']"
            " or cac:AllowanceCharge/cac:TaxCategory[cbc:ID='S']"
            " or //cac:ClassifiedTaxCategory[cbc:ID='S']))"
        ),
    ),
]
