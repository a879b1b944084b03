"""The first request after a change of a role that two hundred people hold."""

import statistics
from typing import Any

from accounts.models import Role
from accounts.services.roles import FieldChange, apply_rights
from bench.client import Client
from bench.people import Persona
from crm.access.grants import State

HOLDERS = 200
ROUNDS = 6


def change_of_rights(people: list[Persona], port: int, size: int) -> list[dict[str, Any]]:
    """The rep's list right after a field of his role was closed and opened again."""
    from accounts.models import User
    from accounts.services.act import change_of_rights as changing

    keeper, role = User.objects.get(username="gadmin"), Role.objects.get(name="rep")
    assert role.holders.count() >= HOLDERS
    client = Client(port)
    client.sign_in(people[0].user.username)
    first, later, last = [], [], None
    for turn in range(ROUNDS):
        state = State.READ if turn % 2 == 0 else State.EDIT
        with changing(keeper):
            apply_rights(
                actor=keeper, role=role, fields=[FieldChange("customers", "remark", state)]
            )
        last = client.get("/customers/")
        first.append(last.ms)
        later += [client.get("/customers/").ms for _ in range(3)]
    floor = statistics.median(later)
    assert last is not None
    row = {
        "scenario": "list, first request after a change of rights", "size": size,
        "persona": people[0].name, "p50_ms": round(statistics.median(first), 1),
        "p95_ms": round(max(first), 1), "floor_ms": round(floor, 1), "raw_ms": 0.0,
        "ratio": round(statistics.median(first) / floor, 2), "budget": 0.0,
        "server_p50_ms": 0.0, "server_p95_ms": round(max(first), 1), "queries": last.queries,
        "bytes": len(last.body), "status": last.status, "runs": ROUNDS, "over": [],
    }  # fmt: skip
    print(f"after a change of rights: {row['p50_ms']} ms, later {row['floor_ms']} ms", flush=True)
    return [row]
