"""The tests: real PostgreSQL and Redis, cheap password hashes, nothing else changed."""

import os

from crm.settings import environment as env
from crm.settings.base import *  # noqa: F403  Django's settings modules are made to be layered

DEMO = True
DATABASES["default"]["TEST"] = {"NAME": env.text("TEST_DATABASE", "test_crm")}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATICFILES_STORAGE_MANIFEST_STRICT = False
STATIC_ROOT = None  # nothing is collected here; WhiteNoise finds files where they are written

# Of several processes side by side (gw0, gw1, …) each has a Redis database of its own, as it has
# its own in PostgreSQL.
_process = os.environ.get("PYTEST_XDIST_WORKER", "")
if _process:
    _server, _slash, _number = REDIS_URL.rpartition("/")
    REDIS_URL = f"{_server}/{int(_number or 0) + 1 + int(_process.removeprefix('gw'))}"
    CELERY_BROKER_URL = CACHES["default"]["LOCATION"] = REDIS_URL  # noqa: F405
