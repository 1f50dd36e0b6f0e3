"""What every installation shares."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from apps.core import face_settings
from apps.core import schedule as core_schedule
from apps.core.sign_in_settings import single_sign_on
from apps.crm import schedule as crm_schedule
from apps.execution import schedule as execution_schedule
from apps.finance import schedule as finance_schedule
from apps.integration import schedule as integration_schedule
from apps.inventory import schedule as inventory_schedule
from apps.maintenance import schedule as maintenance_schedule
from apps.reporting import schedule as reporting_schedule
from mes_erp.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()

# In the order of the layers, the lowest first; README, tests/ and docs/ stand in the same order.
APPS = [
    "apps.core",
    "apps.masterdata",
    "apps.finance",
    "apps.hr",
    "apps.inventory",
    "apps.engineering",
    "apps.quality",
    "apps.maintenance",
    "apps.crm",
    "apps.supply_chain",
    "apps.execution",
    "apps.planning",
    "apps.projects",
    "apps.integration",
    "apps.reporting",
]

INSTALLED_APPS = [
    "mes_erp.apps.MesErpConfig",  # commands: demo, test, migrate, lock
    "unfold.apps.BasicAppConfig",  # its default one would replace the suite's site
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "mes_erp.apps.SuiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",  # the pages of passkeys load it
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "simple_history",
    "import_export",
    "django_htmx",
    "axes",
    "csp",
    "django_celery_beat",
    "django_celery_results",
    *APPS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mes_erp.middleware.LooserContentSecurityPolicy",
    "mes_erp.middleware.RequestContext",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.core.acting.ActingCompany",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "mes_erp.middleware.RequireSecondFactor",
    "axes.middleware.AxesMiddleware",  # last, says its documentation
]

ROOT_URLCONF = "mes_erp.urls"
ASGI_APPLICATION = "mes_erp.asgi.application"
WSGI_APPLICATION = "mes_erp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "mes_erp" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "apps.core.templatetags.acting_forms",
                "apps.core.templatetags.quantities",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# Language, time, formats
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("es", _("Spanish"))]
FORMAT_MODULE_PATH = ["mes_erp.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Who may come in
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "apps.integration.backends.RefuseServiceAccounts",
    "apps.core.backends.PermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apps.core.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # a superuser enters the addresses
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # lock-out is django-axes' alone
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "MES-ERP"
# Roles whose people must have a second factor before they get anywhere, e.g. administrator,hr
SECOND_FACTOR_ROLES = env.list("SECOND_FACTOR_ROLES", default=[])
SOCIALACCOUNT_ADAPTER = "apps.core.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = single_sign_on(
    env.str("OIDC_SERVER_URL", default=""),
    env.str("OIDC_CLIENT_ID", default=""),
    env.str("OIDC_CLIENT_SECRET", default=""),
    env.str("OIDC_NAME", default="Single sign-on"),
    vouches=env.bool("OIDC_VOUCHES_FOR_ADDRESSES", default=False),
)
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_NAME = "mes_erp_session"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "apps.core.sign_in.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_IPWARE_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

# What a page may load. The exceptions are in mes_erp.middleware.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],  # the terminal's service worker
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
#: The form of a statement layout has a dozen fields for each of its rows.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# API
REST_FRAMEWORK = face_settings.REST_FRAMEWORK | {
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.integration.api.authentication.ApiKeyAuthentication",
        *face_settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],
    ],
    "DEFAULT_THROTTLE_CLASSES": ["apps.integration.api.throttling.KeyThrottle"],
}
API_KEY_REQUESTS_PER_MINUTE = env.int("API_KEY_REQUESTS_PER_MINUTE", default=600)
DRF_STANDARDIZED_ERRORS = face_settings.DRF_STANDARDIZED_ERRORS
REST_KNOX = face_settings.REST_KNOX
SPECTACULAR_SETTINGS = face_settings.SPECTACULAR_SETTINGS

# Where people reach this installation (https://mes.example.com): for the QR codes on paper.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")

# Domains beside the company's own people to which reports and alerts may be sent by e-mail.
REPORT_DOMAINS = env.list("REPORT_DOMAINS", default=[])
# Webhooks: where they may go. Internal addresses are refused unless a network is named here.
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[443, 8443])
WEBHOOK_INTERNAL_NETWORKS = env.list("WEBHOOK_INTERNAL_NETWORKS", default=[])
WEBHOOK_ALLOW_HTTP = False

# Jobs
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "celery" / "queue"),
        "data_folder_out": str(VAR_DIR / "celery" / "queue"),
        "control_folder": str(VAR_DIR / "celery" / "control"),
        "polling_interval": 0.1,
    }
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    **core_schedule.SCHEDULE,
    **finance_schedule.SCHEDULE,
    **inventory_schedule.SCHEDULE,
    **maintenance_schedule.SCHEDULE,
    **reporting_schedule.SCHEDULE,
    **crm_schedule.SCHEDULE,
    **execution_schedule.SCHEDULE,
    **integration_schedule.SCHEDULE,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = 60 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 55 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# A job whose process gave no sign of life for so long is begun again by another.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=60)

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [path for path in [BASE_DIR / "mes_erp" / "static"] if path.is_dir()]
MEDIA_ROOT = VAR_DIR / "media"
#: The certificate by which OPC UA servers know this installation, made at the first connection.
OPCUA_DIR = VAR_DIR / "opcua"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Admin
UNFOLD = face_settings.UNFOLD | {"DASHBOARD_CALLBACK": "apps.reporting.admin.home.dashboard"}
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
SIMPLE_HISTORY_REVERT_DISABLED = True

LOGGING_CONFIG = "mes_erp.logs.configure"
LOGGING = logging_settings(json=False)
