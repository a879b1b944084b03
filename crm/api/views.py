"""What concerns no single module: the index, the screen pop, the schema, and what is not there."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.errors import NotVisible
from crm.api.doors import ApiView
from crm.api.index import PATH, module_as_json
from crm.api.openapi.library import library_paths
from crm.api.openapi.paths import add_modules
from crm.api.phone_lookup import callers, modules_with_phones
from crm.documents.library import LIBRARY
from crm.lib.masks import mask_phone
from crm.lists.errors import BadQuery
from crm.records.errors import Invalid
from crm.records.limits import spend

ANYTHING = {"type": "object", "additionalProperties": True}
POP = {
    "type": "object",
    "required": ["result", "matches"],
    "properties": {
        "result": {"type": "string", "enum": ["known", "unknown"]},
        "matches": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["module", "module_label", "id", "label", "url"],
                "properties": {
                    "module": {"type": "string"},
                    "module_label": {"type": "string"},
                    "id": {"type": "integer"},
                    "label": {"type": "string"},
                    "url": {"type": "string"},
                },
            },
        },
    },
}


class IndexView(ApiView):
    """/api/v1/"""

    @extend_schema(operation_id="index", responses={200: ANYTHING}, tags=["index"])
    def get(self, request: Request) -> Response:
        """The modules that the person may view, with their fields, choices and actions."""
        return Response({"modules": [module_as_json(one) for one in self.open_doors()]})


class ScreenPopView(ApiView):
    """/api/v1/screen-pop/?phone="""

    @extend_schema(
        operation_id="screen_pop",
        parameters=[OpenApiParameter("phone", str, required=True)],
        responses={200: POP},
        tags=["screen-pop"],
    )
    def get(self, request: Request) -> Response:
        """Who is calling: records with this number that the person may see, else "unknown"."""
        if set(request.query_params) - {"phone"}:
            raise BadQuery(_("The screen pop takes only the parameter “phone”."))
        text = request.query_params.get("phone", "").strip()
        if not text:
            raise Invalid(fields={"phone": [_("This field is required.")]})
        names = [module.name for module, _one in modules_with_phones(request.user)]
        found = callers(request.user, text, [name for name in names if self.reaches(name)])
        spend(
            request.user, "screen_pop", settings.SCREEN_POPS_PER_HOUR,
            detail={"phone": mask_phone(text), "found": len(found)},
        )  # fmt: skip
        labels = {one.module.name: str(one.module.label) for one in self.open_doors()}
        matches = [
            {
                "module": ref.module,
                "module_label": labels.get(ref.module, ref.module),
                "id": ref.pk,
                "label": ref.label,
                "url": f"/{ref.module}/{ref.pk}/",
            }
            for ref in found
        ]
        return Response({"result": "known" if matches else "unknown", "matches": matches})


class SchemaView(ApiView):
    """/api/schema/"""

    schema = None

    def get(self, request: Request) -> Response:
        """OpenAPI 3 of all that the person may ask of the API."""
        if request.query_params.get("format", "json") != "json":
            raise BadQuery(_("The schema is there as JSON only."))
        base = SchemaGenerator().get_schema(request=request, public=True)
        security = base.setdefault("components", {}).setdefault("securitySchemes", {})
        security["token"] = {"type": "http", "scheme": "bearer"}
        security["session"] = {"type": "apiKey", "in": "cookie", "name": "keyuan_session"}
        schema = add_modules(base, self.open_doors())
        if self.reaches(LIBRARY):
            schema["paths"].update(library_paths())
            schema["tags"].append({"name": LIBRARY, "description": _("Library")})
        return Response(schema)


class NothingView(ApiView):
    """Every address below /api/ that is none: a JSON 404."""

    schema = None
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    def get(self, request: Request, **_rest: Any) -> Response:
        """Nothing is here."""
        raise NotVisible

    post = put = patch = delete = get


__all__ = ["PATH", "IndexView", "NothingView", "SchemaView", "ScreenPopView"]
