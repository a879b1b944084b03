"""The hidden groups of departments and teams, through which records are shared with them."""

from django.contrib.auth.models import Group

from accounts.models import Department, Team


def give_group(owner: Department | Team) -> None:
    """Give a saved department or team its group, once; the caller saves `group`."""
    if owner.group_id is None:
        kind = owner._meta.model_name
        owner.group, _made = Group.objects.get_or_create(name=f"{kind} {owner.pk}")


def place(department: Department) -> None:
    """Write the path (and the group) of a saved department from its parent's path."""
    above = department.parent.path if department.parent else "/"
    department.path = f"{above}{department.pk}/"
    give_group(department)
    Department.objects.filter(pk=department.pk).update(path=department.path, group=department.group)
