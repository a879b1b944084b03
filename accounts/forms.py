"""What people type on the door's pages and about themselves."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User

LONGEST_SECRET = 200


class SignInForm(forms.Form):
    """Name and password, and a code for those who have one at hand."""

    username = forms.CharField(max_length=254)
    password = forms.CharField(max_length=LONGEST_SECRET, strip=False)
    code = forms.CharField(max_length=LONGEST_SECRET, required=False)
    remember = forms.BooleanField(required=False)


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(max_length=LONGEST_SECRET, strip=False)
    again = forms.CharField(max_length=LONGEST_SECRET, strip=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") not in (None, cleaned["password"]):
            raise ValidationError({"again": _("The two are not the same.")})
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    """The old one and the new one twice."""

    old = forms.CharField(max_length=LONGEST_SECRET, strip=False)


class PreferencesForm(forms.ModelForm):
    """How the product looks for oneself; each may be sent alone."""

    class Meta:
        model = User
        fields = ["language", "theme", "density", "navigation", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name not in self.data:
                del self.fields[name]

    def clean_time_zone(self) -> str:
        """A zone that there is, or none."""
        zone: str = self.cleaned_data["time_zone"]
        if zone and zone not in available_timezones():
            raise ValidationError(_("There is no such time zone."))
        return zone


class TokenForm(forms.Form):
    """A new API token. `days` until it expires; 0 never."""

    name = forms.CharField(max_length=100)
    scope = forms.ChoiceField(choices=ApiToken.Scope)
    modules = forms.MultipleChoiceField(required=False)
    days = forms.TypedChoiceField(
        coerce=int,
        choices=[(30, "30"), (90, "90"), (365, "365"), (0, _("Never"))],
    )

    def __init__(self, *args: Any, modules: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["modules"].choices = modules  # type: ignore[attr-defined]
