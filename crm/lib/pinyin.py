"""Pinyin for sorting and searching, from tables that are built once and kept small."""

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from crm.lib.text import simplify

_LONGEST_PHRASE = 4
_LONGEST_KEPT = 100  # longer texts are read anew each time
_NUMBER_WIDTH = 8  # digits are padded to this, so that 第2 stands before 第10
_BEFORE_A_SPACE = "\t"  # below the space, so that a name stands before its own continuation
_FIRST_HAN = "\u2e80"
_PIECES = re.compile(
    r"[a-z\u00df-\u024f]+|[0-9]+"
    r"|[^\W\d_\u0000-\u2e7f]+"  # Chinese (and kana and Korean, which read as themselves)
    r"|[^\W\d_a-z\u00df-\u024f\u2e80-\U0003ffff]+"  # other alphabets
)

# Readings that a character has as a surname only. Two-character surnames come first.
_SURNAMES = {
    "尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "令狐": "ling hu",
    "澹台": "tan tai", "单于": "chan yu", "宰父": "zai fu", "皇甫": "huang fu",
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren",
    "朴": "piao", "区": "ou", "盖": "ge", "翟": "zhai", "缪": "miao", "乐": "yue",
    "覃": "qin", "冼": "xian", "华": "hua", "纪": "ji", "员": "yun", "贠": "yun",
    "黑": "he", "秘": "bi", "折": "she", "种": "chong", "牟": "mu", "祭": "zhai",
    "燕": "yan", "应": "ying", "过": "guo", "干": "gan", "葛": "ge", "柏": "bai",
    "车": "che", "隗": "wei", "谌": "chen", "逄": "pang", "都": "du", "宁": "ning",
    "沈": "shen", "石": "shi", "曲": "qu", "乜": "nie", "么": "yao", "句": "gou",
    "繁": "po", "阚": "kan", "召": "shao", "郗": "xi", "尉": "wei", "褚": "chu",
    "薄": "bo", "卜": "bu", "盛": "sheng", "佴": "nai", "俞": "yu", "宓": "mi",
    "洗": "xian", "撒": "sa",
}  # fmt: skip


class _Tables(NamedTuple):
    """Readings without tones: of phrases and characters; and how long a phrase may be, by the
    two characters that it begins with."""

    phrases: dict[str, tuple[str, ...]]
    characters: dict[str, str]
    longest: dict[str, int]


def pinyin_key(text: str, *, person: bool = False) -> str:
    """What Chinese text is sorted by: its syllables joined by spaces, a tab, then the text itself.

    So "重庆小面" gives "chong qing xiao mian\\t重庆小面", and equal sounds group by character.
    Latin words are lower-cased, digits padded with zeros, signs left out; `person` reads the
    first character as a surname (单 shan, 曾 zeng). About 5 µs for twelve characters.
    """
    return " ".join(syllables(text, person=person)) + _BEFORE_A_SPACE + text


def initials(text: str, *, person: bool = False) -> str:
    """First letters of the syllables, Latin words and digits whole: "ABC科技" gives "abckj"."""
    letters = []
    for piece in _pieces(text):
        if piece[0].isascii() or not _is_han(piece[0]):
            letters.append(piece)
        else:
            letters.extend([syllable[0] for syllable in _read(piece, person and not letters)])
    return "".join(letters)


def joined_pinyin(text: str, *, person: bool = False) -> str:
    """Full pinyin in one word, as typed into a search box: "重庆ABC" gives "chongqingabc"."""
    words: list[str] = []
    for piece in _pieces(text):
        if _is_han(piece[0]):
            words.extend(_read(piece, person and not words))
        else:
            words.append(piece)
    return "".join(words)


def syllables(text: str, *, person: bool = False) -> list[str]:
    """The words of `pinyin_key`: a syllable per Chinese character, Latin words, padded digits."""
    words: list[str] = []
    for piece in _pieces(text):
        if _is_han(piece[0]):
            words.extend(_read(piece, person and not words))
        elif piece[0].isdigit():
            words.append((piece.lstrip("0") or "0").zfill(_NUMBER_WIDTH))
        else:
            words.append(piece)
    return words


@lru_cache(maxsize=4096)
def _kept_pieces(text: str) -> tuple[str, ...]:
    """Pieces of a short text, kept: a save reads the same name for sorting, searching, matching."""
    return tuple(_PIECES.findall(simplify(text)))


def _pieces(text: str) -> Sequence[str]:
    return _kept_pieces(text) if len(text) <= _LONGEST_KEPT else _PIECES.findall(simplify(text))


def _is_han(sign: str) -> bool:
    return sign >= _FIRST_HAN


def _read(run: str, is_person: bool) -> Sequence[str]:
    return _kept_reading(run, is_person) if len(run) <= _LONGEST_KEPT else _reading(run, is_person)


@lru_cache(maxsize=4096)
def _kept_reading(run: str, is_person: bool) -> tuple[str, ...]:
    return tuple(_reading(run, is_person))


def _reading(run: str, is_person: bool) -> list[str]:
    """Readings of one Chinese run by the longest phrase that begins at each place."""
    tables = _tables()
    phrases, characters, longest = tables
    words: list[str] = []
    at = 0
    if is_person:
        for length in (2, 1):
            reading = _SURNAMES.get(run[:length]) if len(run) >= length else None
            if reading:
                words.extend(reading.split(" "))
                at = length
                break
    end = len(run)
    while at < end:
        length = min(longest.get(run[at : at + 2], 1), end - at)
        while length > 1:
            found = phrases.get(run[at : at + length])
            if found is not None:
                words.extend(found)
                at += length
                break
            length -= 1
        else:
            words.append(characters.get(run[at], run[at]))
            at += 1
    return words


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    """Read pypinyin's data files once (about half a second); the package itself isn't imported."""
    folder = _data_folder()
    spoken: dict[str, str] = {}
    characters = {}
    with (folder / "pinyin_dict.json").open(encoding="utf-8") as file:
        for code, readings in json.load(file).items():
            characters[chr(int(code))] = _without_tone(readings.split(",")[0], spoken)
    phrases: dict[str, tuple[str, ...]] = {}
    longest: dict[str, int] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    with (folder / "phrases_dict.json").open(encoding="utf-8") as file:
        for phrase, places in json.load(file).items():
            if len(phrase) > _LONGEST_PHRASE or len(phrase) != len(places):
                continue
            reading = tuple([_without_tone(place[0], spoken) for place in places])
            phrases[phrase] = shared.setdefault(reading, reading)
            longest[phrase[:2]] = max(longest.get(phrase[:2], 1), len(phrase))
    return _Tables(phrases, characters, longest)


def _data_folder() -> Path:
    package = find_spec("pypinyin")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("pypinyin is not installed; see requirements.txt")
    return Path(package.submodule_search_locations[0])


def _without_tone(reading: str, spoken: dict[str, str]) -> str:
    """ "lǚ" gives "lv", as it is typed; `spoken` keeps one string per syllable."""
    plain = spoken.get(reading)
    if plain is None:
        letters = unicodedata.normalize("NFD", reading.strip()).replace("u\u0308", "v")
        plain = "".join(sign for sign in letters if not unicodedata.combining(sign))
        spoken[reading] = plain
    return plain
