"""Provinces and prefecture-level cities of China, as people write them."""

from functools import cache
from typing import NamedTuple

# Short name, what follows it in the full name, region, then the cities with the number of people
# in ten thousands, rounded (census of 2020). A city's full name ends in 市 unless it stands in
# _FULL_CITY_NAMES; lines that are set in continue the one above.
_LINES = """
北京|市|华北|北京2189
天津|市|华北|天津1387
河北|省|华北|石家庄1124 唐山772 秦皇岛314 邯郸941 邢台711 保定1154 张家口412 承德335 沧州730
    廊坊546 衡水421
山西|省|华北|太原530 大同311 阳泉132 长治318 晋城219 朔州159 晋中338 运城477 忻州269 临汾398
    吕梁340
内蒙古|自治区|华北|呼和浩特345 包头271 乌海56 赤峰404 通辽287 鄂尔多斯215 呼伦贝尔224 巴彦淖尔154
    乌兰察布171 兴安142 锡林郭勒111 阿拉善26
辽宁|省|东北|沈阳907 大连745 鞍山333 抚顺186 本溪133 丹东219 锦州270 营口233 阜新165 辽阳160
    盘锦139 铁岭239 朝阳287 葫芦岛243
吉林|省|东北|长春907 吉林362 四平181 辽源100 通化130 白山95 松原225 白城155 延边194
黑龙江|省|东北|哈尔滨1001 齐齐哈尔407 鸡西150 鹤岗89 双鸭山121 大庆278 伊春88 佳木斯216 七台河69
    牡丹江229 黑河129 绥化376 大兴安岭33
上海|市|华东|上海2487
江苏|省|华东|南京931 无锡746 徐州908 常州528 苏州1275 南通773 连云港460 淮安456 盐城671 扬州456
    镇江321 泰州451 宿迁499
浙江|省|华东|杭州1194 宁波940 温州957 嘉兴540 湖州337 绍兴527 金华705 衢州228 舟山116 台州662
    丽水251
安徽|省|华东|合肥937 芜湖364 蚌埠330 淮南303 马鞍山216 淮北197 铜陵131 安庆417 黄山133 滁州399
    阜阳820 宿州532 六安439 亳州500 池州134 宣城250
福建|省|华东|福州829 厦门516 莆田321 三明249 泉州878 漳州505 南平268 龙岩272 宁德315
江西|省|华东|南昌626 景德镇162 萍乡180 九江460 新余120 鹰潭115 赣州897 吉安447 宜春501 抚州361
    上饶649
山东|省|华东|济南920 青岛1007 淄博470 枣庄386 东营219 烟台710 潍坊939 济宁836 泰安547 威海291
    日照297 临沂1102 德州561 聊城595 滨州393 菏泽880
河南|省|华中|郑州1260 开封482 洛阳706 平顶山499 安阳548 鹤壁157 新乡625 焦作352 濮阳377 许昌438
    漯河237 三门峡203 南阳971 商丘782 信阳623 周口903 驻马店701 济源73
湖北|省|华中|武汉1233 黄石247 十堰321 宜昌402 襄阳526 鄂州108 荆门260 孝感427 荆州523 黄冈588
    咸宁266 随州205 恩施346 仙桃113 潜江89 天门116 神农架7
湖南|省|华中|长沙1005 株洲390 湘潭273 衡阳665 邵阳656 岳阳505 常德528 张家界152 益阳385 郴州467
    永州529 怀化459 娄底383 湘西249
广东|省|华南|广州1868 韶关286 深圳1756 珠海244 汕头550 佛山950 江门480 湛江698 茂名617 肇庆411
    惠州604 梅州387 汕尾267 河源284 阳江260 清远397 东莞1047 中山442 潮州257 揭阳558 云浮238
广西|壮族自治区|华南|南宁874 柳州416 桂林493 梧州282 北海185 防城港105 钦州330 贵港432 玉林580
    百色357 贺州201 河池342 来宾207 崇左209
海南|省|华南|海口287 三亚103 三沙1 儋州95
重庆|市|西南|重庆3205
四川|省|西南|成都2094 自贡249 攀枝花121 泸州425 德阳346 绵阳487 广元231 遂宁281 内江314 乐山316
    南充561 眉山296 宜宾459 广安325 达州539 雅安143 巴中271 资阳231 阿坝82 甘孜111 凉山486
贵州|省|西南|贵阳599 六盘水303 遵义661 安顺247 毕节690 铜仁330 黔西南302 黔东南376 黔南349
云南|省|西南|昆明846 曲靖577 玉溪225 保山243 昭通509 丽江125 普洱240 临沧226 楚雄242 红河448
    文山350 西双版纳130 大理334 德宏132 怒江55 迪庆39
西藏|自治区|西南|拉萨87 日喀则80 昌都76 林芝24 山南35 那曲50 阿里12
陕西|省|西北|西安1295 铜川70 宝鸡332 咸阳396 渭南469 延安228 汉中321 榆林362 安康249 商洛204
甘肃|省|西北|兰州436 嘉峪关31 金昌44 白银151 天水298 武威146 张掖113 平凉185 酒泉106 庆阳218
    定西252 陇南241 临夏211 甘南69
青海|省|西北|西宁247 海东136 海北27 黄南28 海南45 果洛22 玉树43 海西47
宁夏|回族自治区|西北|银川286 石嘴山75 吴忠138 固原114 中卫107
新疆|维吾尔自治区|西北|乌鲁木齐405 克拉玛依49 吐鲁番69 哈密67 昌吉161 博尔塔拉49 巴音郭楞161
    阿克苏271 克孜勒苏62 喀什450 和田250 伊犁285 塔城114 阿勒泰67 石河子50
台湾|省|港澳台|台北260 新北403 桃园227 台中282 台南187 高雄277 基隆37 新竹45 嘉义27
香港|特别行政区|港澳台|香港747
澳门|特别行政区|港澳台|澳门68
"""
_FULL_CITY_NAMES = {
    "兴安": "兴安盟", "锡林郭勒": "锡林郭勒盟", "阿拉善": "阿拉善盟", "延边": "延边朝鲜族自治州",
    "大兴安岭": "大兴安岭地区", "恩施": "恩施土家族苗族自治州", "神农架": "神农架林区",
    "湘西": "湘西土家族苗族自治州", "阿坝": "阿坝藏族羌族自治州", "甘孜": "甘孜藏族自治州",
    "凉山": "凉山彝族自治州", "黔西南": "黔西南布依族苗族自治州", "黔东南": "黔东南苗族侗族自治州",
    "黔南": "黔南布依族苗族自治州", "楚雄": "楚雄彝族自治州", "红河": "红河哈尼族彝族自治州",
    "文山": "文山壮族苗族自治州", "西双版纳": "西双版纳傣族自治州", "大理": "大理白族自治州",
    "德宏": "德宏傣族景颇族自治州", "怒江": "怒江傈僳族自治州", "迪庆": "迪庆藏族自治州",
    "阿里": "阿里地区", "临夏": "临夏回族自治州", "甘南": "甘南藏族自治州",
    "海北": "海北藏族自治州", "黄南": "黄南藏族自治州", "海南": "海南藏族自治州",
    "果洛": "果洛藏族自治州", "玉树": "玉树藏族自治州", "海西": "海西蒙古族藏族自治州",
    "昌吉": "昌吉回族自治州", "博尔塔拉": "博尔塔拉蒙古自治州", "阿克苏": "阿克苏地区",
    "巴音郭楞": "巴音郭楞蒙古自治州", "克孜勒苏": "克孜勒苏柯尔克孜自治州", "喀什": "喀什地区",
    "和田": "和田地区", "伊犁": "伊犁哈萨克自治州", "塔城": "塔城地区", "阿勒泰": "阿勒泰地区",
    "香港": "香港", "澳门": "澳门",
}  # fmt: skip
_ENDINGS = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")


