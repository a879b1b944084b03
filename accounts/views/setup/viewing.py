"""Starting and leaving "view as"."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role, User
from accounts.viewing import stand_in, start_viewing
from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only


@require_POST
@administrators_only
def view_as_person(request: Asking, pk: int) -> HttpResponse:
    """POST /setup/people/<id>/view/: from now on the pages show what this person sees."""
    start_viewing(request, get_object_or_404(User, pk=pk))
    return HttpResponseRedirect("/")


@require_POST
@administrators_only
def view_as_role(request: Asking, name: str) -> HttpResponse:
    """POST /setup/roles/<name>/view/: the same for somebody who has this role alone."""
    start_viewing(request, stand_in(get_object_or_404(Role, name=name)))
    return HttpResponseRedirect("/")


@require_POST
def leave(request: Asking) -> HttpResponse:
    """POST /view-as/leave/: the middleware has ended it by now."""
    messages.info(request, _("You are yourself again."))
    return HttpResponseRedirect("/setup/")
