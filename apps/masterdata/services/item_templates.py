"""Templates and their variants: an item of its own for each combination of values, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock, require_company
from apps.core.transactions import unit_of_work
from apps.masterdata.models import (
    Item,
    ItemTemplate,
    ItemVariant,
    TemplateAttribute,
    VariantAttribute,
    VariantValue,
)
from apps.masterdata.services.items import check_items

MOST_ATTRIBUTES = 6
MOST_VARIANTS = 500


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value of an attribute: its code becomes a part of the codes of items."""

    code: str
    name: str
    position: int = 10


def create_variant_attribute(
    *, company: Company, values: Sequence[NewValue], by: User, reason: str = "", **header: Any
) -> VariantAttribute:
    """A new attribute with its values. Raises ``InvalidInput`` naming the row."""
    _check_values(values)
    with unit_of_work():
        attribute = VariantAttribute(company=company, **header).save_by(by, reason=reason)
        _write_values(attribute, values, by)
    return attribute


def change_variant_attribute(
    attribute: VariantAttribute,
    *,
    by: User,
    values: Sequence[NewValue] | None = None,
    version: int | None = None,
    reason: str = "",
    **header: Any,
) -> VariantAttribute:
    """Change an attribute; ``values`` are all it has from now on. Those in use stay.

    Raises ``BusinessError`` (``value_in_use``) for one that items were made of.
    """
    if values is not None:
        _check_values(values)
    with unit_of_work():
        attribute = lock(attribute, version=version)
        for name, value in header.items():
            setattr(attribute, name, value)
        if values is not None:
            known = {one.code: one for one in attribute.values.all()}
            gone = [code for code in known if code not in {one.code for one in values}]
            _require_unused(attribute, [known[code] for code in gone])
            attribute.values.filter(code__in=gone).delete()
            for one in values:
                row = known.get(one.code)
                if row is not None and (row.name, row.position) != (one.name, one.position):
                    row.name, row.position = one.name, one.position
                    row.save_by(by, reason=reason)
            _write_values(attribute, [one for one in values if one.code not in known], by)
        return attribute.save_by(by, reason=reason)


def create_item_template(
    *,
    company: Company,
    attributes: Sequence[VariantAttribute],
    by: User,
    reason: str = "",
    **values: Any,
) -> ItemTemplate:
    """A new template. Raises ``InvalidInput``: ``no_attributes``, ``attribute_twice``, …"""
    with unit_of_work():
        template = ItemTemplate(company=company, **values)
        _check_template(template, attributes)
        template = template.save_by(by, reason=reason)
        _write_attributes(template, attributes)
    return template


