"""What a machine can see to be wrong with a page as it stands in the browser."""

from __future__ import annotations

import re
from typing import Any

from tests.browser.gallery import MODULES

AXE = MODULES / "axe-core/axe.min.js"
# Words of the product's own texts that never occur in the demo's names or talks.
ENGLISH = re.compile(
    r"\b(Save|Cancel|Customers?|Contacts?|New|Delete|Edit|Filter|Sort|Columns|Search|Home|Setup"
    r"|Owner|Name|Undo|Follow|Import|Export|Next|Back|Password|Role|Rights|Sign|Yes|No|None|Show"
    r"|All|Created|Changed|Level|Stage|City|the|and|with|your|days?|by)\b"
)
WORDS = """() => {
  const said = [document.title, document.body.innerText];
  for (const one of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
    if (one.closest("[lang=en]")) continue;
    said.push(one.title, one.getAttribute("aria-label"), one.getAttribute("placeholder"));
  }
  return said.filter(Boolean).join("\\n");
}"""
# A dialog or panel with one of its own lies over the page: then only those in it count.
PRIMARY = """() => {
  const over = "dialog:modal, [popover][role=dialog]:popover-open";
  const top = [...document.querySelectorAll(over)].pop();
  const place = top?.querySelector(".button.primary") ? top : document;
  return [...place.querySelectorAll(".button.primary")].filter(
    (one) => one.checkVisibility() && !one.closest("dialog:not([open])")).length; }"""


def sideways(page: Any) -> str:
    """What sticks out to the right, if anything does."""
    if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        return ""
    found = page.evaluate(
        """[...document.querySelectorAll("body *")]
           .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
           .slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")"""
    )
    return str(found) or "something"


def serious(page: Any) -> list[str]:
    """What axe calls serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{item['id']} ×{len(item['nodes'])}: "
        + "; ".join(node["html"][:140] for node in item["nodes"][:3])
        for item in result["violations"]
        if item["impact"] in ("serious", "critical")
    ]


def english(page: Any) -> list[str]:
    """Lines of a Chinese page that hold an English word of ours."""
    lines = {line.strip()[:80] for line in page.evaluate(WORDS).splitlines()}
    return sorted(line for line in lines if ENGLISH.search(line))[:8]


def primary_buttons(page: Any) -> int:
    """How many buttons of the first rank can be seen."""
    return int(page.evaluate(PRIMARY))


def faults(page: Any, with_axe: bool = True) -> list[str]:
    """Everything at once: too wide, two primary buttons, English in Chinese, serious for axe."""
    found = [f"scrolls sideways: {stuck}"] if (stuck := sideways(page)) else []
    if (shown := primary_buttons(page)) > 1:
        found.append(f"{shown} primary buttons")
    if page.evaluate("document.documentElement.lang") == "zh-hans":
        found += [f"English: {text}" for text in english(page)]
    return found + (serious(page) if with_axe else [])
