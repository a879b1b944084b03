"""What a pasted text holds: people, companies, phones, mails, addresses, codes, labelled values.

Chats, mail signatures, cards and parcel labels alike. Pure guessing from the text: nothing is
looked up, everything is a proposal in the order of its likelihood.
"""
# ruff: noqa: E501  (lists of words)

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.lib.addresses import Place, place_in
from crm.lib.callings import JOB, companies_in, job_in, people_in, unit_in
from crm.lib.codes import InvalidCode, parse_credit_code
from crm.lib.phones import InvalidPhone, parse_phone
from crm.lib.text import clean

LONGEST = 5000  # characters that are read
MOST = 8  # candidates of one sort

_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4}"
)
_SITE = re.compile(
    r"(?:https?://|www\.)[A-Za-z0-9.-]{3,80}(?:/[A-Za-z0-9./?=&_%-]{0,100})?"
    r"|\b[A-Za-z0-9-]{2,40}(?:\.(?:com|cn|net|org|example|tech|io))+\b"
)
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
_LONG_NUMBER = re.compile(r"(?<![\d+])\d(?:[ -]?\d){15,20}(?!\d)")
_PHONE = re.compile(
    r"(?<![A-Za-z0-9_.])(?:\+\d{1,3}[ -]?|\()?\(?\d[\d ()\-]{4,18}\d"
    r"(?:\s{0,2}(?:转|分机|ext\.?|x|#)\s{0,2}:?\s{0,2}\d{1,6})?(?![\w.]*@)(?!\d)",
    re.I,
)
_POSTCODE = re.compile(r"(?:邮编|邮政编码|P\.?C\.?|Zip)\s*[:]?\s*(\d{6})", re.I)
_OTHER_NUMBER = re.compile(
    r"(?:QQ|群号|账号|帐号|卡号|邮编|邮政编码|Zip|P\.?C\.?|单号|订单号)(?:号|号码)?\s*[:]?\s*[\d -]{5,30}",
    re.I,
)
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}日|\d{1,2}:\d{2}(?::\d{2})?"
)
_MONEY = re.compile(r"[¥￥$]\s?[\d,.]+|\d[\d,.]*\s?(?:元|万元|万|台|套|吨|公斤|kg|mm|%)")
_FAX = re.compile(r"(?:传真|fax|F)\s*[:.]?\s*$", re.I)
_DASHES = re.compile("[\u2010-\u2015\u2212—－]")
_LABEL = re.compile(r"^\s*[\[【(]?([\u4e00-\u9fffA-Za-z/ .]{1,14}?)[\]】)]?\s*[:]\s*(.+)$")
_SEPARATORS = re.compile(r"\s*[|│丨;；\t]\s*| {2,}|(?<=[\u4e00-\u9fff])[,，、]\s*")
_LABELS = {
    "person": "姓名 联系人 收件人 收货人 联络人 名字 负责人 收件人姓名 name contact attn",
    "company": "公司 单位 公司名称 企业名称 单位名称 抬头 发票抬头 开票名称 名称 客户名称 company",
    "job": "职位 职务 岗位 title position",
    "unit": "部门 所在部门 department dept",
    "address": "地址 收货地址 详细地址 公司地址 联系地址 通讯地址 收件地址 注册地址 办公地址 add address",
    "region": "所在地区 地区 省市区 所在区域",
}
_BY_LABEL = {word: kind for kind, words in _LABELS.items() for word in words.split(" ")}


