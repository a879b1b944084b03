"""Which scenarios are asked as whom."""

from collections.abc import Iterator
from itertools import chain

from django.contrib.auth import get_user_model

from bench import scenarios
from bench.client import Client
from bench.measuring import Scenario
from bench.people import Persona

KINDS = (
    scenarios.pages, scenarios.slow_pages, scenarios.narrowed, scenarios.found, scenarios.one_record, scenarios.shapes,
)  # fmt: skip


def plans(
    people: list[Persona], port: int
) -> Iterator[tuple[str, Client, Client, Iterator[Scenario]]]:
    """Each person with a browser of his own, the browser of the floors, and what he asks."""
    bare = Client(port)
    for who in people:
        client = Client(port)
        client.sign_in(who.user.username)
        yield who.name, client, bare, chain.from_iterable(kind(client, who) for kind in KINDS)
    keeper = get_user_model().objects.get(username="gadmin")
    client = Client(port)
    client.sign_in("gadmin")
    who = Persona("administrator", keeper)
    yield who.name, client, bare, scenarios.administrators(client, who)
