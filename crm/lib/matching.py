"""Keys by which two records are recognised as the same customer or person."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from crm.lib.codes import compact_code
from crm.lib.phones import InvalidPhone, Phone, parse_phone
from crm.lib.pinyin import joined_pinyin
from crm.lib.regions import region_words
from crm.lib.text import fold, simplify

_SHORTEST_BARE_NAME = 2
_LONGEST_NAME = 200  # what stands behind it tells no two companies apart

# Longest first: 有限责任公司 before 公司.
_CHINESE_FORMS = (
    "股份有限责任公司", "集团有限责任公司", "集团股份有限公司", "控股集团有限公司", "个人独资企业",
    "有限责任公司", "集团有限公司", "控股有限公司", "股份有限公司", "股份合作公司", "普通合伙企业",
    "有限合伙企业", "个体工商户", "股份公司", "有限公司", "集团公司", "有限合伙", "普通合伙",
    "分公司", "子公司", "总公司", "办事处", "代表处", "个体户", "集团", "公司",
)  # fmt: skip
_BRANCH_FORMS = ("分公司", "办事处", "代表处")
_LATIN_FORM_WORDS = """
co company corp corporation inc incorporated ltd limited llc llp lp plc gmbh mbh ag kg ug se sa
sas sarl srl spa bv nv ab as asa oy oyj aps kk pte pty pvt bhd sdn group holding holdings
"""
_LATIN_FORMS = frozenset(_LATIN_FORM_WORDS.split())
_BRACKETED = re.compile(r"[(\[{【〔〈《]([^()\[\]{}【】〔〕〈〉《》]{1,30})[)\]}】〕〉》]")
_LATIN_PLACES = frozenset(
    ("china", "prc", "shanghai", "beijing", "shenzhen", "guangzhou", "hong kong", "hongkong", "hk")
)
_WORDS = re.compile(r"[a-z0-9\u00df-\u024f]+|[^\W_a-z0-9\u00df-\u024f]+")
_ABBREVIATION = re.compile(r"\b([a-z])\.(?=[a-z]\b)")  # s.a. is one word
_E164 = re.compile(r"\+[0-9]{5,15}")
_CHINESE_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")
_HAN = re.compile(r"[\u3400-\u9fff]")

_PUBLIC_MAIL = """
qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com vip.126.com 188.com yeah.net 139.com
189.cn wo.cn wo.com.cn 21cn.com 263.net sina.com sina.cn vip.sina.com sina.com.cn sohu.com
vip.sohu.com tom.com aliyun.com 2980.com gmail.com googlemail.com outlook.com hotmail.com
live.com live.cn msn.com msn.cn yahoo.com yahoo.cn yahoo.com.cn yahoo.co.jp yahoo.com.hk
yahoo.com.tw ymail.com icloud.com me.com mac.com proton.me protonmail.com aol.com mail.com
mail.ru yandex.ru yandex.com gmx.com gmx.de gmx.net web.de t-online.de zoho.com naver.com
hanmail.net hinet.net pchome.com.tw netvigator.com eyou.com chinaren.com
"""
PUBLIC_MAIL_DOMAINS = frozenset(_PUBLIC_MAIL.split())
# Shops, networks and registers: a company's page there is no domain of its own.
_SHARED_PAGES = """
taobao.com tmall.com 1688.com alibaba.com jd.com pinduoduo.com weixin.qq.com weibo.com
made-in-china.com hc360.com globalsources.com qichacha.com qcc.com tianyancha.com baidu.com
douyin.com xiaohongshu.com facebook.com linkedin.com instagram.com youtube.com google.com
github.io wordpress.com wixsite.com shopify.com myshopify.com amazon.com ebay.com dianping.com
meituan.com zhaopin.com 51job.com
"""
_SHARED_DOMAINS = PUBLIC_MAIL_DOMAINS | frozenset(_SHARED_PAGES.split())
_SECOND_LEVEL = frozenset(("com", "net", "org", "gov", "edu", "ac", "co", "mil", "idv", "ne", "or"))


class Keys(NamedTuple):
    """Pairs (kind, value): `exact` ones mean the same customer, `near` ones are worth a look."""

    exact: list[tuple[str, str]]
    near: list[tuple[str, str]]


def company_keys(
    name: str,
    credit_code: str = "",
    phones: Iterable[str | Phone] = (),
    mails: Iterable[str] = (),
    website: str = "",
) -> Keys:
    """Keys of a company: exact credit_code and name, near all others.

    Near are bare_name, pinyin (of the bare name), landline, mobile, mail and domain.
    Phones come in E.164, as Phone, or as written; what can't be read gives no key, and neither
    does a public mail domain or a bare name of one sign. About 30 µs with a phone and a mail.
    """
    exact = []
    if credit_code and (code := compact_code(credit_code)):
        exact.append(("credit_code", code))
    if folded := fold(name):
        exact.append(("name", folded))
    near = []
    bare = bare_name(name)
    if len(bare) >= _SHORTEST_BARE_NAME:
        near.append(("bare_name", bare))
        if _HAN.search(bare):
            near.append(("pinyin", joined_pinyin(bare)))
    near += _phone_keys(phones)
    domains = {own_domain(website): None} if website else {}
    for mail in map(_folded_mail, mails):
        if mail:
            near.append(("mail", mail))
            domains[own_domain(mail)] = None
    near += [("domain", domain) for domain in domains if domain]
    return Keys(exact, list(dict.fromkeys(near)))


def person_keys(
    name: str,
    phones: Iterable[str | Phone] = (),
    mails: Iterable[str] = (),
    credit_code: str = "",
) -> Keys:
    """Keys of a person: exact name_mobile ("张伟|+8613800138000") and credit_code, which sole
    traders have; near mobile and mail."""
    folded = fold(name)
    near = [key for key in _phone_keys(phones) if key[0] == "mobile"]
    exact = [("name_mobile", f"{folded}|{number}") for _, number in near if folded]
    if credit_code and (code := compact_code(credit_code)):
        exact.append(("credit_code", code))
    near += [("mail", mail) for mail in map(_folded_mail, mails) if mail]
    return Keys(list(dict.fromkeys(exact)), list(dict.fromkeys(near)))


@lru_cache(maxsize=4096)
def bare_name(name: str) -> str:
    """A company's name folded, without legal form and place: 上海客源（中国）有限公司 → 客源.

    The place is cut in front, in brackets and before 分公司, the legal form behind. What would
    leave fewer than two signs stays uncut.
    """
    text = _BRACKETED.sub(_without_place, simplify(name[:_LONGEST_NAME]))
    words = _WORDS.findall(_ABBREVIATION.sub(r"\1", text))
    while len(words) > 1 and words[-1] in _LATIN_FORMS:
        words.pop()
    bare = "".join(words)
    return _without_places(_without_chinese_forms(bare)) if _HAN.search(bare) else bare


def own_domain(address: str) -> str:
    """The registered domain of a mail or web address, "" for public and shared ones.

    "https://www.shop.acme.com.cn/x" and "li@mail.acme.com.cn" both give "acme.com.cn".
    """
    text = unicodedata.normalize("NFKC", address).strip().casefold()
    host = text.rpartition("@")[2] if "@" in text else text.partition("://")[2] or text
    host = re.split(r"[/:?#\s]", host, maxsplit=1)[0].strip(".")
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or labels[-1].isdigit():
        return ""
    is_second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    domain = ".".join(labels[-3:] if is_second_level else labels[-2:])
    is_suffix = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVEL
    if is_suffix or not _SHARED_DOMAINS.isdisjoint((domain, host)):
        return ""
    return domain


def _phone_keys(phones: Iterable[str | Phone]) -> list[tuple[str, str]]:
    """("mobile", e164) or ("landline", e164) for each phone that can be read.

    Told by the number alone, so that one number always gives one key: abroad all are mobiles.
    """
    keys = []
    for phone in phones:
        if isinstance(phone, Phone):
            number = phone.e164
        elif _E164.fullmatch(phone):
            number = phone
        else:
            try:
                number = parse_phone(phone).e164
            except InvalidPhone:
                continue
        is_mobile = not number.startswith("+86") or _CHINESE_MOBILE.fullmatch(number)
        keys.append(("mobile" if is_mobile else "landline", number))
    return keys


def _folded_mail(mail: str) -> str:
    """The address in half width and lower case, "" when it is none."""
    text = unicodedata.normalize("NFKC", mail).strip().casefold()
    local, at, domain = text.rpartition("@")
    return text if local and at and "." in domain else ""


def _without_place(match: re.Match[str]) -> str:
    inner = match[1].strip()
    return "" if inner in _LATIN_PLACES or inner in region_words() else match[0]


def _without_chinese_forms(text: str) -> str:
    """Cut legal forms from the end, and the place that a branch (分公司) is named after."""
    form = next((form for form in _CHINESE_FORMS if text.endswith(form)), None)
    while form and len(text) - len(form) >= _SHORTEST_BARE_NAME:
        text = text[: -len(form)]
        if form in _BRANCH_FORMS:
            place = _place_length(text, is_at_end=True)
            text = text[: len(text) - place]
        form = next((form for form in _CHINESE_FORMS if text.endswith(form)), None)
    return text


def _without_places(text: str) -> str:
    length = _place_length(text)
    while length:
        text = text[length:]
        length = _place_length(text)
    return text


def _place_length(text: str, *, is_at_end: bool = False) -> int:
    """How many signs of `text` are a place in front (or behind), leaving enough of a name."""
    places, by_beginning, by_end = _places()
    longest = by_end.get(text[-2:], 0) if is_at_end else by_beginning.get(text[:2], 0)
    for length in range(min(longest, len(text) - _SHORTEST_BARE_NAME), 1, -1):
        if (text[-length:] if is_at_end else text[:length]) in places:
            return length
    return 0


@cache
def _places() -> tuple[frozenset[str], dict[str, int], dict[str, int]]:
    """The places, and the longest of them by their first and by their last two signs."""
    words = region_words()
    by_beginning: dict[str, int] = {}
    by_end: dict[str, int] = {}
    for word in words:
        by_beginning[word[:2]] = max(by_beginning.get(word[:2], 0), len(word))
        by_end[word[-2:]] = max(by_end.get(word[-2:], 0), len(word))
    return words, by_beginning, by_end
