"""What people have in common, whether they are customers or contacts."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.lib.matching import Keys as PersonKeys
from crm.modules.module import Keys, Setting

EXACT, NEAR, NOTHING = "exact", "near", "nothing"


def mobile_setting(label: Any, rows: Q) -> Setting:
    """Whether one mobile means one person (mission row B4); `rows` are the persons."""
    return Setting(
        name="mobile_alone",
        label=label,
        choices=(
            (EXACT, _("is the same person and is refused")),
            (NEAR, _("may be the same person and is offered")),
            (NOTHING, _("says nothing")),
        ),
        default=NEAR,
        rekeys=rows,
    )


def keys_with_mobile(found: PersonKeys, answer: str) -> Keys:
    """The keys of a person under the company's answer to `mobile_setting`.

    An exact mobile stays a near one too: companies with that number are still offered.
    """
    exact, near = frozenset(found.exact), frozenset(found.near)
    mobiles = frozenset(key for key in near if key[0] == "mobile")
    if answer == EXACT:
        return Keys(exact | mobiles, near)
    return Keys(exact, near - mobiles if answer == NOTHING else near)
