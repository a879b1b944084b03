"""A token for a name and a password."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.forms import LONGEST_SECRET
from accounts.models import ApiToken, User
from accounts.signin import flow
from accounts.signin.throttle import Kind, Result
from accounts.signin.visitors import visitor_of
from accounts.tokens import SIGN_IN_TOKEN_LIVES, create_sign_in_token
from accounts.views.door import say, wait_text


class TokenRequest(serializers.Serializer):
    """The body of a token request."""

    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_SECRET, trim_whitespace=False)
    otp = serializers.CharField(max_length=LONGEST_SECRET, required=False, allow_blank=True)


class TokenAnswer(serializers.Serializer):
    """The answer to a token request; send it as `Authorization: Bearer …`."""

    token = serializers.CharField()


class TokenView(APIView):
    """Sign in for a program: same throttle, same second factor as for people."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []

    @extend_schema(request=TokenRequest, responses={200: TokenAnswer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Answers with a token that lives for thirty days."""
        body = TokenRequest(data=request.data)
        if not body.is_valid():
            detail = _("Please check the marked fields.")
            return Response({"detail": detail, "fields": body.errors}, status=400)
        wanted = body.validated_data
        outcome = flow.check_password(
            visitor_of(request._request),
            wanted["username"],
            wanted["password"],
            wanted.get("otp", ""),
            kind=Kind.TOKEN,
        )
        if outcome.user is None or not outcome.is_in:
            return _refuse(outcome)
        if outcome.user.must_change_password:
            return Response({"detail": _("Change your password first."), "fields": {}}, status=403)
        return Response({"token": _token(outcome.user)})


def _token(user: User) -> str:
    return create_sign_in_token(user, ApiToken.Scope.WRITE, timezone.now() + SIGN_IN_TOKEN_LIVES)


def _refuse(outcome: flow.Outcome) -> Response:
    if outcome.result == Result.THROTTLED:
        answer = Response({"detail": wait_text(outcome.wait_seconds), "fields": {}}, status=429)
        answer["Retry-After"] = str(outcome.wait_seconds)
        return answer
    if outcome.result == Result.CODE_NEEDED:
        detail = _("Send the code of your second factor as `otp`.")
        return Response({"detail": detail, "fields": {"otp": [detail]}}, status=401)
    status = 403 if outcome.result == Result.NETWORK else 401
    return Response({"detail": say(outcome), "fields": {}}, status=status)
