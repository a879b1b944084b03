"""Where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from crm.records.addresses import address_of

DEVICE_COOKIE = "keyuan_device"
DEVICE_SALT = "accounts.device"
DEVICE_COOKIE_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """Whoever is at the other end: address, browser, and its device token if it has one."""

    address: str | None
    agent: str
    device_token: str = ""


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
