"""Values that stand nowhere else: sixteen signs for texts, nine digits for numbers."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from crm.lib.codes import expected_check_character
from crm.modules.fields import Field
from crm.modules.module import Module

SHORTEST = 16
BY_SERVICES = frozenset(
    {"number", "owner", "department", "created_at", "created_by", "changed_at", "changed_by"}
)


class Canaries:
    """A source of values, each given out once; the same seed gives the same ones."""

    def __init__(self, seed: int = 0) -> None:
        self.seed, self.count = seed, 0

    def _next(self) -> int:
        self.count += 1
        return self.count

    def token(self) -> str:
        """Sixteen letters and digits."""
        text = f"{self.seed}/{self._next()}".encode()
        sign = base64.b32encode(hashlib.blake2b(text, digest_size=10).digest()).decode().lower()
        return f"zq{sign[:14]}"

    def number(self) -> int:
        """Nine digits."""
        return 700_000_003 + 1_237 * self._next()

    def day(self) -> dt.date:
        """A day so long ago that no page has it by itself."""
        return dt.date(1905, 1, 1) + dt.timedelta(days=29 * self._next() % 21_900)

    def phone(self) -> str:
        """A mobile number."""
        return f"139{10_000_000 + 7_919 * self._next() % 80_000_000:08}"

    def code(self) -> str:
        """A credit code that is well formed."""
        front = f"91310000MA{self._next():07}"
        return front + expected_check_character(front + "0")

    def value(self, one: Field) -> Any:
        """A value for a field; None where nothing that tells it apart fits."""
        if one.kind in {"text", "long_text"}:
            return self.token() if (one.max_length or SHORTEST) >= SHORTEST else None
        if one.kind == "email":
            return f"{self.token()}@post.example"
        if one.kind == "url":
            return f"https://{self.token()}.example/"
        if one.kind in {"decimal", "money", "percent"}:
            return f"{self.number()}.{'17'[: one.places]}".rstrip(".")
        made = {
            "integer": self.number, "phone": self.phone, "credit_code": self.code,
            "date": lambda: self.day().isoformat(),
            "datetime": lambda: f"{self.day()}T12:07:00+08:00",
        }  # fmt: skip
        return made[one.kind]() if one.kind in made else None

    def record(self, module: Module, given: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every field of a new record that takes one; `given` stand as they are."""
        values = dict(given)
        for name, one in module.fields.items():
            if name in BY_SERVICES or name in values or one.is_computed or one.is_read_only:
                continue
            if one.is_collection:
                row = {
                    member: value
                    for member, two in one.members.items()
                    if not two.is_read_only and (value := self.value(two)) is not None
                }
                if row:
                    values[name] = [row]
                continue
            value = self.value(one)
            if value is not None:
                values[name] = value
        return values
