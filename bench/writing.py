"""What a write comes down to: the same rows by raw statements in one transaction."""

from collections.abc import Callable
from itertools import count

from django.db import connection, transaction

from bench.people import asked

_numbers = count(1)
_OWN = "history_date, history_type, request_id, act, history_user_id"


def _columns(table: str) -> list[str]:
    rows = asked(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND table_schema = 'public' ORDER BY ordinal_position",
        [table],
    )
    return [f'"{name}"' for (name,) in rows]


def _history() -> str:
    """Copies a customer's row into its history."""
    own = set(_columns("sales_customer"))
    kept = ", ".join(one for one in _columns("sales_customer_history") if one in own)
    return (
        f"INSERT INTO sales_customer_history ({kept}, {_OWN}) SELECT {kept}, now(), '~', '',"
        " gen_random_uuid(), owner_id FROM sales_customer WHERE id = %s"
    )


_EVENT = (
    "INSERT INTO crm_event (act, module, record_id, version, kind, changed, source)"
    " VALUES (gen_random_uuid(), 'customers', %s, 1, 'created', '[]', 'bench')"
)
_WORDS = (
    "INSERT INTO crm_search_entry SELECT module, %s, owner_id, department_id, now(), terms"
    " FROM crm_search_entry WHERE module = 'customers' AND record_id = %s"
    " ON CONFLICT (module, record_id) DO UPDATE SET changed_at = now()"
)


def raw_create(pk: int) -> Callable[[], None]:
    """Enters a customer like that one: number, row, history, event, keys, words."""
    others = [one for one in _columns("sales_customer") if one not in ('"id"', '"number"')]
    names = ", ".join(others)
    row = (
        f"INSERT INTO sales_customer (number, {names}) SELECT 'B' || nextval('crm_number_customers'),"
        f" {names} FROM sales_customer WHERE id = %s RETURNING id"
    )
    history = _history()

    def make() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(row, [pk])
            new = cursor.fetchone()[0]
            cursor.execute(history, [new])
            cursor.execute(_EVENT, [new])
            cursor.execute(
                "INSERT INTO crm_unique_value (module, field, value, record_id)"
                " VALUES ('customers', 'name', %s, %s)", [f"bench-{new}-{next(_numbers)}", new],
            )  # fmt: skip
            cursor.execute(
                "INSERT INTO crm_match_key (module, rule, key, record_id) SELECT 'customers',"
                " 'bench', k::text, %s FROM generate_series(1, 3) k",
                [new],
            )
            cursor.execute(
                "INSERT INTO crm_phone (module, record_id, position, number, kind, e164, tail)"
                " VALUES ('customers', %s, 0, '1', 'mobile', '+861', '1')", [new],
            )  # fmt: skip
            cursor.execute(_WORDS, [new, pk])

    return make


def raw_edit(pk: int) -> Callable[[], None]:
    """Changes one column: row, history, event, words."""
    history = _history()

    def make() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM sales_customer WHERE id = %s FOR UPDATE", [pk])
            cursor.execute(
                "UPDATE sales_customer SET remark = %s, version = version + 1, changed_at = now()"
                " WHERE id = %s", [f"raw {next(_numbers)}", pk],
            )  # fmt: skip
            cursor.execute(history, [pk])
            cursor.execute(_EVENT, [pk])
            cursor.execute(_WORDS, [pk, pk])

    return make


def last_id() -> int:
    """The highest customer before a run."""
    return int(asked("SELECT coalesce(max(id), 0) FROM sales_customer")[0][0])


TABLES = {
    "sales_customer": "id", "sales_customer_history": "id", "crm_phone": "record_id",
    "crm_phone_history": "record_id", "crm_unique_value": "record_id", "crm_match_key": "record_id",
    "crm_search_entry": "record_id", "crm_event": "record_id",
}  # fmt: skip


def take_out(since: int) -> None:
    """Remove the customers that were entered after that one, with all that is theirs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, column in TABLES.items():
            mine = "" if table.startswith("sales_") else " AND module = 'customers'"
            cursor.execute(f"DELETE FROM {table} WHERE {column} > %s{mine}", [since])
