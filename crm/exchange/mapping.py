"""Which column stands for which field: as last time, by its heading, its values, or not at all."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm.exchange.targets import Target, target_at
from crm.jobs.models import RememberedMapping
from crm.lib.codes import InvalidCode, parse_credit_code
from crm.lib.phones import InvalidPhone, parse_phone, split_phones
from crm.lib.text import fold
from crm.modules.module import Module

REMEMBERED, GUESSED, NONE = "remembered", "guessed", "none"
REASON_HEADING = gettext_noop("Why not imported")
LONGEST_HEADING = 200
ENOUGH = 0.6  # this share of a column's values must look like something
_BRACKETS = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_REQUIRED_MARK = re.compile(r"^[*＊\s]+|[*＊:：\s]+$")
_UNITS = {
    "亿": 100_000_000, "亿元": 100_000_000, "千万": 10_000_000, "千万元": 10_000_000,
    "百万": 1_000_000, "百万元": 1_000_000,
    "万": 10_000, "万元": 10_000, "萬": 10_000, "萬元": 10_000,
    "千": 1_000, "千元": 1_000, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000,
    "millions": 1_000_000, "mio": 1_000_000, "wan": 10_000, "bn": 1_000_000_000,
}  # fmt: skip
NUMBER_KINDS = frozenset({"integer", "decimal", "money"})

# Words for fields that any module may have, by path; modules add theirs as `headings`.
COMMON_HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("编号", "编码", "no", "id"),
    "owner": (
        "负责人", "所有人", "归属人", "业务员", "销售", "销售员", "跟单人", "所属销售",
        "salesperson", "sales rep", "account owner",
    ),
    "phones.number": (
        "电话", "手机", "手机号", "手机号码", "联系电话", "电话号码", "固话", "座机",
        "办公电话", "公司电话", "tel", "telephone", "mobile", "cell", "phone", "phone number",
    ),
    "mails.address": ("邮箱", "电子邮箱", "邮件", "电子邮件", "email", "e-mail", "mail"),
    "addresses.street": (
        "地址", "详细地址", "公司地址", "办公地址", "通讯地址", "address", "street",
    ),
    "addresses.postcode": ("邮编", "邮政编码", "zip", "postal code"),
    "tags.name": ("标签", "标记", "tag", "tags", "labels"),
    "remark": ("备注", "说明", "描述", "remarks", "notes", "comment", "comments"),
    "wechat": ("微信", "微信号", "wechat id"),
}  # fmt: skip


@dataclass
class Guess:
    """What a column stands for: a path or "", and how that was found."""

    path: str
    origin: str


def normalised(heading: str) -> str:
    """A heading without what people decorate it with: case, width, stars, units in brackets."""
    return fold(_REQUIRED_MARK.sub("", _BRACKETS.sub("", heading)))


def names_of(heading: str) -> list[str]:
    """What a heading may be called: itself, then without its merged heads (联系方式 手机)."""
    words = heading.split(" ")
    return [" ".join(words[place:]) for place in range(len(words))]


def chosen_path(given: Mapping[str, str], heading: str) -> str:
    """What a person's mapping says of a heading, whether he names the heads above it or not."""
    return next((given[name] for name in names_of(heading) if name in given), "")


def factor_of(heading: str, target: Target) -> Decimal:
    """By what a number under this heading is multiplied: 10,000 for （万）."""
    if target.value_field.kind not in NUMBER_KINDS:
        return Decimal(1)
    for inner in _BRACKETS.findall(heading):
        for word in re.split(r"[\s/,，、:：]+", inner):
            plain = word.strip().casefold().removeprefix("单位").removesuffix("人民币")
            if plain in _UNITS:
                return Decimal(_UNITS[plain])
    return Decimal(1)


def guess_columns(
    user: Any,
    module: Module,
    targets: dict[str, Target],
    headings: Sequence[str],
    samples: Sequence[Sequence[Any]],
    *,
    with_memory: bool = True,
) -> list[Guess]:
    """A guess per column; no single-valued place is given twice."""
    memory = remembered(user, module, headings) if with_memory else {}
    words = _words(module, targets)
    has_child = {
        target.module.name
        for heading in headings
        for target in (_named(words, targets, heading, frozenset()),)
        if target is not None and target.is_child and target.field.name == target.module.title
    }
    taken: set[str] = set()
    guesses = [Guess("", NONE) for _heading in headings]
    for place, heading in enumerate(headings):
        path = memory.get(heading)
        if path is not None and (path == "" or path in targets) and _is_free(targets, path, taken):
            guesses[place] = Guess(path, REMEMBERED)
            taken.add(path)
    for place, heading in enumerate(headings):
        if guesses[place].origin == NONE:
            target = _named(words, targets, heading, frozenset(has_child))
            _take(guesses, place, target, targets, taken)
    for place, heading in enumerate(headings):
        if guesses[place].origin == NONE and fold(heading) not in _reason_words():
            values = [row[place] for row in samples if place < len(row) and row[place] is not None]
            _take(guesses, place, _by_values(values, targets, has_child), targets, taken)
    return guesses


