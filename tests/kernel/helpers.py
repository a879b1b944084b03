"""Short words for what many kernel tests do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict

from crm.access.policy import Access, access_to
from crm.lists.query import Query, query_from
from crm.modules.registry import module_named
from crm.records.services import create_record, update_record

_number = iter(range(1, 10**9))


def unlike(word: str = "Firm") -> str:
    """A name that no other record has, exactly or nearly."""
    number = next(_number)
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return f"{word} {letters}{number}"


def add(actor: Any, module: str = "customers", **values: Any) -> int:
    """A new record of the actor's with these values; a customer's name is made up if missing."""
    if module in {"customers", "contacts"}:
        values.setdefault("name", unlike())
    return create_record(actor=actor, module=module, values=values)


def change(actor: Any, pk: int, module: str = "customers", **values: Any) -> int:
    """Change a record as somebody who has just read it."""
    version = access_to(actor, module).get(pk, []).version
    return update_record(actor=actor, module=module, pk=pk, values=values, version=version)


def ask(access: Access, tree: Any = None, **params: Any) -> Query:
    """The query that an address with these parameters asks for."""
    if tree is not None:
        params["filter"] = json.dumps(tree)
    return query_from(QueryDict(urlencode(params)), access)


def found(access: Access, tree: Any = None, **params: Any) -> list[int]:
    """The ids that a query shows, in its order."""
    query = ask(access, tree, **params)
    return [row.pk for row in access.page(query.slice, [])]


def stored(module_name: str, pk: int) -> Any:
    """The row as it lies in the table, whoever may see it."""
    return module_named(module_name).rows.get(pk=pk)


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls in threads that start together; answers or exceptions, in order."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            results[place] = calls[place]()
        except Exception as error:  # what it raised is the answer
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refused(error: type[Exception], call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the call raises, which must be of this kind."""
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return caught.value
