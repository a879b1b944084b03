"""What people write over the columns of their contact lists."""

HEADINGS = {
    "name": ("姓名", "联系人", "联系人姓名", "full name", "contact", "contact name"),
    "customer": (
        "公司",
        "公司名称",
        "客户",
        "客户名称",
        "单位",
        "company",
        "account",
        "organization",
    ),
    "job": ("职务", "职位", "岗位", "title", "job title", "position"),
    "unit": ("部门", "所在部门", "department"),
    "part": ("角色", "决策角色", "role"),
    "birthday": ("出生日期",),
}
