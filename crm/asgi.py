"""The ASGI entry for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

from crm.deadlines import limit_pages
from crm.measuring import measure_connections
from crm.serving import refuse_unsafe_data

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
limit_pages()
measure_connections()
application = get_asgi_application()
refuse_unsafe_data()
