"""What the plant owns: taken over from the old books, depreciated at each month's end."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from apps.core.models import User
from apps.finance.depreciation_terms import add_months
from apps.finance.models import AssetClass, DepreciationBook, Period
from apps.finance.services.asset_classes import update_class
from apps.finance.services.asset_costs import take_over_asset
from apps.finance.services.assets import BookTerms, register_asset
from apps.finance.services.depreciation_runs import post_depreciation
from mes_erp.demo.play.plant import Plant

ZERO = Decimal(0)


def take_over_assets(plant: Plant, date: Date, *, by: User) -> None:
    """The assets of the story, as the books before carried them at the month's begin."""
    story = plant.files.story["assets"]
    classes = {row.code: row for row in AssetClass.objects.filter(company=plant.company)}
    for code in story["production"]:
        account = plant.accounts[story["production_account"]]
        classes[code] = update_class(classes[code], expense_account=account, by=by)
    book = DepreciationBook.objects.get(company=plant.company, posts_to_ledger=True)
    for code, name, site, serial, cost, life, charged in story["rows"]:
        begun = add_months(date.replace(day=1), -charged)
        terms = BookTerms(
            book, "straight_line" if life else "none", life_months=life or None, residual=ZERO
        )
        asset = register_asset(
            plant.company,
            name=name,
            asset_class=classes[code],
            site=plant.sites[site],
            serial_number=serial,
            books=[terms],
            by=by,
        )
        take_over_asset(
            asset,
            date=date,
            cost=Decimal(cost),
            depreciation=Decimal(cost) * charged / life if life else ZERO,
            acquired_on=begun,
            in_service_on=begun,
            by=by,
        )


def depreciate(plant: Plant, day: Date, *, by: User) -> None:
    """The run of the month that ends on ``day``."""
    period = Period.objects.get(company=plant.company, ends_on=day, is_closing=False)
    post_depreciation(plant.company, period=period, by=by)
