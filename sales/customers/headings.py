"""What people write over the columns of their customer lists."""

HEADINGS = {
    "name": (
        "公司全称", "客户名称", "名称", "公司名称", "企业名称", "单位名称", "公司", "客户", "单位",
        "客户全称", "企业全称", "account", "account name", "company", "company name",
        "customer name", "organisation", "organization",
    ),
    "kind": ("客户类型", "性质"),
    "credit_code": (
        "税号", "统一社会信用代码", "社会信用代码", "信用代码", "纳税人识别号", "统一信用代码",
        "tax id", "tax number", "uscc",
    ),
    "level": ("客户级别", "客户等级", "等级", "级别", "rating", "grade"),
    "stage": ("生命周期", "客户阶段", "阶段"),
    "service_person": ("服务专员", "专属客服", "服务人员", "客服", "固定服务人员", "service"),
    "source": ("客户来源", "来源", "渠道", "lead source"),
    "industry": ("所属行业", "行业类别", "行业", "sector"),
    "region": ("大区", "区域", "territory"),
    "province": ("省", "省份", "所在省", "state"),
    "city": ("市", "城市", "所在城市", "所在地"),
    "employees": ("员工人数", "人数", "员工数", "规模", "人员规模", "headcount", "staff"),
    "revenue": ("年营业额", "营业额", "年销售额", "年收入", "营收", "年产值", "turnover"),
    "website": ("网址", "官网", "网站", "公司网址", "url", "homepage"),
    "parent": ("上级公司", "母公司", "集团"),
    "invoice_title": ("发票抬头", "开票名称"),
    "bank": ("开户行", "开户银行"),
    "bank_account": ("银行账号", "账号", "银行帐号"),
    "birthday": ("出生日期",),
    "contacts.name": (
        "联系人", "联系人姓名", "联系人名称", "主要联系人", "首要联系人", "对接人", "contact",
        "contact name", "contact person", "primary contact",
    ),
    "contacts.phones.number": (
        "手机", "手机号", "手机号码", "移动电话", "联系人手机", "联系人电话", "联系人手机号",
        "联系电话", "mobile", "cell", "contact phone", "contact mobile",
    ),
    "contacts.mails.address": (
        "邮箱", "电子邮箱", "邮件", "email", "e-mail", "联系人邮箱", "联系人邮件",
        "contact email", "contact mail",
    ),
    "contacts.job": ("职务", "职位", "岗位", "title", "job title", "position"),
    "contacts.unit": ("部门", "所在部门", "contact department"),
    "contacts.wechat": ("微信", "微信号", "联系人微信"),
    "follow-ups.text": (
        "跟进记录", "跟进内容", "最近跟进", "最新跟进", "上次跟进", "沟通记录", "拜访记录",
        "跟进情况", "last note", "last follow-up text", "follow-up",
    ),
    "follow-ups.happened_at": (
        "上次联系", "上次联系时间", "最近联系", "最近联系时间", "跟进时间", "最后联系",
        "上次跟进时间", "最近跟进时间", "最后跟进时间", "last contact",
        "last contacted", "last activity",
    ),
    "follow-ups.next_contact_at": (
        "下次联系", "下次联系时间", "下次跟进", "下次跟进时间", "next contact", "next step date",
    ),
    "follow-ups.owner": ("跟进人", "记录人", "follow-up by", "author"),
}  # fmt: skip
