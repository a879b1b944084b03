"""Why a production start is refused: every reason at once, each with its way out."""

import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 10
SHORTEST_HSTS_SECONDS = 86_400
DEFAULT_PASSWORDS = frozenset(
    {"", "crm", "postgres", "password", "secret", "change-me", "changeme"}
)
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
SUPERUSERS = frozenset({"postgres", "root", "rdsadmin"})
STRONG_HASHERS = ("Argon2", "BCryptSHA256", "Scrypt", "PBKDF2PasswordHasher")
SHORTEST_TOKEN = 20
MOST_PROXIES = 5
LONGEST_IDLE_SECONDS = 7 * 86_400
LEVELS = frozenset({"INFO", "WARNING", "ERROR", "CRITICAL"})
ADDRESSES = ("DATABASE_URL", "REPLICA_URL", "REDIS_URL", "CELERY_BROKER_URL")
HTTPS_SWITCHES = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")


def refusals(settings: Mapping[str, object], development_key: str) -> list[str]:
    """The reasons against serving people with these settings; empty when there are none."""
    return [
        *_switches(settings),
        *_secrets(settings, development_key),
        *_hosts(settings),
        *_https(settings),
        *_formats_and_files(settings),
        *_sign_in(settings),
        *_browser(settings),
        *_operation(settings),
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
    for name in ADDRESSES:
        if name == "CELERY_BROKER_URL" and settings[name] == settings["REDIS_URL"]:
            continue  # its default, told of already
        parts = urlsplit(str(settings[name]))
        if not parts.netloc and not parts.path:
            continue  # none is set
        password = None if parts.password is None else unquote(parts.password)
        is_remote = bool(parts.hostname) and parts.hostname not in HERE
        if password in DEFAULT_PASSWORDS or (password is None and is_remote):
            found.append(f"{name} must carry a password of your own.")
        if parts.username in SUPERUSERS:
            found.append(f"{name} must not sign in as {parts.username}: make a user of its own.")
        if is_remote and "sslmode=disable" in parts.query:
            found.append(f"{name} must not switch TLS off on its way to another machine.")
    return found


def _hosts(settings: Mapping[str, object]) -> list[str]:
    hosts = settings["ALLOWED_HOSTS"]
    assert isinstance(hosts, list)
    if not hosts:
        return ["ALLOWED_HOSTS must name the host names under which people reach the product."]
    if any(host.strip(".") in {"*", ""} for host in hosts):
        return ["ALLOWED_HOSTS must not be '*': name the host names under which people come."]
    host = urlsplit(str(settings["BASE_URL"])).hostname or ""
    if host and not any(host == one or f".{host}".endswith(one) for one in hosts):
        return ["BASE_URL must name one of the ALLOWED_HOSTS: links in mails lead there."]
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


def _sign_in(settings: Mapping[str, object]) -> list[str]:
    found = []
    hashers = _texts(settings["PASSWORD_HASHERS"])
    if not hashers or not all(any(one in name for one in STRONG_HASHERS) for name in hashers):
        found.append("PASSWORD_HASHERS must be slow ones: a stolen table is guessed otherwise.")
    if not settings["AUTH_PASSWORD_VALIDATORS"]:
        found.append("AUTH_PASSWORD_VALIDATORS must not be empty: people choose 123456.")
    if not settings["SESSION_COOKIE_HTTPONLY"]:
        found.append("SESSION_COOKIE_HTTPONLY must stay on: scripts must not read the session.")
    idle = settings["SESSION_IDLE_SECONDS"]
    if not isinstance(idle, int) or idle > LONGEST_IDLE_SECONDS:
        found.append(f"SESSION_IDLE_SECONDS must be {LONGEST_IDLE_SECONDS} (a week) or less.")
    return found


def _browser(settings: Mapping[str, object]) -> list[str]:
    found = []
    if any(not one.startswith("https://") for one in _texts(settings["CSRF_TRUSTED_ORIGINS"])):
        found.append("CSRF_TRUSTED_ORIGINS must begin with https://: others can be forged.")
    policy = settings.get("CONTENT_SECURITY_POLICY")
    directives = policy.get("DIRECTIVES", {}) if isinstance(policy, Mapping) else {}
    if "default-src" not in directives or "unsafe" in str(directives):
        found.append("CONTENT_SECURITY_POLICY must be there, and without 'unsafe-…'.")
    if settings["X_FRAME_OPTIONS"] != "DENY":
        found.append("X_FRAME_OPTIONS must be DENY: pages in foreign frames are clicked blindly.")
    return found


def _operation(settings: Mapping[str, object]) -> list[str]:
    found = []
    proxies = settings["TRUSTED_PROXIES"]
    if not isinstance(proxies, int) or proxies > MOST_PROXIES:
        found.append(
            f"TRUSTED_PROXIES must be the number of your proxies, at most {MOST_PROXIES}:"
            " beyond them everybody writes the address that he likes."
        )
    if settings["LOG_LEVEL"] not in LEVELS:
        found.append("LOG_LEVEL must be INFO, WARNING or ERROR: DEBUG writes what people ask for.")
    if 0 < len(str(settings["METRICS_TOKEN"])) < SHORTEST_TOKEN:
        found.append(f"METRICS_TOKEN must be {SHORTEST_TOKEN} or more random characters.")
    for one in _texts(settings["METRICS_ALLOW"]):
        try:
            is_everybody = ipaddress.ip_network(one, strict=False).prefixlen == 0
        except ValueError:
            is_everybody = True
        if is_everybody:
            found.append("METRICS_ALLOW must name addresses or networks, and not all of them.")
    return found


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, Iterable) else []
