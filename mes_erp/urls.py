"""Every address of the suite starts here."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from mes_erp.front_door import front_door
from mes_erp.health import healthz, readyz

# One door: the second factor guards the admin too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Pages outside the admin: terminal, boards, trace, reports.
pages: list[URLPattern | URLResolver] = [
    path("bank/", include("apps.finance.views.bank_urls")),  # reconciliation
    path("reports/finance/", include("apps.finance.views.urls")),
    path("close/", include("apps.finance.views.close_urls")),
    path("stock/", include("apps.inventory.views.urls")),  # scan box, put-away, picks, counts
    path("shipping/", include("apps.supply_chain.views.urls")),
    path("", include("apps.hr.views.urls")),  # me, roster
    path("engineering/", include("apps.engineering.views.urls")),  # where used, comparisons
    path("quality/", include("apps.quality.views.urls")),  # bench, control charts
    path("crm/", include("apps.crm.views.urls")),  # pipeline, customers, sales reports
    path("purchasing/", include("apps.supply_chain.views.purchasing_urls")),  # reorder, reports
    path("supplier/", include("apps.supply_chain.views.portal_urls")),  # for suppliers' people
    path("", include("apps.maintenance.views.urls")),
    path("", include("apps.execution.views.urls")),  # shop, boards, trace
    path("reporting/", include("apps.reporting.views.urls")),  # pivots, dashboards, investments
    path("", include("apps.planning.views.urls")),  # planning, schedule
    path("projects/", include("apps.projects.views.urls")),
    path("integration/", include("apps.integration.views.urls")),  # all data along
]

urlpatterns = [
    path("api/", include("apps.core.api.site")),  # first: programs ask most often
    path("", front_door),
    path("", include(pages)),
    path("accounts/", include("apps.core.views.sign_in")),
    path("company/", include("apps.core.views.companies")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", healthz),
    path("readyz", readyz),
]
