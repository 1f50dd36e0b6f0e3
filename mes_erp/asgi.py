"""The application server's entry (uvicorn)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes_erp.settings.production")
application = get_asgi_application()
