"""A module made as rows, as an administrator will: one field of every kind, formulas over them."""

from __future__ import annotations

from crm.customfields.dictionaries import add_options
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.modules.fields import KINDS
from crm.modules.stamp import raise_definitions_version

NAME = "equipment"
LEFT_OUT = frozenset({"collection", "collaborators"})  # no values of a field that is added
# Each stands on what comes before it; the last one on a formula.
FORMULAS = {
    "text": ('"zf" & {%s}', "text", ["text"]),
    "money": ("{%s} * 3 + 1", "money", ["money"]),
    "date": ("add_days({%s}, 1)", "date", ["date"]),
    "formula text": ('"zg" & {%s}', "text", ["formula text", "text"]),
}


def make_equipment() -> dict[str, str]:
    """The module's definition; answers field name by kind."""
    ModuleDefinition.objects.create(
        name=NAME, number_prefix="SB", labels={"en": "Device", "zh-hans": "设备"},
        labels_plural={"en": "Equipment", "zh-hans": "设备"},
    )  # fmt: skip
    for dictionary in ("equipment_choice", "equipment_multi_choice"):
        add_options(dictionary, [("pump", {"en": "Pump"}), ("valve", {"en": "Valve"})])
    made = {}
    for place, kind in enumerate(kind for kind in KINDS if kind not in LEFT_OUT):
        row = FieldDefinition.objects.create(
            module=NAME, kind=kind, labels={"en": f"The {kind}"}, position=place,
            dictionary=f"equipment_{kind}" if "choice" in kind else "",
            target="customers" if kind == "relation" else "",
        )  # fmt: skip
        made[kind] = f"cf_{row.pk}"
    for place, (kind, (text, result, inputs)) in enumerate(FORMULAS.items(), len(made)):
        row = FieldDefinition.objects.create(
            module=NAME, kind=FieldDefinition.FORMULA, labels={"en": f"The formula over {kind}"},
            formula=text % made[kind], result=result, inputs=[made[one] for one in inputs],
            position=place,
        )  # fmt: skip
        made[f"formula {kind}"] = f"cf_{row.pk}"
    raise_definitions_version()
    return made
