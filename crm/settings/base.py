"""What is true wherever the product runs. Every variable stands in README.md, Configuration."""

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from crm.settings import environment as env
from crm.settings.environment import BASE_DIR

VAR_DIR = BASE_DIR / "var"
DEMO = env.switch("CRM_DEMO", False)
DEVELOPMENT_KEY = "development-only-key-that-production-refuses"
SECRET_KEY = env.text("SECRET_KEY", DEVELOPMENT_KEY)
DEBUG = False
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
BRAND = "Keyuan CRM"
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")  # for links in mails
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "crm@localhost")
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.number("EMAIL_PORT", 25, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.switch("EMAIL_USE_TLS", False)  # STARTTLS, usually on port 587
EMAIL_USE_SSL = env.switch("EMAIL_USE_SSL", False)  # TLS from the first byte, usually on port 465
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 10, least=1)  # seconds
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
START_CHECKS: list[str] = []  # functions that tell why not to serve people: crm/serving.py
COMPANY_NAME = env.text("COMPANY_NAME", "岚泊仪器（苏州）有限公司")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "guardian",
    "simple_history",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_celery_results",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "accounts",
    "crm",
    "sales",
    "service",
    "marketing",
    "reports",
]
MIDDLEWARE = [
    "crm.views.middleware.RequestIdMiddleware",  # first: whatever is refused after it has an id
    "crm.measuring.MeteringMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "crm.views.middleware.PolicyMiddleware",
    "crm.views.middleware.AliveMiddleware",  # before anything that asks the database
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.PersonMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crm.views.refusals.RefusalMiddleware",
]
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
ASGI_APPLICATION = "crm.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "crm.views.shell.shell",
            ],
            "builtins": ["django.templatetags.i18n", "crm.templatetags.crm"],
        },
    }
]

DATABASES = {
    "default": {
        **env.database("postgres://crm@127.0.0.1:5432/crm"),
        "CONN_MAX_AGE": env.number("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
STATEMENT_SECONDS = env.number("STATEMENT_SECONDS", 10)  # crm/deadlines.py; 0 is no limit
LOCK_SECONDS = env.number("LOCK_SECONDS", 5)
JOB_STATEMENT_SECONDS = env.number("JOB_STATEMENT_SECONDS", 3600)
JOB_LOCK_SECONDS = env.number("JOB_LOCK_SECONDS", 600)
SLOW_QUERY_MS = env.number("SLOW_QUERY_MS", 0)  # slower statements stand in the log; 0 never
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REPLICA_URL = env.text("REPLICA_URL", "")  # crm/operation/replica.py
REPLICA_SECONDS = env.number("REPLICA_SECONDS", 5, least=1)
DATABASE_ROUTERS = ["crm.operation.replica.ReplicaRouter"]
if REPLICA_URL:
    DATABASES["replica"] = {**DATABASES["default"], **env.database(REPLICA_URL, "REPLICA_URL")}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

AUTH_USER_MODEL = "accounts.User"
CRM_DEPARTMENT_MODEL = "accounts.Department"
CRM_TEAM_MODEL = "accounts.Team"
CRM_ROLE_MODEL = "accounts.Role"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.services.passwords.NotUsedBefore"},
]
OTP_TOTP_ISSUER = BRAND
OTP_TOTP_THROTTLE_FACTOR = 0  # accounts/signin/throttle.py does it without locking people out
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)  # how many proxies write X-Forwarded-For
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None  # guardian would make a person of this name
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # rights come from crm.access, not guardian's backend
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = int(timedelta(days=7).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "keyuan_session"
BIN_DAYS = env.number("BIN_DAYS", 90)
MERGE_UNDO_DAYS = env.number("MERGE_UNDO_DAYS", 30)
FILES_PER_PERSON = env.number("FILES_PER_PERSON", 20_000)
FILE_MEGABYTES_PER_PERSON = env.number("FILE_MEGABYTES_PER_PERSON", 10_240)
FILE_MEGABYTES_IN_ALL = env.number("FILE_MEGABYTES_IN_ALL", 1_048_576)  # of everybody
VIRUS_SCANNER = env.text("VIRUS_SCANNER", "")  # see crm/documents/scanning.py
UNCOVERS_PER_HOUR = env.number("UNCOVERS_PER_HOUR", 60)
API_CALLS_PER_MINUTE = env.number("API_CALLS_PER_MINUTE", 12_000, least=1)  # each per person
SCREEN_POPS_PER_HOUR = env.number("SCREEN_POPS_PER_HOUR", 6_000)
DUPLICATE_CHECKS_PER_HOUR = env.number("DUPLICATE_CHECKS_PER_HOUR", 2_000)
SESSION_IDLE_SECONDS = env.number("SESSION_IDLE_SECONDS", 8 * 3600, least=60)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("en", _("English")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("COMPANY_TIME_ZONE", "Asia/Shanghai")

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "static-built"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("vendor/sortable", BASE_DIR / "node_modules/sortablejs"),
]
MEDIA_FOLDER = env.text("MEDIA_ROOT", str(VAR_DIR / "media"))
STORAGES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_FOLDER},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # a hung Redis costs a request half a second, not the client's five
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    }

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL)
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 3600
BROKER_REDELIVERS = not CELERY_BROKER_URL.startswith("filesystem:")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if BROKER_REDELIVERS:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200}
else:  # a newcomer's machine without any Redis; make run makes these folders
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": VAR_DIR / "broker/queue",
        "data_folder_out": VAR_DIR / "broker/queue",
        "processed_folder": VAR_DIR / "broker/done",
        "control_folder": VAR_DIR / "broker/control",
        "store_processed": False,
    }
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a worker outlives any outage of Redis
CELERY_TASK_IGNORE_RESULT = True
SWEEP_SECONDS = float(env.number("SWEEP_SECONDS", 15, least=1))  # what nobody was told of is found
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "pulse": {"task": "crm.operation.tasks.pulse", "schedule": 30.0},
    "sweep jobs": {"task": "crm.jobs.tasks.sweep_jobs", "schedule": SWEEP_SECONDS},
    "send waiting resets": {
        "task": "accounts.tasks.send_waiting_resets",
        "schedule": SWEEP_SECONDS,
    },
    "clear sign-in": {"task": "accounts.tasks.clear_sign_in", "schedule": 24 * 3600.0},
    "move stages": {"task": "sales.tasks.move_stages", "schedule": 600.0},  # once a night
    "clear job files": {"task": "crm.jobs.tasks.clear_job_files", "schedule": 24 * 3600.0},
    "look for doubles": {"task": "crm.jobs.tasks.look_for_doubles", "schedule": 24 * 3600.0},
    "sweep previews": {"task": "crm.documents.tasks.sweep_previews", "schedule": SWEEP_SECONDS},
    "drop field indexes": {
        "task": "crm.jobs.tasks.drop_field_indexes",
        "schedule": 24 * 3600.0,
    },
    "clear fields": {"task": "accounts.tasks.clear_fields", "schedule": 24 * 3600.0},
    "clear documents": {"task": "crm.documents.tasks.clear_documents", "schedule": 24 * 3600.0},
}
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 60, least=5)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.api.parsing.StrictJSONParser"],
    "EXCEPTION_HANDLER": "crm.api.errors.answer_error",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {"TITLE": "Keyuan CRM", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
    }
}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope",
                    "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "usb",
                    "xr-spatial-tracking")
)  # fmt: skip
METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # crm/views/metrics.py
METRICS_ALLOW = env.names("METRICS_ALLOW", "127.0.0.1,::1")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "crm.views.uploading.TidyTemporaryFiles",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "crm.views.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
