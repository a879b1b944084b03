"""A pasted text as proposed values, for machines: /api/v1/<module>/propose/."""

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.doors import ApiView
from crm.api.parsing import as_object
from crm.api.values import match_as_json
from crm.forms.proposing import propose
from crm.records.errors import Invalid


class ProposeView(ApiView):
    """/api/v1/<module>/propose/"""

    schema = None

    def post(self, request: Request, module: str) -> Response:
        """{"text", "keep"?} → values of the fields that the caller may write; nothing is saved."""
        access = self.open(module)
        body = as_object(request.data)
        text, keep = body.get("text"), body.get("keep", False)
        if not isinstance(text, str) or not isinstance(keep, bool) or set(body) - {"text", "keep"}:
            raise Invalid(_('Send {"text": "…", "keep": true or false}.'))
        found = propose(access, text, keeps_text=keep)
        return Response(
            {
                "values": found.values,
                "others": found.others,
                "duplicates": [match_as_json(match) for match in found.matches],
            }
        )