def _take(
    guesses: list[Guess],
    place: int,
    target: Target | None,
    targets: dict[str, Target],
    taken: set[str],
) -> None:
    if target is not None and _is_free(targets, target.path, taken):
        guesses[place] = Guess(target.path, GUESSED)
        taken.add(target.path)


def _is_free(targets: dict[str, Target], path: str, taken: set[str]) -> bool:
    return path not in taken or not path or targets[path].member is not None


def _words(module: Module, targets: dict[str, Target]) -> dict[str, list[str]]:
    """Every word that names a target, folded: paths, labels in all languages, synonyms."""
    found: dict[str, list[str]] = {}

    def add(word: str, path: str) -> None:
        key = normalised(word)
        if key and path not in found.setdefault(key, []):
            found[key].append(path)

    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for target in targets.values():
                add(target.path, target.path)
                _add_labels(add, target)
    for table in (COMMON_HEADINGS, module.headings):
        for path, synonyms in table.items():
            known = target_at(targets, path)
            for word in synonyms if known is not None else ():
                add(word, known.path if known else "")
    return found


def _add_labels(add: Callable[[str, str], None], target: Target) -> None:
    label = str(target.field.label)
    whole = str(target.module.label)
    is_main = target.member is None or next(iter(target.field.members)) == target.member.name
    names = [target.label, *([label] if is_main else [])]
    for name in names:
        if not target.is_child:
            add(name, target.path)
        add(f"{whole}{name}", target.path)
        add(f"{whole} · {name}", target.path)


def _named(
    words: Mapping[str, list[str]],
    targets: dict[str, Target],
    heading: str,
    children: frozenset[str],
) -> Target | None:
    """The target that a heading names. A word for two places goes to the child that is there.

    Under merged heads a Chinese heading begins with its group ("联系方式 手机"), which may be
    left out.
    """
    paths = words.get(normalised(heading), [])
    _group, _space, own = heading.partition(" ")
    if not paths and not own.isascii():
        paths = words.get(normalised(own), [])
    found = [targets[path] for path in paths]
    return min(found, key=lambda one: _rank(one, children), default=None)


def _rank(target: Target, children: frozenset[str]) -> int:
    if target.is_child and target.module.name in children:
        return 0
    return 2 if target.is_child else 1


def _by_values(
    values: Sequence[Any], targets: dict[str, Target], children: set[str]
) -> Target | None:
    """What a column with a heading that says nothing holds: mobiles, credit codes, mails."""
    for kind, looks in _LOOKS:
        fitting = sum(looks(value) for value in values)
        if not values or fitting < len(values) * ENOUGH:
            continue
        found = [one for one in targets.values() if one.value_field.kind == kind]
        return min(found, key=lambda one: _rank(one, frozenset(children)), default=None)
    return None


def _is_phone(value: Any) -> bool:
    try:
        found = [parse_phone(part) for part in split_phones(str(value).removesuffix(".0"))]
    except InvalidPhone:
        return False
    return any(one.is_mobile for one in found)


def _is_code(value: Any) -> bool:
    try:
        parse_credit_code(str(value))
    except InvalidCode:
        return False
    return True


def _is_mail(value: Any) -> bool:
    return bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}", str(value)))


_LOOKS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("credit_code", _is_code),
    ("phone", _is_phone),
    ("email", _is_mail),
)


def _reason_words() -> set[str]:
    words = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words.add(fold(_(REASON_HEADING)))
    return words


def remembered(user: Any, module: Module, headings: Sequence[str]) -> dict[str, str]:
    """How this person mapped these headings last time."""
    rows = RememberedMapping.objects.filter(
        owner=user, module=module.name, heading__in=[one[:LONGEST_HEADING] for one in headings]
    )
    return dict(rows.values_list("heading", "field"))


def remember(user: Any, module: Module, mapping: Mapping[str, str]) -> None:
    """Keep heading → path for next time; "" means: not imported."""
    rows = [
        RememberedMapping(
            owner=user, module=module.name, heading=heading[:LONGEST_HEADING], field=path
        )
        for heading, path in mapping.items()
    ]
    RememberedMapping.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["owner", "module", "heading"],
        update_fields=["field"],
    )
