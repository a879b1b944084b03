"""Owners and the departments that records take from them."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.modules.registry import all_modules
from crm.records.errors import NotAllowed


def department_of(owner_id: int | None) -> int | None:
    """The main department of a person: the department of what he owns."""
    if owner_id is None:
        return None
    people = get_user_model()._default_manager
    return people.filter(pk=owner_id).values_list("department_id", flat=True).first()


def departments_of(owner_ids: set[int]) -> dict[int, int | None]:
    """The main department of each of these persons."""
    people = get_user_model()._default_manager
    return dict(people.filter(pk__in=owner_ids).values_list("pk", "department_id"))


def count_owned(user_id: int) -> dict[str, int]:
    """How many living records the person owns, by the name of each module where there are some."""
    counts = {
        module.name: module.rows.filter(owner_id=user_id, deleted_at=None).count()
        for module in all_modules()
    }
    return {name: count for name, count in counts.items() if count}


def require_assignable(
    access: Access,
    owner_id: int | None,
    department: Callable[[int | None], int | None] = department_of,
) -> None:
    """Raise NotAllowed unless the person may make `owner_id` the owner of something of his.

    `department` tells the department of a person; many rows bring one that remembers.
    """
    if owner_id == access.user.pk:
        return
    scope = access.grants.scope("assign")
    if not scope:
        raise NotAllowed(_("Your roles do not let you give records to others."))
    if scope.everything or owner_id is None:
        return
    inside = owner_id in scope.owners or department(owner_id) in scope.departments
    if not inside and not scope.departments and len(scope.owners) <= 1:
        return  # scope 'own': he gives away what is his, to anybody
    if not inside:
        raise NotAllowed(_("You may give records only to people within your reach."))
