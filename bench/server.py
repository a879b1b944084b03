"""The product as gunicorn serves it, which says what a request cost; beside it a bare page.

    gunicorn bench.server:application

`/bench/bare/?rows=50&columns=8&bytes=90000` is the floor of a page: the same server, a view without
any middleware of ours, and a plain template of ready strings that comes to that many bytes.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines

from crm.wsgi import application as product

BARE = "/bench/bare/"
PAGE = """<!doctype html><title>{{ title }}</title><table>{% for row in rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"""
_AROUND = 9  # bytes of markup that a cell has


@lru_cache(maxsize=8)
def _template() -> Any:
    return engines["django"].from_string(PAGE)


@lru_cache(maxsize=200)
def _rows(rows: int, columns: int, size: int) -> list[list[str]]:
    length = max(size // (rows * columns) - _AROUND, 1)
    return [[f"{row}-{column}".ljust(length, "x") for column in range(columns)]
            for row in range(rows)]  # fmt: skip


def bare_page(request: HttpRequest) -> HttpResponse:
    """A page of so many rows, columns and bytes."""
    rows, columns, size = (int(request.GET[name]) for name in ("rows", "columns", "bytes"))
    return HttpResponse(_template().render({"title": "bare", "rows": _rows(rows, columns, size)}))


class BareHandler(WSGIHandler):
    """Django without middleware; every address is the bare page."""

    def load_middleware(self, is_async: bool = False) -> None:
        """None but the page itself."""
        self._middleware_chain = bare_page


_bare = BareHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the number of statements and the milliseconds spent here in two headers."""
    if environ["PATH_INFO"] == BARE:
        return _bare(environ, start_response)
    begun, queries = perf_counter(), 0

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(sql, params, many, context)

    def begin(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        spent = (perf_counter() - begun) * 1000
        told = [("X-Bench-Queries", str(queries)), ("X-Bench-Ms", f"{spent:.3f}")]
        return start_response(status, [*headers, *told], error)

    with connection.execute_wrapper(counted):
        return product(environ, begin)