@dataclass
class Pasted:
    """Candidates by sort, the likeliest first. Phones are (number, mobile, landline or fax)."""

    people: list[str] = field(default_factory=list)
    companies: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    phones: list[tuple[str, str]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    postcode: str = ""
    labelled: dict[str, list[str]] = field(default_factory=dict)


def read_pasted(text: str, labels: Mapping[str, Sequence[str]] | None = None) -> Pasted:
    """What `text` holds, at most LONGEST characters of it.

    `labels` names further values that stand behind a word of their own: field → words.
    """
    found = Pasted()
    body = _normal(text)
    body = _take_labelled(found, body, labels or {})
    body = _take_signs(found, body)
    lines = [line.strip() for line in re.split(r"[\n;]", body) if line.strip()]
    region = ""
    loose: list[str] = []
    for line in lines:
        kind, value = _by_label(line)
        if kind == "region":
            region = value
        elif kind == "address":
            _add_place(found, place_in(region + value) or place_in(value) or Place(street=value))
        elif kind == "person":
            found.people += people_in(value, is_sure=True) or [value[:40]]
            found.jobs += job_in(value)
        elif kind in {"company", "job", "unit"}:
            value, *others = re.split(r"\s*[,|]\s*", value)
            loose += others
            getattr(found, {"company": "companies", "job": "jobs", "unit": "units"}[kind]).append(
                value[:80]
            )
        else:
            found.people += people_in(line[: len(line) - len(value)].rstrip(" :"))
            loose.append(value)
    if region and not found.places:
        _add_place(found, place_in(region))
    _read_loose(found, loose)
    return _tidied(found)


def _normal(text: str) -> str:
    """Half width, one kind of dash, no marks of direction; · stays, as names carry it."""
    kept = clean(text[:LONGEST]).replace("\r\n", "\n").replace("\r", "\n")
    kept = unicodedata.normalize("NFKC", re.sub("[•・‧∙]", "·", kept))
    return _DASHES.sub("-", kept).replace("，", ",").replace("：", ":")


def _take_labelled(found: Pasted, body: str, labels: Mapping[str, Sequence[str]]) -> str:
    for name, words in labels.items():
        either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        pattern = re.compile(
            rf"(?<![A-Za-z])(?:{either})(?:号|号码|ID)?\s*(同手机号?|同号|同电话|手机同号)"
            rf"|(?<![A-Za-z])(?:{either})(?:号|号码|ID)?\s*(?:[:是]|为)?\s*"
            r"([A-Za-z][A-Za-z0-9_-]{4,24}|1[3-9]\d{9})(?![A-Za-z0-9_@.])",
            re.I,
        )
        for match in pattern.finditer(body):
            found.labelled.setdefault(name, []).append(match[2] or "=")
        body = pattern.sub(
            lambda match: f" {match[2]} " if (match[2] or "").isdigit() else "  ", body
        )
    return body


def _take_signs(found: Pasted, body: str) -> str:
    """Mails, sites, codes and phones are taken out; what is left is words."""
    found.mails += [match.group().lower().rstrip(".") for match in _MAIL.finditer(body)]
    body = _MAIL.sub("  ", body)
    found.sites += [match.group().rstrip("./") for match in _SITE.finditer(body)]
    body = _SITE.sub("  ", body)
    for match in _CODE.finditer(body.upper()):
        try:
            found.codes.append(parse_credit_code(match.group()))
        except InvalidCode:
            continue
    body = re.sub(_CODE.pattern, "  ", body, flags=re.I)
    postcode = _POSTCODE.search(body)
    found.postcode = postcode[1] if postcode else ""
    for pattern in (_OTHER_NUMBER, _LONG_NUMBER, _DATE, _MONEY):
        body = pattern.sub("  ", body)
    return _take_phones(found, body)


def _take_phones(found: Pasted, body: str) -> str:
    kept, last = [], 0
    for match in _PHONE.finditer(body):
        for number in _numbers(match.group()):
            before = body[max(0, match.start() - 8) : match.start()]
            kind = "mobile" if number[1] else "fax" if _FAX.search(before) else "landline"
            found.phones.append((number[0], kind))
            kept.append(body[last : match.start()])
            last = match.end()
    return "  ".join([*kept, body[last:]])


def _numbers(text: str) -> Iterator[tuple[str, bool]]:
    """The number in a run of digits and signs; what is no phone gives nothing."""
    try:
        phone = parse_phone(text.strip(" -"))
    except InvalidPhone:
        return
    if sum(sign.isdigit() for sign in text) < 7:
        return
    shown = f"{phone.display} 转 {phone.extension}" if phone.extension else phone.display
    yield shown, phone.is_mobile


def _by_label(line: str) -> tuple[str, str]:
    """The sort of a line that begins with a label, and what stands behind it."""
    match = _LABEL.match(line)
    if not match:
        return "", line
    word = match[1].strip().lower().replace(" ", "")
    value = match[2].strip(" ,;|")
    return (_BY_LABEL[word], value) if word in _BY_LABEL and value else ("", value or line)


def _read_loose(found: Pasted, lines: Sequence[str]) -> None:
    """Lines without a label: address, company, unit and job, then who is left may be a person."""
    for line in lines:
        for part in _SEPARATORS.split(line):
            rest = part.strip(" ,。!！~-")
            if not rest:
                continue
            place = place_in(rest)
            companies = companies_in(rest)
            if place and place.street and not _is_in(place.street, companies):
                _add_place(found, place)
                rest = _around_place(rest, place)
                companies = companies_in(rest)
            for company in companies:
                found.companies.append(company)
                rest = rest.replace(company, " ")
            found.people += people_in(rest)
            if not (place and place.street and rest == part):
                found.jobs += job_in(rest)
                found.units += unit_in(rest)


def _is_in(street: str, companies: Iterable[str]) -> bool:
    """Whether what looks like a street is the end of a company's name."""
    return any(company.endswith(street) or street in company for company in companies)


def _around_place(text: str, place: Place) -> str:
    """What stands before and behind an address in its line."""
    begins = [text.find(word) for word in place if word and word in text]
    street = text.find(place.street)
    before = text[: min(begins)] if begins else text
    behind = text[street + len(place.street) :] if place.street and street >= 0 else ""
    return f"{before.rstrip(' :,')} {behind}".strip()


def _add_place(found: Pasted, place: Place | None) -> None:
    if place is not None and any(place):
        found.places.append(place)


def _tidied(found: Pasted) -> Pasted:
    """Each candidate once, the likeliest first; a labelled value "like the mobile" filled in."""
    mobiles = [number.replace(" ", "") for number, kind in found.phones if kind == "mobile"]
    for name, values in found.labelled.items():
        known = [mobiles[0] if value == "=" and mobiles else value for value in values]
        found.labelled[name] = _once(value for value in known if value != "=")
    for name in (
        "people",
        "companies",
        "jobs",
        "units",
        "mails",
        "sites",
        "codes",
        "places",
        "phones",
    ):
        setattr(found, name, _once(getattr(found, name))[:MOST])
    found.people = [one for one in found.people if not JOB.fullmatch(one)]
    found.companies = _longest(found.companies)
    return found


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _longest(names: Sequence[str]) -> list[str]:
    """Names that are part of another one go."""
    return [one for one in names if not any(one != other and one in other for other in names)]
