"""How people and companies are called in running text: names, titles, departments."""
# ruff: noqa: E501  (lists of words)

import re

# Surnames that most people carry, single and double.
_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜"
    "崔谭陆范汪廖石金韦贾夏傅付方邹熊白孟秦邱侯江尹薛阎闫雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤温赖洪施牛"
    "樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申耿关兰焦俞柳甘祝宁尚符舒阮柯纪童凌梅盛霍成苗游阳裴单席卫曲左滕应费"
    "屈瞿鲍饶牟涂闵缪蔺戚冉晏查褚娄巫郎车桂卞全丛祁佟仇诸苑宗匡茅花解臧郁喻束濮沙包路骆管穆辛冷靳房米边岑柏水窦"
    "池景党麦司季谷简"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|皇甫|端木|夏侯|尉迟|慕容|令狐|宇文|长孙|东方|南宫|独孤|公孙|西门|轩辕|呼延|闻人|澹台"
_HAN = "\u4e00-\u9fff"
_TITLES = (
    "董事长|副董事长|总经理助理|总经理|副总经理|副总裁|总裁|副总|总监|副总监|总工程师|总工|高级工程师|工程师|经理助理|"
    "副经理|经理|主任|副主任|部长|副部长|处长|副处长|科长|副科长|厂长|副厂长|所长|院长|校长|店长|站长|队长|班长|组长|"
    "主管|专员|助理|秘书|会计|出纳|采购员|采购|销售员|业务员|顾问|代表|教授|博士|医生|律师|法人|法人代表|负责人|老板|"
    "老板娘|老师|主席|合伙人|创始人|首席执行官|首席技术官|CEO|CTO|CFO|COO|CIO|VP"
)
_BEFORE_TITLE = "总|副|高级|资深|首席|区域|大区|华东|华南|华北|华中|西南|西北|东北|全国|项目|产品|客户|大客户|销售|采购|市场|技术|运营|生产|设备|工程|质量|品质|财务|人事|行政|人力资源|研发|商务|售前|售后|服务|物流|仓储|供应链|业务|工艺|信息|渠道|品牌|安全|外贸|运维|实验室|检测|办公室"
_ENGLISH_JOB = (
    r"(?:[A-Z][A-Za-z&]+ ){0,4}(?:Manager|Director|Engineer|President|Officer|Supervisor|Specialist|"
    r"Assist[a]nt|Consultant|Representative|Executive|Buyer|Head|Lead|Founder|Partner|Accountant)"
    r"(?: of [A-Z][A-Za-z& ]{2,30})?"
)
JOB = re.compile(rf"(?:(?:{_BEFORE_TITLE}){{0,4}}(?:部|中心)?(?:{_TITLES}))(?![部科处室])")
_JOB_EN = re.compile(_ENGLISH_JOB)
_POLITE = "先生|女士|小姐|总|工|经理|主任|老师|部长|科长|处长|厂长|院长|医生|教授|姐|哥"
_NAME = rf"(?:(?:{_DOUBLE})[{_HAN}]{{1,2}}|[{_SINGLE}][{_HAN}]{{1,2}})"
_NOT_IN_NAME = re.compile(
    "有限|公司|集团|工厂|方式|学院|大学|医院|中心|先生|女士|小姐|经理|总监|主任|工程|电话|手机|地址|你好|您好|谢谢|麻烦|"
    "可以|我们|你们|这个|那个|什么|明天|今天|下午|上午|采购|销售|部门|设备|产品|报价|项目|安排|时候|一下|时间|方便|联系|"
    "单位|需要|负责|收到|已经|方案|合同|发票|付款|高新|江苏|安徽|宁波|苏州|江西|广东|北京|上海|云南|石家庄|常州|"
    "温州|成都|西安|武汉|济南|沈阳|马上|向您|于是|应该|任何|方面|高级|全国|全部|成功|成立|安全|安装|单子|那边|"
    "这边|水泵|水质|金额|金属|石化|石油|花园|白天|包装|路口|管理|管道|万一|余款|解决|简单|边上|何时|何况|单价"
)
_WESTERN = re.compile(rf"[{_HAN}]{{2,8}}(?:·[{_HAN}]{{1,8}}){{1,4}}")
_POLITELY = re.compile(
    rf"(?<![{_HAN}])((?:{_DOUBLE})|[{_SINGLE}])({_POLITE})(?=$|[^{_HAN}]|[您你]?好)"
)
_SAID = re.compile(
    rf"(?:我是|我叫|叫做|名叫|叫|找|联系人?|收[件货]人|这是|给|是|寄|转|联系一?下|负责人)\s*[:]?\s*({_NAME})"
    rf"(?=$|[^{_HAN}]|{_POLITE}|{_TITLES}|的|吧|就|也|收)"
)
_WHOLE = re.compile(rf"({_NAME})\s*[(]?(?:{_POLITE}|收)?[)]?")
_TITLED = re.compile(
    rf"(?<![{_HAN}])({_NAME})\s*(?=$|[ /(,-]|{_BEFORE_TITLE}|{_TITLES}|{_POLITE}|收(?:$|\W))"
)
_TAIL = re.compile(rf"(?:公司|集团|厂|部|中心|院|所|科|处|的|:)\s*({_NAME})$")
_ENGLISH = re.compile(
    r"(?:(?:Mr|Ms|Mrs|Dr|Miss)\.? )?([A-Z][a-z]+(?:[ -][A-Z]\.?)?(?: [A-Z][a-zA-Z'-]+){1,2})"
)
_UNIT = re.compile(
    rf"[{_HAN}A-Za-z]{{2,12}}?(?:事业部|管理部|工程部|部门|分部|部|处|科|室|车间|中心|办公室|实验室|研发组)(?![{_HAN}]*(?:公司|厂))"
)
_UNIT_EN = re.compile(r"(?:[A-Z][a-z]+ ){1,3}(?:Department|Dept\.?|Division)")
_FORM = (
    "股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|总公司|集团公司|公司|集团|事务所|研究院|研究所|设计院|医院|"
    "大学|学院|中学|小学|商行|经营部|工作室|合作社|酒店|宾馆|饭店|餐厅|超市|银行|水务局|管理局|公安局|教育局|"
    "厂(?![长区房家商内门])|协会|基金会|商会|药房|诊所|门诊部|商店|商城"
)
_COMPANY = re.compile(
    rf"(?:[{_HAN}A-Za-z0-9&·]|\([{_HAN}A-Za-z]{{2,10}}\)){{2,30}}?(?:{_FORM})"
    rf"(?:\([{_HAN}]{{2,8}}\))?(?:[{_HAN}]{{2,10}}?(?:分公司|支行|分行|办事处|分院|校区|学院))?(?![{_HAN}]*(?:分公司|支行))"
)
_COMPANY_EN = re.compile(
    r"(?:[A-Z][\w&'-]*[,.]? (?:of |and |& )?){1,6}?"
    r"(?:Co\.?, ?Ltd\.?|Company Limited|Ltd\.?|Limited|Inc\.?|LLC|GmbH|Corporation|Corp\.?|Group|Pte\.? Ltd\.?|S\.A\.)"
)
_BEFORE_COMPANY = re.compile(
    r"^(?:.*?(?:我是|我们是|我们|来自|这里是|这边是|单位是|公司是|公司叫|就职于|收件单位|开票给|[她他]是|是)"
    r"|[在给是帮找到叫和与])(?=.{4})"
)
_MOST = 6


