"""The WSGI entry for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from crm.deadlines import limit_pages
from crm.measuring import measure_connections
from crm.serving import refuse_unsafe_data

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
limit_pages()
measure_connections()
application = get_wsgi_application()
refuse_unsafe_data()
