"""The Chinese catalogue reads as Chinese: its signs, its address of the reader, its state."""

from __future__ import annotations

import ast
import re
from shutil import copy

import polib

from crm.views.audit import ACTIONS
from launcher.translations import compile_translations
from tests.house.source import ROOMS, ROOT, code, name_of, tree_of

CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
CALLS = frozenset(
    {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
)
HAN = "\u4e00-\u9fff"
HALF_WIDTH = re.compile(rf"[{HAN}」）][,;!?]|[{HAN}]:|[,;!?:][{HAN}]|\([{HAN}]|[{HAN}]\)")
FOREIGN = re.compile(r"[A-Za-z]{3,}")
HOLES = re.compile(r"%\(\w+\)[sd]|%[sd]")
# Simplified signs and words of the mainland that nobody writes in traditional ones.
MAINLAND = re.compile("[这们发记录导户设类员]|許可權|賬|型別|單元格|回收站|列表|默認|信息|用戶")
# Words that Chinese readers know by these letters.
SAME_IN_BOTH = frozenset({"English", "API"})


def entries() -> list[tuple[str, str]]:
    """What stands in the catalogue: the English and the Chinese text."""
    return [
        (one.msgid, str(one.msgstr or one.msgstr_plural.get(0, "")))
        for one in polib.pofile(str(CATALOGUE))
    ]


def test_nothing_in_the_catalogue_is_a_guess_or_left_over():
    bad = [one.msgid for one in polib.pofile(str(CATALOGUE)) if one.fuzzy or one.obsolete]
    assert bad == []


def test_the_reader_is_addressed_plainly():
    assert [chinese for _english, chinese in entries() if "您" in chinese] == []


def test_chinese_signs_stand_between_chinese_words():
    wrong = [chinese for _english, chinese in entries() if HALF_WIDTH.search(chinese)]
    assert wrong == []


def test_quotation_marks_are_those_of_the_house():
    assert [chinese for _english, chinese in entries() if re.search("[“”‘’]", chinese)] == []


def test_nothing_stays_english():
    left = [
        english
        for english, chinese in entries()
        if english not in SAME_IN_BOTH
        and FOREIGN.search(HOLES.sub("", english))
        and not re.search(f"[{HAN}]", chinese)
    ]
    assert left == []


def test_no_text_hides_in_an_f_string():
    """xgettext before 0.22 does not look there; such a text would stay English unseen."""
    hidden = []
    for path in code(*ROOMS):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FormattedValue):
                continue
            for inner in ast.walk(node.value):
                is_call = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name)
                if is_call and inner.func.id in CALLS:
                    hidden.append(f"{name_of(path)}:{inner.lineno}")
    assert hidden == []


def test_texts_are_not_put_together_before_they_are_looked_up():
    """gettext(f"…") and gettext("…" % x) look for a text that no catalogue holds."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in code(*ROOMS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in CALLS
        and any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args)
    ]
    assert wrong == []


def test_every_audited_act_has_a_name():
    """An act without one would stand in the audit log as the code spells it."""
    acts = {}
    for path in code(*ROOMS):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            found: list[ast.expr] = []
            if node.func.id == "record_audit":
                found = [one.value for one in node.keywords if one.arg == "action"]
            elif node.func.id == "note":
                found = node.args[1:2]
            for word in found:
                if isinstance(word, ast.Constant):
                    acts[word.value] = name_of(path)
    assert len(acts) > 30
    assert {act: where for act, where in acts.items() if act not in ACTIONS} == {}


def test_traditional_chinese_is_made_of_the_simplified(tmp_path):
    """Every text has its version, the holes are the same, no mainland word is left."""
    (tmp_path / "locale/zh_Hans/LC_MESSAGES").mkdir(parents=True)
    copy(CATALOGUE, tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po")
    compile_translations(tmp_path)
    made = polib.mofile(str(tmp_path / "locale/zh_Hant/LC_MESSAGES/django.mo"))
    texts = {(one.msgctxt, one.msgid): one for one in made}
    assert len(texts) == len(polib.pofile(str(CATALOGUE)))
    for one in made:
        for text in (one.msgstr, *one.msgstr_plural.values()):
            assert not MAINLAND.search(text), text
    for one in polib.pofile(str(CATALOGUE)):
        other = texts[one.msgctxt, one.msgid]
        assert sorted(HOLES.findall(other.msgstr)) == sorted(HOLES.findall(one.msgstr))
