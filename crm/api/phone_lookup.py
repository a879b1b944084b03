"""Who is calling: a whole number, in whatever form a telephone system gives it."""

import contextlib
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from crm.access.policy import access_to
from crm.access.rows import Ref
from crm.lib.phones import InvalidPhone, parse_phone, reversed_digits
from crm.modules.module import Module
from crm.modules.registry import all_modules
from crm.records.children import Phone
from crm.records.errors import Invalid

HOME_TAIL = "68"  # 86, last digit first
MOBILE_TAIL = "168"  # 861…: a mobile of China
LANDLINE_DIGITS = (12, 13)  # 86, area code without its 0, seven or eight digits
MOST_MATCHES = 20


def modules_with_phones(user: Any) -> list[tuple[Module, str]]:
    """The modules whose records have numbers that the person sees, masked ones included."""
    found = []
    for module in all_modules():
        for name, collection in module.collections_by_name.items():
            if collection.model is Phone:
                path = f"{name}.{collection.main}"
                if path in access_to(user, module).visible:
                    found.append((module, name))
    return found


def condition_for(text: str) -> Q:
    """The numbers that `text` means. Raises Invalid when it is no whole number."""
    digits = reversed_digits(text)
    if not 5 <= len(digits) <= 20 or len(text) > 60:
        raise Invalid(fields={"phone": [_("Give a whole phone number.")]})
    tails = {digits, f"{digits}{HOME_TAIL}"}
    with contextlib.suppress(InvalidPhone):
        tails.add(reversed_digits(parse_phone(text).e164))
    same = Q(tail__in=sorted(tails))
    if len(digits) in (7, 8):  # dialled inside its own area: no code in front
        local = Q(tail__startswith=digits, digits__in=LANDLINE_DIGITS)
        same |= local & ~Q(tail__endswith=MOBILE_TAIL)
    return same


def callers(user: Any, text: str, modules: Iterable[str]) -> list[Ref]:
    """The records with this number that the person may see and name, in menu order.

    Asks each module the same way whether or not it knows the number.
    """
    reachable = [module for module, _name in modules_with_phones(user) if module.name in modules]
    by_module: dict[str, set[int]] = {module.name: set() for module in reachable}
    rows = Phone.rows.annotate(digits=Length("tail")).filter(condition_for(text))
    for name, pk in rows.filter(module__in=list(by_module)).values_list("module", "record_id")[
        :200
    ]:
        by_module[name].add(pk)
    found: list[Ref] = []
    for module in reachable:
        refs = access_to(user, module).labels(module.name, by_module[module.name] or {0})
        found.extend(refs[pk] for pk in sorted(refs))
    return found[:MOST_MATCHES]
