"""The raw SQL of each page: its rows and columns, ids of owners or departments known already."""

from bench.people import Persona

SIZE = 50
COLUMNS = "c.id, c.name, c.level, c.stage, c.industry, c.city, u.display_name, c.last_follow_up_at, c.changed_at"
KEYS = "c.sort_name, c.owner_id, c.custom"
CONTACT_COLUMNS = (
    "c.id, c.name, c.customer_id, c.job, c.unit, u.display_name, c.last_follow_up_at, c.changed_at"
)
TALK_COLUMNS = "c.id, c.subject, c.kind, c.text, u.display_name, c.happened_at, c.changed_at"
NEWEST = "c.changed_at DESC, c.id DESC"


def page(
    who: Persona,
    order: str = NEWEST,
    offset: int = 0,
    where: str = "true",
    table: str = "sales_customer",
    columns: str = COLUMNS,
) -> str:
    """One page; of several departments each read from its own index, then merged."""
    deep = offset + SIZE + 1
    living = f"FROM {table} c WHERE c.deleted_at IS NULL AND {where}"
    end = f"ORDER BY {order} LIMIT"
    if len(who.ids) > 1:
        rows = (
            f"unnest(ARRAY[{','.join(map(str, who.ids))}]::bigint[]) one(pk) CROSS JOIN LATERAL"
            f" (SELECT * {living} AND c.{who.column} = one.pk {end} {deep}) c"
        )
    else:
        rows = f"(SELECT * {living} AND {who.where()} {end} {SIZE + 1} OFFSET {offset}) c"
        offset = 0
    return (
        f"SELECT {columns} FROM {rows} LEFT JOIN accounts_user u ON u.id = c.owner_id"
        f" {end} {SIZE + 1} OFFSET {offset}"
    )


def found(module: str, query: str, who: Persona, most: int) -> str:
    """The newest records that hold a word; the best of both ways is taken by the planner."""
    table = {"customers": "sales_customer", "contacts": "sales_contact"}[module]
    return (
        "SELECT c.* FROM (SELECT record_id FROM crm_search_entry e"
        f" WHERE e.module = '{module}' AND e.terms @@ $q${query}$q$::tsquery AND {who.where('e')}"
        f" ORDER BY e.changed_at DESC LIMIT {most}) e JOIN {table} c ON c.id = e.record_id"
    )


def record(pk: int) -> list[str]:
    """A record, its collections, thirty of its conversations, its people, its documents."""
    child = f"WHERE module = 'customers' AND record_id = {pk}"
    return [
        f"SELECT * FROM sales_customer WHERE id = {pk}",
        *(f"SELECT * FROM {one} {child}" for one in ("crm_phone", "crm_mail", "crm_address")),
        f"SELECT * FROM crm_tag {child}",
        f"SELECT * FROM crm_follow_up WHERE subject = 'customers/{pk}' AND deleted_at IS NULL"
        " ORDER BY happened_at DESC LIMIT 30",
        f"SELECT * FROM sales_contact WHERE customer_id = {pk} AND deleted_at IS NULL LIMIT 10",
        f"SELECT * FROM crm_document {child}",
        f"SELECT * FROM sales_customershare WHERE content_object_id = {pk}",
    ]


def board(who: Persona) -> str:
    """Twenty-five cards and one more of each stage."""
    return (
        "SELECT c.* FROM (SELECT value FROM crm_option WHERE dictionary = 'life_stage') s"
        " CROSS JOIN LATERAL (SELECT id, name, level, stage, industry, city, owner_id, revenue"
        f" FROM sales_customer c WHERE c.deleted_at IS NULL AND c.stage = s.value AND {who.where()}"
        f" ORDER BY {NEWEST} LIMIT 26) c"
    )


def figures(who: Persona) -> str:
    """What the columns of the board add up to."""
    return (
        "SELECT stage, count(*), sum(revenue) FROM (SELECT c.stage, c.revenue"
        f" FROM sales_customer c WHERE c.deleted_at IS NULL AND {who.where()} LIMIT 100001) c"
        " GROUP BY 1"
    )


def calendar(who: Persona, first: str, last: str) -> str:
    """The days of a month: how many, and the first three of each."""
    return (
        "SELECT * FROM (SELECT c.id, c.name, c.next_contact_at, count(*) OVER day AS many,"
        " row_number() OVER (PARTITION BY c.next_contact_at::date ORDER BY c.next_contact_at)"
        f" AS place FROM sales_customer c WHERE c.deleted_at IS NULL AND {who.where()}"
        f" AND c.next_contact_at >= '{first}' AND c.next_contact_at < '{last}'"
        " WINDOW day AS (PARTITION BY c.next_contact_at::date)) c WHERE place <= 3"
    )
