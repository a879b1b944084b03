"""What people own in the modules, asked through the kernel."""

from crm.records import services as records


def count_owned(user_id: int) -> dict[str, int]:
    """How many living records the person owns, by module name; none is left out."""
    ask = getattr(records, "count_owned", None)
    return ask(user_id) if ask else {}


def move_owner_department(user_id: int, department_id: int | None) -> int:
    """Rewrite the stored department of all he owns; answers with how many records that were."""
    move = getattr(records, "move_owner_department", None)
    return move(user_id, department_id) if move else 0
