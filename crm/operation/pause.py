"""The pause of everything in the background: asked by every task, begun by a restore."""

from django.utils import timezone

from crm.operation.models import Pause, Pulse

AFTER_RESTORE = "restored"


def is_paused() -> bool:
    """Whether work in the background must wait."""
    return Pause.objects.exists()


def pause_of_now() -> Pause | None:
    """The pause, if there is one."""
    return Pause.objects.first()


def pause(reason: str) -> None:
    """Let everything in the background wait, from the next task on."""
    Pause.objects.get_or_create(pk=1, defaults={"reason": reason[:200]})


def release() -> bool:
    """Let the background work go on; whether it was paused. Sweepers find what has waited."""
    return bool(Pause.objects.all().delete()[0])


def note_pulse(worker: str) -> None:
    """Remember that a worker lives."""
    Pulse.objects.update_or_create(worker=worker[:120], defaults={"at": timezone.now()})
