"""From where a request came, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


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
