"""The rules that come with the product: all switched off, until an administrator has counted them.

They speak of what every installation has: follow-ups, level, relationship, the day of entry.
"""

from typing import Any

Tree = dict[str, Any]


def _is(field: str, *values: str) -> Tree:
    return {"field": field, "op": "in", "value": list(values)}


def _when(field: str, period: str) -> Tree:
    return {"field": field, "op": "within", "value": period}


_TALK = "last_follow_up_at"
_BOUGHT = ("new", "repeat", "loyal", "high_value")
RULES: list[tuple[str, Tree]] = [
    ("lost", {"all": [_is("stage", "sleeping"), _when(_TALK, "older_than_days:365")]}),
    (
        "sleeping",
        {
            "all": [
                _is("relationship", "customer"),
                _is("stage", *_BOUGHT),
                _when(_TALK, "older_than_days:180"),
            ]
        },
    ),
    ("repeat", {"all": [_is("stage", "sleeping"), _when(_TALK, "last_n_days:30")]}),
    (
        "high_value",
        {
            "all": [
                _is("relationship", "customer"),
                _is("stage", "repeat", "loyal"),
                _is("level", "A"),
            ]
        },
    ),
    (
        "loyal",
        {
            "all": [
                _is("relationship", "customer"),
                _is("stage", "repeat"),
                _when("created_at", "older_than_days:730"),
                _when(_TALK, "last_n_days:90"),
            ]
        },
    ),
    ("new", {"all": [_is("relationship", "customer"), _is("stage", "target", "prospect")]}),
    (
        "prospect",
        {
            "all": [
                _is("relationship", "prospect"),
                _is("stage", "target"),
                _when(_TALK, "last_n_days:90"),
            ]
        },
    ),
    (
        "target",
        {
            "all": [
                _is("relationship", "prospect"),
                _is("stage", "prospect"),
                {"field": _TALK, "op": "empty"},
                _when("created_at", "older_than_days:30"),
            ]
        },
    ),
]
