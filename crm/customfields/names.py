"""Which names a module made by administrators may have: those that no address has taken."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _

from crm.modules.registry import declared_modules

PATTERN = re.compile(r"[a-z][a-z0-9-]{0,39}")
A_MODULE = re.compile(r"<[a-z]+:module>")
Parts = tuple[str, ...]


def check_module_name(name: str) -> None:
    """Raise ValidationError unless a new module may be called so."""
    if not PATTERN.fullmatch(name):
        raise ValidationError(
            _("A module's name has small letters a-z, digits and hyphens, at most 40.")
        )
    if name in {cls.name for cls in declared_modules()}:
        raise ValidationError(_("There is a module called “%s” already.") % name)
    if name in taken_names():
        raise ValidationError(
            _("“%s” cannot name a module: the product has an address of its own there.") % name
        )


def taken_names() -> frozenset[str]:
    """Every word that stands in an address where a module's name could stand, or above it."""
    routes = [_parts(route) for route in _routes(get_resolver().url_patterns)]
    places: set[Parts] = set()
    for parts in routes:
        for place, part in enumerate(parts):
            if A_MODULE.fullmatch(part):
                places.update(parts[:length] for length in range(place + 1))
    taken = {
        parts[len(place)]
        for place in places
        for parts in routes
        if len(parts) > len(place) and parts[: len(place)] == place
    }
    taken.update(_parts(urlsplit(settings.STATIC_URL).path)[:1])
    return frozenset(part for part in taken if "<" not in part)


def _routes(patterns: Sequence[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _parts(route: str) -> Parts:
    return tuple(part for part in route.split("/") if part)
