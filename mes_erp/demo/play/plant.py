"""The demo company's nouns as rows, read once: what the players need to call services."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from apps.core.models import Company, Site, User
from apps.finance.models import Account, Journal, TaxCode
from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.masterdata.models import Item, Machine, Partner, ReasonCode, Shift, Unit
from mes_erp.demo.company import Company as Files
from mes_erp.demo.working_time import WorkingTime


class Plant:
    """Rows by code. ``user`` answers with the person who has the role."""

    def __init__(self, files: Files, time: WorkingTime) -> None:
        self.files, self.time = files, time
        code = files.story["company"]["code"]
        self.company = Company.objects.select_related("currency").get(code=code)

    def user(self, role: str) -> User:
        return self._users[role]

    def store(self, site: str) -> Location:
        return self.locations[f"{site}-STORE"]

    def output(self, item: str) -> Location:
        """Where an item is put when it is made, and kept when it is sold."""
        site = self.files.site_of(item)
        is_sold = self.files.items[item].category in ("FIN", "ETO", "TRADE")
        return self.locations["LUE-FG"] if is_sold else self.store(site)

    def tax_code(self, country: str) -> TaxCode:
        home = self.files.story["tax"]["home_country"]
        return self._tax_codes["STD" if country == home else "ZERO"]

    @cached_property
    def main_site(self) -> Site:
        return self.sites[self.files.story["company"]["main_site"]]

    @cached_property
    def sites(self) -> dict[str, Site]:
        return self._by_code(Site.objects.select_related("company__currency"))

    @cached_property
    def items(self) -> dict[str, Item]:
        return self._by_code(Item.objects.select_related("category", "unit", "company"))

    @cached_property
    def units(self) -> dict[str, Unit]:
        return self._by_code(Unit.objects.all())

    @cached_property
    def partners(self) -> dict[str, Partner]:
        return self._by_code(Partner.objects.select_related("currency"))

    @cached_property
    def locations(self) -> dict[str, Location]:
        return self._by_code(Location.objects.select_related("site"))

    @cached_property
    def machines(self) -> dict[str, Machine]:
        return self._by_code(Machine.objects.all())

    @cached_property
    def employees(self) -> dict[str, Employee]:
        related = ("site", "work_centre", "department__cost_object", "company")
        return self._by_code(Employee.objects.select_related(*related))

    @cached_property
    def reasons(self) -> dict[str, ReasonCode]:
        return self._by_code(ReasonCode.objects.all())

    @cached_property
    def shifts(self) -> dict[str, Shift]:
        return self._by_code(Shift.objects.all())

    @cached_property
    def accounts(self) -> dict[str, Account]:
        return self._by_code(Account.objects.all())

    @cached_property
    def journals(self) -> dict[str, Journal]:
        return self._by_code(Journal.objects.all())

    @cached_property
    def _tax_codes(self) -> dict[str, TaxCode]:
        return self._by_code(TaxCode.objects.all())

    @cached_property
    def _users(self) -> dict[str, User]:
        rows = User.objects.filter(memberships__company=self.company, is_staff=True)
        return {
            group.name: user
            for user in rows.prefetch_related("groups")
            for group in user.groups.all()
        }

    def _by_code(self, rows: Any) -> dict[str, Any]:
        return {row.code: row for row in rows.filter(company=self.company)}
