"""A real installation. Everything comes from the environment; unsafe values stop the start."""

from django.core.exceptions import ImproperlyConfigured

from mes_erp.logs import logging_settings

from .base import *
from .base import CELERY_BROKER_URL, env
from .databases import databases

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
for _name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
    env.str(_name)
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or "insecure" in SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be a random string of 50 characters or more.")
if "*" in ALLOWED_HOSTS or not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; `*` is refused.")
if CELERY_BROKER_URL.startswith(("filesystem:", "memory:")):
    raise ImproperlyConfigured("CELERY_BROKER_URL must name a broker, e.g. redis://host/0.")

DATABASES = databases(pool_size=env.int("DATABASE_POOL_SIZE", default=20))
if DATABASES["default"].get("USER") == DATABASES["owner"].get("USER"):
    raise ImproperlyConfigured("DATABASE_URL must not use the role of DATABASE_OWNER_URL.")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-mes_erp_session"

if _cache := env.str("CACHE_URL", default=""):
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache}
    }

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)

LOGGING = logging_settings(json=True)

if _sentry := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(dsn=_sentry, send_default_pii=False, traces_sample_rate=0.0)