def people_in(text: str, *, is_sure: bool = False) -> list[str]:
    """Names of people in a line; a single surname with a title stays as it is said: 王总.

    `is_sure` says that the text is nothing but a person's name, perhaps with a title.
    """
    text = text.strip()[:300]
    western = [match.group() for match in _WESTERN.finditer(text)]
    if western:
        return western[:_MOST]
    found: list[str] = []
    whole = _WHOLE.fullmatch(text)
    if whole and _is_name(whole[1]):
        found.append(whole[1])
    for pattern in (_SAID, _TITLED, _TAIL):
        found += [match[1] for match in pattern.finditer(text) if _is_name(match[1])]
    found = [_without_title(name) for name in found]
    if not found:
        found += ["".join(match.groups()) for match in _POLITELY.finditer(text)]
    if not found:
        found += _english(text)
    if not found and is_sure:
        bare = re.sub(rf"\s*(?:{_POLITE}|收)$", "", text)
        found += [bare] if re.fullmatch(rf"[{_HAN}]{{2,4}}", bare) else []
    return list(dict.fromkeys(found))[:_MOST]


def _english(text: str) -> list[str]:
    if _COMPANY_EN.search(text):
        return []
    bare = _UNIT_EN.sub("", _JOB_EN.sub("", text)).strip(" ,-/|")
    match = _ENGLISH.fullmatch(bare)
    return [match[1]] if match else []


def _is_name(name: str) -> bool:
    return not _NOT_IN_NAME.search(name)


def _without_title(name: str) -> str:
    """李经 of 李经理, 王工 of 王工 收: what a title left of a name is cut."""
    if len(name) == 3 and name[2] in "总工收" and not re.match(_DOUBLE, name):
        return name[:2]
    return name


def companies_in(text: str) -> list[str]:
    """Names of companies and institutions in a line."""
    found = []
    for match in _COMPANY.finditer(text[:300]):
        name = _BEFORE_COMPANY.sub("", match.group()).strip("· ")
        if len(name) > 3 and not re.fullmatch(
            "(?:你们|我们|贵|本|我|他们|这家|那家|一家|分)?(?:总|分)?公司", name
        ):
            found.append(name)
    if not found:
        found += [match.group().strip(" ,") for match in _COMPANY_EN.finditer(text[:300])]
    return found[:_MOST]


def job_in(text: str) -> list[str]:
    """Titles in a line: 销售经理, 总工, Sales Manager."""
    found = [_job_alone(match.group()) for match in JOB.finditer(text[:300])]
    if not found:
        found = [match.group().strip() for match in _JOB_EN.finditer(text[:300])]
    if not found and re.search(
        rf"(?<![{_HAN}])(?:{_DOUBLE}|[{_SINGLE}])工(?![{_HAN}])", text[:300]
    ):
        found = ["工程师"]
    return list(dict.fromkeys(found))[:_MOST]


def _job_alone(job: str) -> str:
    """The title behind a department: 采购部经理 gives 经理, and 采购部 is the department."""
    department, mark, title = job.rpartition("部")
    return title if mark and department and title else job


def unit_in(text: str) -> list[str]:
    """Departments in a line."""
    found = []
    for match in _UNIT.finditer(text[:300]):
        name = re.sub("^.*(?:公司|集团|我是|厂|我们|是|的|在|和|找|与)", "", match.group())
        if 2 < len(name) < 12 and not re.search(
            "全部|内部|一部|总部|西部|东部|南部|北部|俱乐", name
        ):
            found.append(name)
    found += [match.group() for match in _UNIT_EN.finditer(text[:300])]
    return list(dict.fromkeys(found))[:_MOST]
