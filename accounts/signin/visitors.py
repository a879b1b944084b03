"""Where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

DEVICE_COOKIE = "keyuan_device"
DEVICE_SALT = "accounts.device"
DEVICE_COOKIE_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """Whoever is at the other end: address, browser, and its device token if it has one."""

    address: str | None
    agent: str
    device_token: str = ""


def address_of(request: HttpRequest) -> str | None:
    """The client's address.

    Behind TRUSTED_PROXIES proxies it is the address that the outermost of them saw; what
    stands further left in X-Forwarded-For is the client's own invention.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        told = request.headers.get("X-Forwarded-For")
        chain = [*(told.split(",") if told else ()), address]
        address = chain[max(0, len(chain) - 1 - settings.TRUSTED_PROXIES)].strip()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def visitor_of(request: HttpRequest) -> Visitor:
    """The other end of a request."""
    token = request.get_signed_cookie(
        DEVICE_COOKIE, default="", salt=DEVICE_SALT, max_age=DEVICE_COOKIE_SECONDS
    )
    agent = request.headers.get("User-Agent", "")
    clean = "".join(sign for sign in agent if sign.isprintable())
    return Visitor(address_of(request), clean[:200], token or "")


def is_inside(address: str | None, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks; an unknown address lies in none."""
    if address is None:
        return False
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)
