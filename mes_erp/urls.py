"""Every address of the suite starts here."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from mes_erp.health import healthz, readyz

# One line per app, in the order of the layers.
api: list[URLPattern | URLResolver] = [
    # path("core/", include("apps.core.api.urls")),
    # path("masterdata/", include("apps.masterdata.api.urls")),
    # path("finance/", include("apps.finance.api.urls")),
    # path("inventory/", include("apps.inventory.api.urls")),
    # path("engineering/", include("apps.engineering.api.urls")),
    # path("crm/", include("apps.crm.api.urls")),
    # path("supply-chain/", include("apps.supply_chain.api.urls")),
    # path("execution/", include("apps.execution.api.urls")),
    # path("reporting/", include("apps.reporting.api.urls")),
]

# Pages outside the admin: terminal, boards, trace, reports.
pages: list[URLPattern | URLResolver] = []

urlpatterns = [
    path("", include(pages)),
    path("admin/", admin.site.urls),
    re_path(r"^api/(?P<version>v1)/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", healthz),
    path("readyz", readyz),
]
