from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = _("Kernel")

    def ready(self) -> None:
        from crm.records.declared import database_definitions
        from crm.modules import checks  # noqa: F401  registers itself
        from crm.modules.registry import add_source, load_declarations

        load_declarations()
        add_source(database_definitions)
