"""`manage.py rights`: read and change rights at the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from difflib import get_close_matches
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from accounts.grants import rights_of
from accounts.models import Role, User
from accounts.services import roles
from accounts.services.act import COMMAND_LINE
from accounts.shipped_roles import install_roles
from crm.access.errors import Refusal
from crm.access.grants import ScopeName, State
from crm.modules.registry import all_modules


class Command(BaseCommand):
    """rights show, rights set, rights ship; `help` says with what."""

    help = (
        "rights show USER | rights set ROLE MODULE.FIELD hidden|masked|read|edit | "
        "rights set ROLE MODULE ACTION none|own|team|department|subtree|all | rights ship"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["show", "set", "ship"])
        parser.add_argument("words", nargs="*")
        parser.add_argument("--only-when-empty", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        verb, words = options["verb"], options["words"]
        with override("en"):
            try:
                if verb == "ship" and not words:
                    install_roles()
                elif verb == "show" and len(words) == 1:
                    self._show(words[0])
                elif verb == "set" and len(words) == 3:
                    self._set_field(words[0], words[1], words[2], options["only_when_empty"])
                elif verb == "set" and len(words) == 4:
                    self._set_right(*words)
                else:
                    raise CommandError(self.help)
            except Refusal as refusal:
                raise CommandError(str(refusal.message)) from None

    def _set_field(self, role: str, path: str, state: str, only_when_empty: bool) -> None:
        module, dot, field = path.partition(".")
        if not dot:
            raise CommandError(f"{path!r} names no field; write it as MODULE.FIELD.")
        roles.set_field_state(
            actor=COMMAND_LINE,
            role=roles.role_named(role),
            module=module,
            field=field,
            state=state,
            only_when_empty=only_when_empty,
        )
        self.stdout.write(f"{role}: {path} {state}")

    def _set_right(self, role: str, module: str, action: str, scope: str) -> None:
        roles.set_right(
            actor=COMMAND_LINE,
            role=roles.role_named(role),
            module=module,
            action=action,
            scope=scope,
        )
        self.stdout.write(f"{role}: {module} {action} {scope}")

    def _show(self, username: str) -> None:
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            names = list(User.objects.values_list("username", flat=True))
            near = ", ".join(get_close_matches(username, names, n=3) or names[:12])
            raise CommandError(f"There is no user {username!r}. Perhaps: {near}.")
        held = Role.objects.filter(pk__in=rights_of(user.pk).roles)
        state = "active" if user.is_active else "closed"
        self.stdout.write(f"{user.username} ({user.display_name}), {state}")
        for role in held:
            extra = [flag for flag in ("view_all", "edit_all", "administer") if getattr(role, flag)]
            self.stdout.write(f"  role {role.name} {' '.join(extra)}".rstrip())
        for module in all_modules():
            self._show_module(user, module.name)

    def _show_module(self, user: User, module: str) -> None:
        grants = user.grants(module)
        actions = [f"{action}={_widest(found)}" for action, found in grants.reasons.items()]
        self.stdout.write(f"{module}: {' '.join(actions) or 'nothing'}")
        for state in reversed(State):
            names = sorted(
                name + ("*" if name in grants.only_when_empty else "")
                for name, one in grants.states.items()
                if one is state
            )
            if names:
                self.stdout.write(f"  {state.name.lower()}: {' '.join(names)}")


def _widest(found: tuple[tuple[str, ScopeName], ...]) -> str:
    order = list(ScopeName)
    return max((scope for _label, scope in found), key=order.index).value
