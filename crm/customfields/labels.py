"""A text that has one version per language."""

from collections.abc import Mapping

from django.utils.translation import get_language

from crm.lib.traditional import to_traditional


def label_in(labels: Mapping[str, str], fallback: str = "") -> str:
    """The label in the reader's language, else in any; simplified signs become traditional ones."""
    language = (get_language() or "").lower()
    if language == "zh-hant" and not labels.get(language) and labels.get("zh-hans"):
        return to_traditional(labels["zh-hans"])
    for code in (language, language.split("-")[0], "zh-hans", "en"):
        if labels.get(code):
            return labels[code]
    return next(iter(labels.values()), fallback)


class LazyLabel:
    """A label that is chosen when it is shown."""

    def __init__(self, labels: Mapping[str, str], fallback: str = "") -> None:
        self.labels = dict(labels)
        self.fallback = fallback

    def __str__(self) -> str:
        return label_in(self.labels, self.fallback)