def change_item_template(
    template: ItemTemplate,
    *,
    by: User,
    attributes: Sequence[VariantAttribute] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> ItemTemplate:
    """Change a template; items that were made of it stay as they are.

    Raises ``BusinessError`` (``has_variants``) when its attributes change and it has some.
    """
    with unit_of_work():
        template = lock(template, version=version)
        for name, value in values.items():
            setattr(template, name, value)
        own = [row.attribute for row in template.attributes.select_related("attribute")]
        _check_template(template, own if attributes is None else attributes)
        if attributes is not None and [a.pk for a in attributes] != [a.pk for a in own]:
            if template.variants.exists():
                raise BusinessError(
                    "has_variants",
                    _("There are variants of {template}: its attributes stay.").format(
                        template=template.code
                    ),
                    field="attributes",
                )
            template.attributes.all().delete()
            _write_attributes(template, attributes)
        return template.save_by(by, reason=reason)


def generate_variants(
    template: ItemTemplate,
    *,
    by: User,
    chosen: Sequence[Mapping[str, str]] | None = None,
) -> list[Item]:
    """An item for each combination in ``chosen`` (attribute code → value code) that has none yet.

    All combinations when None, at most 500. Five statements and one for each attribute, whatever
    their number. Raises ``InvalidInput`` naming the row: ``wrong_attributes``, ``unknown_value``;
    ``BusinessError``: ``code_taken``.
    """
    with unit_of_work():
        template = lock(template, related=("company",))
        rows = list(template.attributes.select_related("attribute").prefetch_related(
            "attribute__values"
        ))  # fmt: skip
        values = {
            row.attribute.code: {one.code: one for one in row.attribute.values.all()}
            for row in rows
        }
        if chosen is None:
            _require_few(prod(len(one) for one in values.values()))
            wanted = [tuple(one) for one in product(*(one.values() for one in values.values()))]
        else:
            _require_few(len(chosen))
            wanted = [_chosen(values, one, row) for row, one in enumerate(chosen)]
        known = set(template.variants.values_list("combination", flat=True))
        new = {_combination(one): one for one in wanted}
        missing = {key: one for key, one in new.items() if key not in known}
        return _make(template, missing, by)


def _make(
    template: ItemTemplate, missing: Mapping[str, tuple[VariantValue, ...]], by: User
) -> list[Item]:
    shared = {name: getattr(template, name) for name in ItemTemplate.SHARED}
    items = [
        Item(
            company=template.company,
            code="-".join([template.code, *(value.code for value in values)]),
            name=", ".join([template.name, *(value.name for value in values)])[:200],
            **shared,
        )
        for values in missing.values()
    ]
    codes = [item.code for item in items]
    taken = Item.objects.filter(company=template.company, code__in=codes).order_by("code").first()
    longest: int = getattr(Item._meta.get_field("code"), "max_length", 0)
    if taken is not None or any(len(code) > longest for code in codes):
        code = taken.code if taken else max(codes, key=len)
        raise BusinessError(
            "code_taken" if taken else "code_too_long",
            (_("There is an item {code} already.") if taken else _("{code} is too long.")).format(
                code=code
            ),
            field="code",
        )
    check_items(items, company=template.company)
    made = insert_all(items, by=by)
    ItemVariant.objects.bulk_create(
        [
            ItemVariant(
                company_id=template.company_id, template=template, item=item, combination=key
            )
            for key, item in zip(missing, made, strict=True)
        ]
    )
    return made


def _chosen(
    values: Mapping[str, Mapping[str, VariantValue]], given: Mapping[str, str], row: int
) -> tuple[VariantValue, ...]:
    if set(given) != set(values):
        raise InvalidInput(
            "wrong_attributes",
            _("Say a value of each: {attributes}.").format(attributes=", ".join(values)),
            field="chosen",
            row=row,
        )
    for attribute, code in given.items():
        if code not in values[attribute]:
            raise InvalidInput(
                "unknown_value",
                _("{attribute} has no value {value}.").format(
                    attribute=attribute, value=str(code)[:40]
                ),
                field="chosen",
                row=row,
            )
    return tuple(values[attribute][given[attribute]] for attribute in values)


def _combination(values: Sequence[VariantValue]) -> str:
    """By keys, in the order of the template: codes may be changed."""
    return ";".join(str(value.pk) for value in values)


def _require_few(count: int) -> None:
    if not 0 < count <= MOST_VARIANTS:
        raise InvalidInput(
            "out_of_range",
            _("Between 1 and {most}.").format(most=MOST_VARIANTS),
            field="chosen",
        )


def _check_template(template: ItemTemplate, attributes: Sequence[VariantAttribute]) -> None:
    require_company(
        template.company,
        category=template.category,
        unit=template.unit,
        default_supplier=template.default_supplier,
    )
    if not 0 < len(attributes) <= MOST_ATTRIBUTES:
        raise InvalidInput(
            "no_attributes",
            _("Give one attribute at least and {most} at most.").format(most=MOST_ATTRIBUTES),
            field="attributes",
        )
    seen: set[int] = set()
    for row, attribute in enumerate(attributes):
        require_company(template.company, row=row, attribute=attribute)
        if attribute.pk in seen:
            raise InvalidInput(
                "attribute_twice",
                _("{attribute} is here twice.").format(attribute=attribute.code),
                field="attributes",
                row=row,
            )
        seen.add(attribute.pk)


def _write_attributes(template: ItemTemplate, attributes: Sequence[VariantAttribute]) -> None:
    TemplateAttribute.objects.bulk_create(
        [
            TemplateAttribute(
                company_id=template.company_id, template=template, attribute=attribute
            )
            for attribute in attributes
        ]
    )


def _check_values(values: Sequence[NewValue]) -> None:
    seen: set[str] = set()
    for row, one in enumerate(values):
        if not one.code.strip():
            raise InvalidInput("required", _("Say the code."), field="code", row=row)
        if one.code in seen:
            raise InvalidInput(
                "value_twice", _("{code} is here twice.").format(code=one.code), field="code",
                row=row,
            )  # fmt: skip
        seen.add(one.code)


def _write_values(attribute: VariantAttribute, values: Sequence[NewValue], by: User) -> None:
    insert_all(
        [
            VariantValue(
                company_id=attribute.company_id,
                attribute=attribute,
                code=one.code,
                name=one.name,
                position=one.position,
            )
            for one in values
        ],
        by=by,
    )


def _require_unused(attribute: VariantAttribute, values: Sequence[VariantValue]) -> None:
    variants = ItemVariant.objects.filter(template__attributes__attribute=attribute).values_list(
        "combination", flat=True
    )
    used = {part for one in variants for part in one.split(";")}
    for value in values:
        if str(value.pk) in used:
            raise BusinessError(
                "value_in_use",
                _("There are items of {attribute} {value}.").format(
                    attribute=attribute.code, value=value.code
                ),
                field="values",
            )
