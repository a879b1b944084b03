"""Why a production start is refused: every reason at once, each with its way out."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 10
SHORTEST_HSTS_SECONDS = 86_400
DEFAULT_PASSWORDS = frozenset(
    {"", "crm", "postgres", "password", "secret", "change-me", "changeme"}
)
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
HTTPS_SWITCHES = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")


def refusals(settings: Mapping[str, object], development_key: str) -> list[str]:
    """The reasons against serving people with these settings; empty when there are none."""
    return [
        *_switches(settings),
        *_secrets(settings, development_key),
        *_hosts(settings),
        *_https(settings),
        *_formats_and_files(settings),
        *_mails(settings),
    ]


def _switches(settings: Mapping[str, object]) -> list[str]:
    found = []
    if settings["DEBUG"]:
        found.append("DEBUG must be off: its error pages show the configuration to strangers.")
    if settings["DEMO"]:
        found.append("CRM_DEMO must be off: everybody knows the demo people's password.")
    return found


def _secrets(settings: Mapping[str, object], development_key: str) -> list[str]:
    found = []
    key = str(settings["SECRET_KEY"])
    is_weak = len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS
    if is_weak or key == development_key or key.startswith("django-insecure-"):
        found.append(f"SECRET_KEY must be {SHORTEST_KEY} or more random characters of your own.")
    for name in ("DATABASE_URL", "REDIS_URL"):
        parts = urlsplit(str(settings[name]))
        password = None if parts.password is None else unquote(parts.password)
        is_remote = bool(parts.hostname) and parts.hostname not in HERE
        if password in DEFAULT_PASSWORDS or (password is None and is_remote):
            found.append(f"{name} must carry a password of your own.")
    return found


def _hosts(settings: Mapping[str, object]) -> list[str]:
    hosts = settings["ALLOWED_HOSTS"]
    assert isinstance(hosts, list)
    if not hosts:
        return ["ALLOWED_HOSTS must name the host names under which people reach the product."]
    if any(host.strip(".") in {"*", ""} for host in hosts):
        return ["ALLOWED_HOSTS must not be '*': name the host names under which people come."]
    return []


def _https(settings: Mapping[str, object]) -> list[str]:
    found = [
        f"{name} must stay on: people sign in." for name in HTTPS_SWITCHES if not settings[name]
    ]
    seconds = settings["SECURE_HSTS_SECONDS"]
    if not isinstance(seconds, int) or seconds < SHORTEST_HSTS_SECONDS:
        found.append(f"SECURE_HSTS_SECONDS must be {SHORTEST_HSTS_SECONDS} (a day) or more.")
    return found


def _mails(settings: Mapping[str, object]) -> list[str]:
    found = []
    if not settings["EMAIL_HOST"]:
        found.append("EMAIL_HOST must name a mail server: without it nobody gets a new password.")
    if settings["EMAIL_USE_TLS"] and settings["EMAIL_USE_SSL"]:
        found.append("EMAIL_USE_TLS or EMAIL_USE_SSL, not both: STARTTLS or TLS from the start.")
    is_here = settings["EMAIL_HOST"] in HERE
    is_covered = settings["EMAIL_USE_TLS"] or settings["EMAIL_USE_SSL"] or is_here
    if settings["EMAIL_HOST_PASSWORD"] and not is_covered:
        found.append("EMAIL_HOST_PASSWORD would go in the clear: switch EMAIL_USE_TLS on.")
    if bool(settings["EMAIL_HOST_USER"]) != bool(settings["EMAIL_HOST_PASSWORD"]):
        found.append("EMAIL_HOST_USER and EMAIL_HOST_PASSWORD must be set together or not at all.")
    if str(settings["DEFAULT_FROM_EMAIL"]).rpartition("@")[2].strip("> ") in {"", "localhost"}:
        found.append("DEFAULT_FROM_EMAIL must be an address of yours: mails come from it.")
    if not str(settings["BASE_URL"]).startswith("https://"):
        found.append("BASE_URL must begin with https://: links in mails lead there.")
    return found


def _formats_and_files(settings: Mapping[str, object]) -> list[str]:
    found = []
    formats = settings["CELERY_ACCEPT_CONTENT"]
    if formats != ["json"] or "Pickle" in str(settings.get("SESSION_SERIALIZER", "")):
        found.append("Only JSON may be read from queue and sessions: pickle runs what it reads.")
    media = Path(str(settings["MEDIA_FOLDER"])).resolve()
    public = Path(str(settings["STATIC_ROOT"])).resolve()
    if media == public or public in media.parents or media in public.parents:
        found.append("MEDIA_ROOT must lie apart from the static files, which anybody may load.")
    return found
