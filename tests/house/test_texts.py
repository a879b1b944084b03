"""Every text that people read has a Chinese version, with the same placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib

from tests.house.source import ROOMS, ROOT, code, files, name_of, tree_of

CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
PLAIN = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
WITH_CONTEXT = frozenset({"pgettext", "pgettext_lazy"})
PLURAL = frozenset({"ngettext", "ngettext_lazy"})
TAG = re.compile(
    r"""{%\s*(?:translate|trans)\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?:\s+context\s+("[^"]*"|'[^']*'))?"""
)
BLOCK = re.compile(r"{%\s*blocktranslate\b([^%]*)%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
HOLES = re.compile(r"%\(\w+\)[sd]|%[sd]|{\w*}")

Text = tuple[str, str]  # context, msgid


def in_code(path: Path) -> Iterator[Text]:
    """The texts of a Python file."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        words = [
            arg.value
            for arg in node.args
            if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if node.func.id in PLAIN and words:
            yield "", words[0]
        elif node.func.id in WITH_CONTEXT and len(words) == 2:
            yield words[0], words[1]
        elif node.func.id in PLURAL and words:
            yield "", words[0]


def in_template(path: Path) -> Iterator[Text]:
    """The texts of a template."""
    text = path.read_text(encoding="utf-8")
    for word, context in TAG.findall(text):
        yield context.strip("\"'"), ast.literal_eval(word)
    for options, body in BLOCK.findall(text):
        context = re.search(r"context\s+[\"']([^\"']+)", options)
        body = re.split(r"{%\s*plural\s*%}", body)[0]
        body = re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", body.replace("%", "%%"))
        if "trimmed" in options:
            body = " ".join(line.strip() for line in body.strip().splitlines())
        yield context[1] if context else "", body


def texts() -> dict[Text, str]:
    """Every text and a file where it stands."""
    found: dict[Text, str] = {}
    for path in code(*ROOMS):
        for text in in_code(path):
            found.setdefault(text, name_of(path))
    for path in (*files(".html", "templates"), *files(".txt", "templates")):
        for text in in_template(path):
            found.setdefault(text, name_of(path))
    return found


def catalogue() -> dict[Text, polib.POEntry]:
    return {
        (one.msgctxt or "", one.msgid): one
        for one in polib.pofile(str(CATALOGUE))
        if not one.obsolete
    }


def translated(entry: polib.POEntry | None) -> str:
    if entry is None or entry.fuzzy:
        return ""
    return str(entry.msgstr or entry.msgstr_plural.get(0, ""))


def test_every_text_has_a_chinese_version():
    known = catalogue()
    found = texts()
    assert len(found) > 300
    missing = sorted(
        f"{where}: {text}" for text, where in found.items() if not translated(known.get(text))
    )
    assert missing == []


def test_placeholders_survive_translation():
    wrong = []
    for (_context, text), entry in catalogue().items():
        other = translated(entry)
        if (
            other
            and sorted(set(HOLES.findall(text))) != sorted(set(HOLES.findall(other)))
            and not entry.msgid_plural
        ):
            wrong.append((text, other))
    assert wrong == []


def test_the_catalogue_holds_nothing_that_is_gone():
    gone = sorted(set(catalogue()) - set(texts()))
    assert gone == []