class Province(NamedTuple):
    """One unit of provincial level; `cities` maps short names to people in ten thousands."""

    name: str
    full_name: str
    region: str
    cities: dict[str, int]


def _read_line(line: str) -> Province:
    name, ending, region, cities = line.split("|")
    counted = {}
    for city in cities.split(" "):
        short = city.rstrip("0123456789")
        counted[short] = int(city[len(short) :])
    return Province(name, name + ending, region, counted)


PROVINCES: dict[str, Province] = {
    province.name: province
    for province in map(_read_line, _LINES.replace("\n    ", " ").strip().splitlines())
}
REGIONS = ("华北", "东北", "华东", "华中", "华南", "西南", "西北", "港澳台")
MUNICIPALITIES = ("北京", "天津", "上海", "重庆")


def province_named(text: str) -> Province | None:
    """The province of a short or full name: 广东, 广东省, 广西壮族自治区; None when it is none."""
    text = text.strip()
    if text in PROVINCES:
        return PROVINCES[text]
    for ending in _ENDINGS:
        if text.endswith(ending):
            return PROVINCES.get(text.removesuffix(ending))
    return None


def region_of(province: str) -> str:
    """One of REGIONS for a province as people write it (广东 or 广东省), "" when it is none."""
    found = province_named(province)
    return found.region if found else ""


def full_city_name(city: str) -> str:
    """ "广州" gives "广州市", "延边" gives "延边朝鲜族自治州"."""
    return _FULL_CITY_NAMES.get(city, f"{city}市")


def province_of_city(city: str) -> str:
    """Short name of the province of a city as people write it (广州, 广州市); "" if unknown."""
    return _provinces_by_city().get(city.strip(), "")


@cache
def region_words() -> frozenset[str]:
    """All names that may stand in a company's name for a place: 广东, 广东省, 广州, 广州市."""
    words = {"中国", "全国", "内蒙", "新疆省", "香港特区", "澳门特区"}
    for province in PROVINCES.values():
        words.update((province.name, province.full_name))
        for city in province.cities:
            words.update((city, full_city_name(city)))
    return frozenset(words)


@cache
def _provinces_by_city() -> dict[str, str]:
    found: dict[str, str] = {}
    for province in PROVINCES.values():
        for city in province.cities:
            found.setdefault(full_city_name(city), province.name)
            if city not in PROVINCES or city == province.name:  # 海南 and 吉林 are provinces first
                found.setdefault(city, province.name)
    found["吉林市"] = "吉林"
    return found
