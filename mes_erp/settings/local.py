"""One machine, nothing to configure: the demo and daily work.

`DATABASE_URL`, `DATABASE_OWNER_URL` and `CELERY_BROKER_URL` switch to real servers.
"""

import secrets

from .base import *
from .base import MIDDLEWARE, STORAGES, UNFOLD, VAR_DIR, env
from .databases import databases


def _own_secret_key() -> str:
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _own_secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = databases(pool_size=env.int("DATABASE_POOL_SIZE", default=20))
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {  # compressing 500 files takes half a minute and helps nobody on the same machine
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

if env.str("MES_ERP_PLAYING", default=""):  # a demo that is still playing its month
    MIDDLEWARE = [*MIDDLEWARE, "mes_erp.demo.playing.LookOnly"]
    UNFOLD = UNFOLD | {"ENVIRONMENT": "mes_erp.demo.playing.shown_progress"}

# For a receiver on the same machine: with WEBHOOK_INTERNAL_NETWORKS and WEBHOOK_PORTS.
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
