"""A layout while it is being arranged: read from what is stored or posted, moved, written back.

The order of the page is the order of the posted `row` values: `section:<key>` begins a section,
`field:<name>` stands in the section before it, and `section:-` begins what is left out. So the
page works the same with drag, with buttons, and without script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import translation

from crm.customfields.layouts import Layout
from crm.modules.module import Module

LEFT_OUT = "-"
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@dataclass
class DraftSection:
    """One section: its key, its name per language, its fields in order."""

    key: str
    labels: dict[str, str]
    fields: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """All sections, what is left out, and what stands folded."""

    sections: list[DraftSection]
    left_out: DraftSection
    more: set[str]

    @classmethod
    def of(cls, layout: Layout) -> Draft:
        """What a layout says, with its sections' names in every language."""
        sections = [
            DraftSection(one.key, _titles(one.title), list(one.names)) for one in layout.sections
        ]
        more = {name for one in layout.sections for name in one.more}
        return cls(sections, DraftSection(LEFT_OUT, {}, list(layout.left_out)), more)

    @classmethod
    def posted(cls, module: Module, data: Any) -> Draft:
        """What the page posted; names that are no fields are passed over, missing ones kept out."""
        draft = cls([], DraftSection(LEFT_OUT, {}), set())
        seen: set[str] = set()
        here = draft.left_out
        for row in data.getlist("row"):
            kind, _colon, name = row.partition(":")
            if kind == "section" and name == LEFT_OUT:
                here = draft.left_out
            elif kind == "section" and name[:20] not in {one.key for one in draft.sections}:
                labels = {code: data.get(f"title-{name}-{code}", "")[:200] for code in LANGUAGES}
                here = DraftSection(name[:20], labels)
                draft.sections.append(here)
            elif kind == "field" and name in module.fields and name not in seen:
                seen.add(name)
                here.fields.append(name)
        draft.more = set(data.getlist("more")) & seen
        return draft

    @property
    def body(self) -> dict[str, Any]:
        """As crm/records/layouts.py takes it."""
        return {
            "sections": [
                {
                    "key": one.key,
                    "labels": dict(one.labels),
                    "fields": list(one.fields),
                    "more": [name for name in one.fields if name in self.more],
                }
                for one in self.sections
            ],
            "left_out": list(self.left_out.fields),
        }

    def do(self, act: str) -> None:
        """One button of the page: `add`, `up:field:<name>`, `down:section:<key>`, `drop:<key>`."""
        word, _colon, rest = act.partition(":")
        kind, _colon, name = rest.partition(":")
        step = {"up": -1, "down": 1}.get(word, 0)
        if word == "add":
            used = {one.key for one in self.sections}
            free = next(f"n{n}" for n in range(1, 1000) if f"n{n}" not in used)
            self.sections.append(DraftSection(free, {}))
        elif word == "drop" and len(self.sections) > 1:
            self._drop(rest)
        elif step and kind == "section":
            self._move_section(name, step)
        elif step and kind == "field":
            self._move_field(name, step)

    def _drop(self, key: str) -> None:
        """Take a section away; its fields go to the end of the one before it."""
        at = next((n for n, one in enumerate(self.sections) if one.key == key), None)
        if at is not None:
            gone = self.sections.pop(at)
            self.sections[max(at - 1, 0)].fields.extend(gone.fields)

    def _move_section(self, key: str, step: int) -> None:
        at = next((n for n, one in enumerate(self.sections) if one.key == key), None)
        if at is not None and 0 <= at + step < len(self.sections):
            self.sections.insert(at + step, self.sections.pop(at))

    def _move_field(self, name: str, step: int) -> None:
        """One place up or down; over the edge of a section into the next one."""
        places = [*self.sections, self.left_out]
        at = next((n for n, one in enumerate(places) if name in one.fields), None)
        if at is None:
            return
        fields = places[at].fields
        now = fields.index(name)
        if 0 <= now + step < len(fields):
            fields.insert(now + step, fields.pop(now))
        elif 0 <= at + step < len(places):
            fields.remove(name)
            other = places[at + step].fields
            other.insert(len(other) if step < 0 else 0, name)


def _titles(title: Any) -> dict[str, str]:
    """A section's name in every language; what the script of traditional signs makes is left."""
    if hasattr(title, "labels"):
        return dict(title.labels)
    found = {}
    for code in LANGUAGES:
        with translation.override(code):
            found[code] = str(title)
    return found
