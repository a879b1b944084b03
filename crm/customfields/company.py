"""What administrators have decided for the whole company: answers to the settings of modules."""

from crm.customfields.models import CompanySetting
from crm.modules.module import Module, Setting
from crm.modules.stamp import KeptUnder, definitions_version, raise_definitions_version


def _read() -> dict[tuple[str, str], str]:
    rows = CompanySetting.objects.values_list("module", "name", "value")
    return {(module, name): value for module, name, value in rows}


_answers = KeptUnder(definitions_version, _read)


def answer_of(module: Module, name: str) -> str:
    """What the company has decided on one of the module's settings; its default otherwise."""
    setting = next(one for one in module.settings if one.name == name)
    value = _answers.get().get((module.name, name), setting.default)
    return value if value in dict(setting.choices) else setting.default


def keep_answer(module: Module, setting: Setting, value: str) -> None:
    """Store a decision; call in the transaction of what follows from it."""
    CompanySetting.objects.update_or_create(
        module=module.name, name=setting.name, defaults={"value": value}
    )
    raise_definitions_version()
