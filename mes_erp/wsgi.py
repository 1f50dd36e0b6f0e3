"""For servers that speak WSGI only; live boards need ASGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes_erp.settings.production")
application = get_wsgi_application()
