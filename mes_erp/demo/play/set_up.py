"""The company itself: currencies, sites, people who log in, books, places, the rules of posting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from apps.core.models import Company, Currency, Membership, Site, User
from apps.core.services.documents import insert_all
from apps.core.services.master_data import create_row, update_row
from apps.finance.models import Account, PostingRole, TaxCode
from apps.finance.services.chart import load_chart, set_posting_rule
from apps.finance.services.periods import open_fiscal_year
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.masterdata.models import ItemCategory
from mes_erp.demo.company import Company as Files
from mes_erp.demo.company import rows_of

PASSWORD = "demo"  # noqa: S105 - public on purpose: printed by `manage.py demo`
ROOT_USER = "admin"
AUDITOR = ("auditor", "Greta", "Lindholm")


@dataclass(frozen=True, slots=True)
class Login:
    role: str
    username: str
    password: str = PASSWORD


def logins() -> list[Login]:
    """Who can log in: the superuser, then one person for each role."""
    people = [Login(row["role"], row["username"]) for row in rows_of("employees") if row["role"]]
    auditor = Login("auditor", AUDITOR[0])
    return [Login("superuser", ROOT_USER), *people, auditor]


def create_company(files: Files, *, years: list[int]) -> tuple[Company, User]:
    """The company with its books open for ``years``; and the superuser who made it."""
    story = files.story
    currencies = {
        code: Currency.objects.get_or_create(
            code=code, defaults={"name": name, "symbol": symbol, "decimal_places": places}
        )[0]
        for code, (name, symbol, places) in story["currencies"].items()
    }
    hashed = make_password(PASSWORD)
    by = User.objects.create(
        username=ROOT_USER, password=hashed, is_staff=True, is_superuser=True, first_name="Admin"
    )
    about = {k: v for k, v in story["company"].items() if k not in ("main_site", "currency")}
    currency = currencies[story["company"]["currency"]]
    company = create_row(Company, values={**about, "currency": currency}, by=by)
    insert_all(
        [
            Site(company=company, **{k: v for k, v in site.items() if k != "country"})
            for site in story["sites"]
        ],
        by=by,
    )
    _create_users(company, by, hashed)
    _open_books(company, files, years, by)
    return company, by


def _create_users(company: Company, root: User, hashed: str) -> None:
    """One for each role, and the auditor, who is no employee."""
    groups = {group.name: group for group in Group.objects.all()}
    people = [
        (row["username"], *row["name"].split(" ", 1), row["role"])
        for row in rows_of("employees")
        if row["role"]
    ]
    Membership.objects.create(user=root, company=company)
    for username, first_name, last_name, role in [*people, (*AUDITOR, "auditor")]:
        user = User.objects.create(
            username=username,
            password=hashed,
            first_name=first_name,
            last_name=last_name,
            email=f"{username}@nordhang.example",
            is_staff=True,
        )
        user.groups.add(groups[role])
        Membership.objects.create(user=user, company=company)


def _open_books(company: Company, files: Files, years: list[int], by: User) -> None:
    load_chart(company, by=by)
    tax = files.story["tax"]
    standard = TaxCode.objects.get(company=company, code="STD")
    values = {"rate": Decimal(tax["standard_rate"]), "name": tax["standard_name"]}
    update_row(standard, values=values, by=by)
    for year in years:
        open_fiscal_year(company, code=str(year), starts_on=Date(year, 1, 1), by=by)


def create_places(company: Company, files: Files, by: User) -> None:
    """Stores and quarantine of each site, and the places that stand for a reason."""
    ensure_virtual_locations(company, by=by)
    sites = {site.code: site for site in Site.objects.filter(company=company)}
    insert_all(
        [
            Location(
                company=company,
                code=code,
                name=name,
                kind=kind,
                site=sites[site],
                is_quarantine=is_quarantine,
            )
            for code, name, kind, site, is_quarantine in files.story["locations"]["rows"]
        ],
        by=by,
    )


def create_posting_rules(company: Company, by: User) -> None:
    """Stock of each category goes to its own account; services have their own revenue."""
    accounts = {account.code: account for account in Account.objects.filter(company=company)}
    categories = {row.code: row for row in ItemCategory.objects.filter(company=company)}
    for row in rows_of("categories"):
        category = categories[row["code"]]
        if row["inventory_account"]:
            set_posting_rule(
                company,
                role=PostingRole.INVENTORY,
                account=accounts[row["inventory_account"]],
                category=category,
                by=by,
            )
        else:
            set_posting_rule(
                company,
                role=PostingRole.REVENUE,
                account=accounts["4100"],
                category=category,
                by=by,
            )
