"""What a browser needs to install the product: manifest, service worker, a page without network.

The worker keeps that page and its style sheets, nothing else: no page of anybody's stays behind.
"""

import hashlib
import json
import re

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

OFFLINE = "/offline/"
STYLE_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
PICTURES = (
    ("favicon.svg", "any", "any"),
    ("app-192.png", "192x192", "any"),
    ("app-512.png", "512x512", "any"),
    ("app-512-maskable.png", "512x512", "maskable"),
)


def _offline_page() -> str:
    """Drawn without a request, so that it knows nobody."""
    return render_to_string("crm/installable/offline.html")


@login_not_required
@require_safe
@vary_on_headers("Cookie", "Accept-Language")
def manifest(request: HttpRequest) -> JsonResponse:
    """The name, colours and icons under which the product is installed (W3C Web App Manifest)."""
    words = {
        "id": "/",
        "name": _("Keyuan CRM"),
        "short_name": _("Keyuan"),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {
                "src": staticfiles_storage.url(f"icons/{name}"),
                "sizes": sizes,
                "type": "image/svg+xml" if name.endswith("svg") else "image/png",
                "purpose": purpose,
            }
            for name, sizes, purpose in PICTURES
        ],
    }
    return JsonResponse(words, content_type="application/manifest+json")


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the offline page where another can't be reached."""
    page = _offline_page()
    kept = [OFFLINE, *STYLE_SHEET.findall(page)]
    words = {
        "kept": json.dumps(kept),
        "offline": json.dumps(OFFLINE),
        "store": json.dumps(f"keyuan-{hashlib.sha256(page.encode()).hexdigest()[:12]}"),
    }
    script = render_to_string("crm/installable/worker.js", words)
    return HttpResponse(script, "text/javascript", headers={"Cache-Control": "no-cache"})


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page that stands in for any other while there is no network."""
    return HttpResponse(_offline_page())
