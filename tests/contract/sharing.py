"""Sharing as a way to a record's values."""

from __future__ import annotations

from tests.contract.visitor import Visitor


def visit_shares(visitor: Visitor) -> bytes:
    """Shared with the director and taken back, on the page and over the API."""
    holder = f"person-{visitor.planted.cast.director.pk}"
    if visitor.planted.module.name == "follow-ups":
        return visitor.page("shares")
    found = visitor.page("shares") + visitor.page("shares", part=True)
    found += visitor.act(visitor.address("shares"), {"to": holder, "level": "nonsense"})
    found += visitor.act(visitor.address("shares"), {"to": holder, "level": "view"})
    found += visitor.act(visitor.address("share-take-back", holder=holder))
    found += visitor.act(f"{visitor.address('share-again')}?to={holder}")
    found += visitor.body(visitor.api.get(f"{visitor.api_url}shares/"))
    found += visitor.body(visitor.api.post(f"{visitor.api_url}shares/", {"to": [holder]}))
    return found + visitor.body(visitor.api.delete(f"{visitor.api_url}shares/{holder}/"))
