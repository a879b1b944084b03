"""Reads settings from the environment; stops with one clear sentence on nonsense."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
_env = environ.Env()
asked_for: set[str] = set()  # the variables that the settings know


def text(name: str, default: str | None = None) -> str:
    """The variable as text; without a default it must be set."""
    asked_for.add(name)
    value = _env.str(name, default=default)
    if value is None:
        raise ImproperlyConfigured(f"{name} must be set.")
    return str(value)


def switch(name: str, default: bool) -> bool:
    """The variable as yes or no."""
    asked_for.add(name)
    raw = _env.str(name, default="").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither true nor false.")


def number(name: str, default: int, least: int = 0) -> int:
    """The variable as a whole number of at least `least`."""
    asked_for.add(name)
    raw = _env.str(name, default=str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name}={value} is below {least}.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """The variable as a list, separated by commas."""
    asked_for.add(name)
    return [part.strip() for part in _env.str(name, default=default).split(",") if part.strip()]


def database(default: str, name: str = "DATABASE_URL") -> dict[str, object]:
    """DATABASE_URL, or another address, as Django's dictionary; PostgreSQL only."""
    asked_for.add(name)
    parsed = _env.db_url(name, default=default)
    if parsed["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database: postgres://…")
    # A host that is gone is found out in seconds, not after the system's many minutes.
    patient = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 30_000}
    return {**parsed, "OPTIONS": {**patient, **parsed.get("OPTIONS", {})}}
