"""People to choose from: owners, mentions, filters."""

from typing import Any

from django.contrib.auth import get_user_model

MOST_LISTED = 300


def people_options(text: str = "", most: int = MOST_LISTED) -> list[dict[str, Any]]:
    """Active people as options, by name; `text` narrows them."""
    people = get_user_model()._default_manager.filter(is_active=True)
    if text:
        people = people.filter(display_name__icontains=text)
    found = people.order_by("display_name", "pk").values_list("pk", "display_name")[:most]
    return [{"value": str(pk), "label": name} for pk, name in found]
