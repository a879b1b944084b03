"""The gallery's table: name → template and the sample it is drawn from."""

from collections.abc import Callable

from tests.browser.samples import forms, lists, records
from tests.browser.samples.frame import Context

PAGES: dict[str, tuple[str, Callable[[], Context]]] = {
    "list": ("crm/list/page.html", lists.customer_list),
    "list-plain": ("crm/list/page.html", lists.plain_list),
    "record": ("crm/detail/page.html", records.record),
    "form": ("crm/edit/page.html", forms.form),
    "form-wrong": ("crm/edit/page.html", lambda: forms.form(wrong=True)),
    "login": ("accounts/login.html", forms.login),
}
