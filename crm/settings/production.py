"""The product for real people: HTTPS behind a proxy. Refuses to start on unsafe settings."""

from django.core.exceptions import ImproperlyConfigured

from crm.settings import environment as env
from crm.settings.base import *  # noqa: F403  Django's settings modules are made to be layered
from crm.settings.base import DEVELOPMENT_KEY, STORAGES
from crm.settings.refusals import refusals

DEBUG = env.switch("DEBUG", False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
START_CHECKS = ["accounts.demo.refusals"]
DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.switch("SECURE_SSL_REDIRECT", True)
# Asked inside the container, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = env.switch("SESSION_COOKIE_SECURE", True)
CSRF_COOKIE_SECURE = env.switch("CSRF_COOKIE_SECURE", True)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.switch("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False

_reasons = refusals(globals(), DEVELOPMENT_KEY)
if _reasons:
    raise ImproperlyConfigured("Production does not start:\n- " + "\n- ".join(_reasons))
