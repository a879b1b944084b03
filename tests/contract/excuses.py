"""What a surface shows for another reason than the planted record, each with that reason."""

from __future__ import annotations

from crm.modules.module import Module

# Records of every module are listed or named there: a related record by itself, as one may see it.
OF_ALL_MODULES = frozenset(
    {"home", "palette", "search", "lookup", "team activity", "audit", "parent", "follow-up logged",
     "me", "feed", "stage moves"}
)  # fmt: skip
# Records of the module are listed there: the parent company stands among the customers.
OF_THE_MODULE = frozenset(
    {"list", "list, all columns", "list, searched", "list, parts", "api list", "api search",
     "export xlsx", "export csv", "door", "duplicates", "bin", "import",
     "bulk edit", "merge", "saved views", "board", "board, all fields", "calendar",
     "calendar, all days", "related columns"}
)  # fmt: skip
# Every day of a month stands there, with records or without; kernel tests look for the records.
OF_ALL_DAYS = frozenset({"calendar, all days"})
# Who did an act is told with the act, in a conflict too: to everybody who sees the record.
ACTS = frozenset(
    {"history", "api history", "api writes", "record", "parent", "follow-up logged", "audit", "bin",
     "related columns"}
)  # fmt: skip
# People and departments as they are kept there, one's own department, with whom one may share;
# those of the records that the record points to.
PEOPLE = frozenset({"setup", "me", "shares", "bulk", "related columns", "library"})
# What a record hangs on, and the other records of the same department, have departments too.
OF_THE_DEPARTMENT = frozenset({"parent"})
# The duplicate guard names who holds the record, in which department, and nothing else of it.
GUARD = frozenset({"duplicates", "api writes", "import"})


def is_told_anyhow(module: Module, path: str, surface: str) -> bool:
    """Whether the surface may show the value of this path though its field is closed."""
    one = module.field_at(path)
    if one is None:
        return False
    if path in {"created_by", "changed_by"}:
        return surface in ACTS | {"setup"}
    if path in {"owner", "department"} and surface in GUARD:
        return True
    if one.kind in {"date", "datetime"}:
        return surface in OF_ALL_DAYS
    if one.kind in {"choice", "multi_choice"}:
        # The same dictionary serves fields of other modules; administrators keep it.
        return surface in {"api index", "setup"}
    if one.kind in {"user", "department"}:
        return surface in PEOPLE or (path == "department" and surface in OF_THE_DEPARTMENT)
    if one.kind in {"relation", "any_relation"}:
        return surface in OF_ALL_MODULES or (surface in OF_THE_MODULE and one.target == module.name)
    return False
