"""Production starts on good settings and refuses unsafe ones, each with its reason."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password

from accounts.demo import DEMO_PASSWORD, demo_people_left
from accounts.models import User
from tests.database import database_url

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DJANGO_SETTINGS_MODULE": "crm.settings.production",
    "SECRET_KEY": "aB3-dE6_gH9.jK2!mN5qR8sT1uV4wX7yZ0cF-pL_oI9uY6tR3eW0q",
    "ALLOWED_HOSTS": "crm.example.com",
    "DATABASE_URL": "postgres://crm:n0t-a-default@db.invalid/crm",
    "REDIS_URL": "redis://:n0t-a-default@redis.invalid:6379/0",
    "BASE_URL": "https://crm.example.com",
    "EMAIL_HOST": "smtp.example.com",
    "EMAIL_USE_TLS": "on",
    "EMAIL_HOST_USER": "crm",
    "EMAIL_HOST_PASSWORD": "n0t-a-default",
    "DEFAULT_FROM_EMAIL": "Keyuan <crm@example.com>",
}
BAD = {
    "DEBUG": ("DEBUG", "true"),
    "demo mode": ("CRM_DEMO", "1"),
    "short key": ("SECRET_KEY", "aB3-dE6_gH9.jK2!mN5qR8sT1uV4wX7yZ0cF-pL_oI9uY6tR"),
    "monotonous key": ("SECRET_KEY", "ab" * 40),
    "no key": ("SECRET_KEY", None),
    "development key": ("SECRET_KEY", "development-only-key-that-production-refuses"),
    "any host": ("ALLOWED_HOSTS", "crm.example.com,*"),
    "no host": ("ALLOWED_HOSTS", None),
    "no redirect to HTTPS": ("SECURE_SSL_REDIRECT", "off"),
    "open session cookie": ("SESSION_COOKIE_SECURE", "off"),
    "open form cookie": ("CSRF_COOKIE_SECURE", "off"),
    "no HSTS": ("SECURE_HSTS_SECONDS", "0"),
    "default database password": ("DATABASE_URL", "postgres://crm:postgres@db.invalid/crm"),
    "no database": ("DATABASE_URL", None),
    "open Redis": ("REDIS_URL", "redis://redis.invalid:6379/0"),
    "no mail server": ("EMAIL_HOST", None),
    "two kinds of TLS": ("EMAIL_USE_SSL", "on"),
    "mail password in the clear": ("EMAIL_USE_TLS", "off"),
    "mail name without password": ("EMAIL_HOST_PASSWORD", None),
    "mails from nowhere": ("DEFAULT_FROM_EMAIL", "crm@localhost"),
    "links to nowhere": ("BASE_URL", None),
    "media among static files": ("MEDIA_ROOT", str(ROOT / "static-built/media")),
    "superuser of the database": ("DATABASE_URL", "postgres://postgres:n0t-a-default@db.invalid/x"),
    "no TLS to the database": (
        "DATABASE_URL", "postgres://crm:n0t-a-default@db.invalid/crm?sslmode=disable"
    ),
    "open replica": ("REPLICA_URL", "postgres://crm@replica.invalid/crm"),
    "open broker": ("CELERY_BROKER_URL", "redis://queue.invalid:6379/0"),
    "origin without TLS": ("CSRF_TRUSTED_ORIGINS", "http://crm.example.com"),
    "links to another host": ("BASE_URL", "https://other.example.com"),
    "proxies without end": ("TRUSTED_PROXIES", "9"),
    "log of everything": ("LOG_LEVEL", "DEBUG"),
    "numbers for everybody": ("METRICS_ALLOW", "0.0.0.0/0"),
    "numbers for who guesses": ("METRICS_TOKEN", "secret"),
    "sessions without end": ("SESSION_IDLE_SECONDS", "9999999"),
}  # fmt: skip
# What no variable can set, but somebody's changed settings file could.
BAD_SETTINGS = {
    "pickle in the queue": ("CELERY_ACCEPT_CONTENT", ["json", "pickle"], "pickle"),
    "pickle in sessions": ("SESSION_SERIALIZER", "x.PickleSerializer", "pickle"),
    "quick hashes": ("PASSWORD_HASHERS", ["x.MD5PasswordHasher"], "PASSWORD_HASHERS"),
    "any password": ("AUTH_PASSWORD_VALIDATORS", [], "AUTH_PASSWORD_VALIDATORS"),
    "session for scripts": ("SESSION_COOKIE_HTTPONLY", False, "SESSION_COOKIE_HTTPONLY"),
    "no policy of content": ("CONTENT_SECURITY_POLICY", {}, "CONTENT_SECURITY_POLICY"),
    "inline scripts": (
        "CONTENT_SECURITY_POLICY",
        {"DIRECTIVES": {"default-src": ["'none'"], "script-src": ["'unsafe-inline'"]}},
        "CONTENT_SECURITY_POLICY",
    ),
    "frames": ("X_FRAME_OPTIONS", "SAMEORIGIN", "X_FRAME_OPTIONS"),
}
# Reads production's settings anew for each case, in one process.
ASK = """
import importlib, json, os, sys
from crm.settings import base, environment, production, refusals
cases, settings = json.load(sys.stdin)
said = {}
for case, (name, value) in cases.items():
    kept = dict(os.environ)
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        for module in (environment, base, production):
            importlib.reload(module)
        said[case] = ""
    except Exception as error:
        said[case] = str(error)
    os.environ.clear()
    os.environ.update(kept)
for module in (environment, base, production):
    importlib.reload(module)
for case, (name, value, _word) in settings.items():
    changed = vars(production) | {name: value}
    said[case] = "\\n".join(refusals.refusals(changed, base.DEVELOPMENT_KEY))
print(json.dumps(said))
"""
STARTED = ("DEBUG", "no key")  # these are tried by a real start


def _run(
    *command: object, given: str = "", **changes: str | None
) -> subprocess.CompletedProcess[str]:
    """Python with production's environment and the changes; None removes a variable."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env=kept | environment,
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
    )


def _check(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """`manage.py check` as production starts it, with the changes."""
    return _run(ROOT / "manage.py", "check", **changes)


def test_production_starts_on_good_settings():
    done = _check()
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def said():
    """What production says to every case."""
    done = _run("-c", ASK, given=json.dumps([BAD, BAD_SETTINGS]))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", sorted(BAD))
def test_security_125_production_refuses(case, said):
    assert BAD[case][0] in said[case].splitlines()[-1], said[case]


@pytest.mark.parametrize("case", sorted(BAD_SETTINGS))
def test_security_125_production_refuses_changed_settings(case, said):
    (line,) = said[case].splitlines()
    assert BAD_SETTINGS[case][2] in line


@pytest.mark.parametrize("case", STARTED)
def test_security_125_a_real_start_ends_with_the_reason(case):
    name, value = BAD[case]
    done = _check(**{name: value})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert name in last, done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_security_125_demo_people_in_the_database_are_not_served(server, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    person = User.objects.create(
        username="rep2", display_name="孙悦", password=make_password(DEMO_PASSWORD)
    )
    start = ("-c", f"import crm.{server}")
    done = _run(*start, DATABASE_URL=database_url())
    assert done.returncode != 0
    assert "still opens: rep2." in done.stderr.strip().splitlines()[-1], done.stderr
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert demo_people_left() == []
    User.objects.filter(pk=person.pk).update(is_active=True, password=make_password("another 9 x"))
    assert demo_people_left() == []
    User.objects.filter(pk=person.pk).update(is_active=False)
    done = _run(*start, DATABASE_URL=database_url())
    assert done.returncode == 0, done.stderr
