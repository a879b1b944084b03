"""Who reads: a rep with records of his own, a head with forty people below, a director."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.models import Membership, User
from crm.access.policy import access_to
from crm.modules.stamp import raise_rights_version

WANTED = 40  # people below the head


@dataclass(frozen=True)
class Persona:
    """One reader: his rows as SQL with ids known, and those of shares."""

    name: str
    user: Any
    column: str = ""
    ids: tuple[int, ...] = ()

    def where(self, alias: str = "c") -> str:
        """His rows as a condition."""
        if not self.column:
            return "true"
        return f"{alias}.{self.column} IN ({','.join(map(str, self.ids))})"


def asked(statement: str, params: Any = None) -> list[Any]:
    """The rows of a raw statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def personas() -> list[Persona]:
    """The three, the same in every run on one database."""
    rep = _middle_rep()
    head, departments = _head()
    director = User.objects.get(username="g0001")
    assert access_to(director, "customers").grants.scope("view").everything
    return [
        Persona("own", rep, "owner_id", (rep.pk,)),
        Persona("head of 40", head, "department_id", departments),
        Persona("all", director),
    ]


def _middle_rep() -> User:
    """The rep with the middle number of customers."""
    rows = asked(
        "SELECT c.owner_id FROM sales_customer c JOIN accounts_roleholder h ON h.user_id = c.owner_id"
        " JOIN accounts_role r ON r.id = h.role_id AND r.name = 'rep' GROUP BY 1"
        " ORDER BY count(*), 1"
    )
    return User.objects.get(pk=rows[len(rows) // 2][0])


def _head() -> tuple[User, tuple[int, ...]]:
    """A manager who is made a member of more offices, until forty people are below him."""
    offices = asked(
        "SELECT u.department_id, count(*) FROM accounts_user u JOIN accounts_department d"
        " ON d.id = u.department_id WHERE length(d.path) - length(replace(d.path, '/', '')) = 4"
        " AND u.username LIKE 'g%%' GROUP BY 1 ORDER BY 1"
    )
    people, ids = 0, []
    for department, count in offices:
        if people >= WANTED:
            break
        people += count
        ids.append(department)
    head = User.objects.filter(department=ids[0], held_roles__role__name="manager").first()
    assert head is not None
    for department in ids[1:]:
        Membership.objects.get_or_create(user=head, department_id=department)
    raise_rights_version()
    return head, tuple(ids)
