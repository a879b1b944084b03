"""How many records use a choice; for administrators who want to take one away."""

from django.db.models import Count

from crm.modules.registry import all_modules


def uses_of(dictionary: str) -> dict[str, int]:
    """Choice → number of rows that hold it, over all modules and collections."""
    found: dict[str, int] = {}
    for module in all_modules():
        for name in module.right_names():
            field = module.field_at(name)
            if field is None or field.dictionary != dictionary or field.is_custom:
                continue
            collection = module.collections_by_name.get(name.partition(".")[0])
            rows = collection.model._default_manager.all() if collection else module.rows
            counted = rows.order_by().values_list(field.column).annotate(n=Count("pk"))
            for value, count in counted:
                if value:
                    found[value] = found.get(value, 0) + count
    return found
