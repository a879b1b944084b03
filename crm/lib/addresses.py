"""Chinese addresses as people write them: province, city, district and street, suffixes or not."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from crm.lib.regions import MUNICIPALITIES, PROVINCES, full_city_name, province_of_city

_SIGNS = " ,;:-/|·>\t、，。"
_LONGEST_STREET = 120
_STREET = re.compile(
    r"[路街道巷弄村镇乡号楼室座栋幢层园区厦城庄苑屯组社]|广场|中心|大道|公寓|驿站|产业|\d号?$"
)
_DISTRICT = re.compile(r"^[\u4e00-\u9fff]{1,8}?(?:自治县|自治旗|新区|开发区|高新区|区|县|旗|市)")
_COUNTY = re.compile(r"[\u4e00-\u9fff]{1,7}?[区县市]")
_SUFFIXES = re.compile(r"(?:自治县|自治旗|林区|新区|区|县|旗|市)$")


class Place(NamedTuple):
    """One address; province and city by their short names (江苏, 苏州), the rest as written."""

    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""


@cache
def districts() -> dict[tuple[str, str], dict[str, str]]:
    """Districts of each (province, city): what may be written → full name."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    path = Path(__file__).with_name("districts.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        province, city, *names = line.split(" ")
        written = found.setdefault((province, city), {})
        for name in names:
            short = _SUFFIXES.sub("", name)
            if len(short) > 1:
                written.setdefault(short, name)
            written[name] = name
    return found


@cache
def _homes() -> dict[str, list[tuple[str, str]]]:
    """Full name of a district → the cities that have one of this name."""
    homes: dict[str, list[tuple[str, str]]] = {}
    for home, names in districts().items():
        for name in set(names.values()):
            homes.setdefault(name, []).append(home)
    return homes


@cache
def _beginnings() -> list[tuple[str, str, str]]:
    """What an address may begin with, longest first: (words, province, city)."""
    found: dict[str, tuple[str, str]] = {}
    for province in PROVINCES.values():
        for word in (province.full_name, province.name, f"{province.name}省"):
            found.setdefault(word, (province.name, ""))
        for city in province.cities:
            home = province_of_city(city) or province.name
            if home == province.name:
                found.setdefault(city, (province.name, city))
            full = full_city_name(city)
            found.setdefault(full, (province.name, city))
            if full.endswith("自治州"):
                found.setdefault(f"{city}州", (province.name, city))
    for city in MUNICIPALITIES:
        for word in (city, f"{city}市"):
            found[word] = (city, city)
    return sorted(((w, *home) for w, home in found.items()), key=lambda one: -len(one[0]))


@cache
def _beginning() -> re.Pattern[str]:
    words = "|".join(word for word, _p, _c in _beginnings())
    follow = "[省市区县路街巷镇乡]|大街|大道|[东南西北中]路"
    return re.compile(rf"(?:{words})(?:(?<=[省市区])|(?!{follow}))")


@cache
def _by_word() -> dict[str, tuple[str, str]]:
    return {word: (province, city) for word, province, city in _beginnings()}


def place_in(text: str) -> Place | None:
    """The address that a line holds: it begins with a province, a city or a known district.

    None where there is no more than the name of a place, as in a company's name.
    """
    for start in _beginning().finditer(text[:400]):
        place = read_place(text[start.start() :])
        if place.street or (place.district and place.city):
            return place
    for start in _COUNTY.finditer(text[:400]):
        homes = _homes().get(start.group(), [])
        if homes:
            province, city = homes[0] if len(homes) == 1 else ("", "")
            street = _street_of(text[start.end() :])
            if len(homes) == 1 or street:
                return Place(province, city, start.group(), street)
    return None


def read_place(text: str) -> Place:
    """An address that stands at the beginning of `text`."""
    province, city, rest = _province_and_city(text.strip(_SIGNS))
    district, rest = _district_of(rest, province, city)
    if district and not city:
        homes = [home for home in _homes().get(district, []) if home[0] == province]
        city = homes[0][1] if len(homes) == 1 else ""
    return Place(province, city, district, _street_of(rest))


def _province_and_city(text: str) -> tuple[str, str, str]:
    """Whatever stands in front: 江苏省苏州市, 江苏苏州, 苏州, 上海上海市, 中国."""
    province = city = ""
    rest = text.removeprefix("中国").strip(_SIGNS)
    for _step in range(3):
        start = _beginning().match(rest)
        if not start:
            break
        found, found_city = _by_word()[start.group()]
        if province and found != province and not _is_city_of(start.group(), province):
            break
        if city and found_city not in ("", city):
            break
        if province and found != province:
            found_city = start.group().removesuffix("市")
        province = province or found
        city = city or found_city
        rest = rest[start.end() :].strip(_SIGNS)
    return province, city, rest


def _is_city_of(word: str, province: str) -> bool:
    return word.removesuffix("市") in PROVINCES[province].cities


def _district_of(text: str, province: str, city: str) -> tuple[str, str]:
    homes = [home for home in districts() if home[0] == province and city in ("", home[1])]
    written = {word: name for home in homes for word, name in districts()[home].items()}
    for length in range(min(len(text), 14), 1, -1):
        name = written.get(text[:length])
        after = text[length : length + 1]
        is_other = text[:length] != name and after in {
            "路",
            "街",
            "大",
            "南",
            "北",
            "东",
            "西",
            "中",
        }
        if name and not is_other:
            return name, text[length:].strip(_SIGNS)
    found = _DISTRICT.match(text) if province else None
    if found and len(found.group()) > 2 and "路" not in found.group():
        return found.group(), text[found.end() :].strip(_SIGNS)
    return "", text


def _street_of(text: str) -> str:
    """The words of a street; what stands behind a space belongs to it if it looks like a place."""
    first, *others = text.strip(_SIGNS)[:_LONGEST_STREET].split(" ")
    kept = [first] if _STREET.search(first) else []
    for word in others:
        if not kept or not _STREET.search(word) or ":" in word:
            break
        kept.append(word)
    return " ".join(kept)
