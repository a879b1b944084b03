"""The language of formulas: what it refuses, and where; one answer from Python and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.customfields.formula_sql import sql_of
from crm.customfields.formulas import value_in
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.lib.formula.checking import check
from crm.lib.formula.computing import compute
from crm.lib.formula.nodes import FormulaError, Kind, Known
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.models import CustomRecord

TODAY = dt.date(2026, 11, 23)
FIELDS = {
    "n": Known("n", Kind.NUMBER),
    "Amount": Known("amount", Kind.MONEY),
    "t": Known("t", Kind.TEXT),
    "d": Known("d", Kind.DATE),
    "yes": Known("yes", Kind.TRUTH),
    "Level": Known("level", Kind.CHOICE, choices={"top": "A", "a": "A", "low": "B"}),
}


def find(text):
    if text not in FIELDS:
        raise LookupError("unknown")
    return FIELDS[text]


def worth(text, **values):
    checked = check(text, find)
    return compute(checked.node, values, TODAY, 2)


@pytest.mark.parametrize(
    ("text", "values", "answer"),
    [
        ("1 + 2 * 3", {}, "7.00"),
        ("(1 + 2) * -3", {}, "-9.00"),
        ("7 / 2", {}, "3.50"),
        ("2 / 3 * 3", {}, "2.00"),
        ("-7 % 3", {}, "-1.00"),
        ("{n} / 0", {"n": Decimal(1)}, None),
        ("{n} + 1", {}, None),
        ("round(2.345, 2)", {}, "2.35"),
        ("round(-2.5)", {}, "-3.00"),
        ("min({n}, 5)", {}, "5.00"),
        ("coalesce({n}, 0) + 1", {}, "1.00"),
        ("days_between({d}, today())", {"d": dt.date(2026, 11, 1)}, "22.00"),
        ("month(add_months(date(\"2026-01-31\"), 1))", {}, "2.00"),
        ("length(\"客户\")", {}, "2.00"),
    ],
)  # fmt: skip
def test_numbers(text, values, answer):
    found = worth(text, **values)
    assert (None if found is None else str(found)) == answer


@pytest.mark.parametrize(
    ("text", "values", "answer"),
    [
        ('if({n} > 10, "big", "small")', {"n": Decimal(11)}, "big"),
        ('if({n} > 10, "big", "small")', {}, None),
        ('if({yes}, "on", "off")', {}, "off"),
        ('"a" & {t} & 1.50', {}, "a1.5"),
        ('concat({d}, " ", 100)', {"d": TODAY}, "2026-11-23 100"),
        ('upper(left("kéyuan", 3))', {}, "KéY"),
        ('right("2026-11", 2)', {}, "11"),
        ('if({Level} = "top", "best", "rest")', {"level": "A"}, "best"),
        ('if(contains({t}, "LTD") and not {yes}, "x", "y")', {"t": "Abc Ltd"}, "x"),
        ('“全角”＆（"，"）', {}, "全角，"),
        ('if(is_blank({t}) or false, "none", {t})', {}, "none"),
        ('"say ""hi"""', {}, 'say "hi"'),
    ],
)  # fmt: skip
def test_texts(text, values, answer):
    assert worth(text, **values) == answer


def test_kinds_follow_from_the_parts():
    kinds = {
        "{Amount} * 2": Kind.MONEY, "{Amount} / {Amount}": Kind.NUMBER, "{Amount} + 1": Kind.MONEY,
        "{n} % 2": Kind.NUMBER, "add_days({d}, 3)": Kind.DATE, "{n} > 1": Kind.TRUTH,
        "if({yes}, 1, {Amount})": Kind.MONEY, '{n} & ""': Kind.TEXT,
    }  # fmt: skip
    assert {text: check(text, find).kind for text in kinds} == kinds


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        ("", 0, "Write a formula"),
        ("1 +", 3, "ends too early"),
        ("1 2", 2, "not expected"),
        ("{n", 0, "ends with }"),
        ('"abc', 0, "no closing quote"),
        ("n + 1", 0, "Fields stand in braces"),
        ("__import__(1)", 0, "no function"),
        ("{n}.real", 3, "not expected"),
        ("{nobody} + 1", 0, "unknown"),
        ('{n} + "a"', 6, "This is a text"),
        ("{t} < {t}", 0, "This is a text"),
        ("if({n}, 1, 2)", 3, "This is a number"),
        ('if({yes}, 1, "a")', 13, "like the first"),
        ("round({n}, {n})", 11, "whole number from 0 to 10"),
        ("left({t}, 0)", 10, "whole number from 1 to 500"),
        ("abs(1, 2)", 0, "does not take 2 values"),
        ('{Level} = "none such"', 10, "none of the choices"),
        ("{Level}", 0, "A choice alone is no result"),
        ('{t} = ""', 0, "is_blank"),
        ('date("2026-02-30")', 5, "must be a date"),
        ("(" * 30 + "1" + ")" * 30, 21, "nested 20 deep"),
        ("1" + "+1" * 200, 0, "at most 150 parts"),
        ("1" + "+1" * 70, 0, "too long"),
        ("9" * 1001, 1000, "at most 1000 characters"),
        ("add_days(" * 6 + "{d}" + ", 1)" * 6, 0, "At most 5 times"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text, start, words):
    with pytest.raises(FormulaError) as caught:
        check(text, find)
    assert words in str(caught.value.message)
    assert caught.value.start == start


# One answer from Python and PostgreSQL ------------------------------------------------------------

NUMBERS = st.sampled_from(["0", "1", "2.5", "7", "1000000", "0.0000000001", "{integer}", "{money}",
                           "{percent}", "{decimal}"])  # fmt: skip
TEXTS = st.sampled_from(['"a"', '"客户 Ltd"', '""', '"%s {} %%"', "{text}", "{long_text}"])
DATES = st.sampled_from(['date("2024-02-29")', "{date}", "{datetime}", "today()"])
TRUTHS = st.sampled_from(["true", "false", "{boolean}", '({choice} = "pump")'])


def two(of, *signs):
    """Two of a kind with a sign between them."""
    return st.builds(lambda a, sign, b: f"({a} {sign} {b})", of, st.sampled_from(signs), of)


def call(name, *of):
    """A function of these."""
    return st.builds(lambda *p: f"{name}({', '.join(p)})", *of)


def written(numbers, texts, dates, truths):
    """Formulas of each kind made of smaller ones."""
    count = st.sampled_from(["0", "1", "-3", "40000", "1300", "2.7"])
    return {
        "number": st.one_of(
            two(numbers, "+", "-", "*", "/", "%"), call("round", numbers), call("abs", numbers),
            call("round", numbers, st.just("2")), call("max", numbers, numbers),
            call("min", numbers, numbers), call("if", truths, numbers, numbers),
            call("length", texts), call("days_between", dates, dates), call("month", dates),
            call("coalesce", numbers, numbers), st.builds(lambda a: f"-{a}", numbers),
        ),
        "text": st.one_of(
            two(texts, "&"), call("upper", texts), call("lower", texts),
            call("left", texts, st.just("3")), call("right", texts, st.just("2")),
            call("concat", numbers, dates, texts), call("if", truths, texts),
            call("coalesce", texts, texts),
        ),
        "date": st.one_of(
            call("add_days", dates, count), call("add_months", dates, count),
            call("if", truths, dates, dates), call("max", dates, dates),
        ),
        "truth": st.one_of(
            two(truths, "and", "or"), two(numbers, "=", "!=", "<", "<=", ">", ">="),
            two(dates, "<", "=", ">="), call("contains", texts, texts), two(truths, "=", "!="),
            call("is_blank", st.one_of(numbers, texts, dates)),
            st.builds(lambda a: f"(not {a})", truths),
        ),
    }  # fmt: skip


FIRST = written(NUMBERS, TEXTS, DATES, TRUTHS)
SECOND = written(*(FIRST[one] | plain for one, plain in
                   zip(FIRST, (NUMBERS, TEXTS, DATES, TRUTHS), strict=True)))  # fmt: skip
THIRD = written(*(SECOND[one] for one in SECOND))
KINDS = ("integer", "decimal", "money", "percent", "text", "long_text", "date", "datetime",
         "boolean", "choice")  # fmt: skip
ROWS: list[dict[str, object]] = [
    {},
    {"integer": 0, "decimal": "0.0000", "money": "-12.34", "text": "aZ", "boolean": False,
     "date": "2026-12-31", "datetime": "2026-02-28T17:30:00+00:00", "choice": "pump"},
    {"integer": -7, "decimal": "999999999999.9999", "money": "0.01", "percent": "12.5",
     "text": "客户 ltd 有限公司", "long_text": "Line\none % {0} %s", "boolean": True,
     "date": "1800-01-01", "datetime": "2200-12-31T23:59:59+00:00", "choice": "valve"},
]  # fmt: skip


@pytest.fixture
def pumps(db):
    """A module with a field of each kind that a formula may read, and its rows."""
    ModuleDefinition.objects.create(name="pumps", number_prefix="PU", labels={"en": "Pump"})
    keys = {}
    for kind in KINDS:
        row = FieldDefinition.objects.create(
            module="pumps", kind=kind, labels={"en": kind}, places=4 if kind == "decimal" else 2,
            dictionary="pumps" if kind == "choice" else "",
        )  # fmt: skip
        keys[kind] = f"cf_{row.pk}"
    raise_definitions_version()
    for place, values in enumerate(ROWS):
        custom = {keys[kind]: value for kind, value in values.items()}
        CustomRecord.unscoped.create(
            module="pumps", name=str(place), number=f"PU{place}", custom=custom
        )
    return module_named("pumps"), keys


def test_python_and_postgresql_agree(pumps, freeze):
    module, keys = pumps
    kinds = {
        "integer": Kind.NUMBER, "decimal": Kind.NUMBER, "percent": Kind.NUMBER,
        "money": Kind.MONEY, "text": Kind.TEXT, "long_text": Kind.TEXT, "date": Kind.DATE,
        "datetime": Kind.DATE, "boolean": Kind.TRUTH, "choice": Kind.CHOICE,
    }  # fmt: skip
    known = {kind: Known(keys[kind], kinds[kind], choices={"pump": "pump"}) for kind in kinds}
    rows = [{keys[kind]: _typed(kind, values.get(kind)) for kind in KINDS} for values in ROWS]
    seen, refused = {"some": 0, "none": 0}, set()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.one_of(*THIRD.values()))
    def agree(text):
        try:
            checked = check(text, known.__getitem__)
        except FormulaError as error:
            refused.add(str(error.message))
            return
        found = module.rows.order_by("pk").annotate(
            worth=sql_of(checked.node, module.fields, TODAY, 6)
        )
        told = list(found.values_list("worth", flat=True))
        expected = [value_in(module, checked, row, 6) for row in rows]
        assert told == expected, text
        for one in told:
            seen["none" if one is None else "some"] += 1

    with freeze("2026-11-23T10:00+08:00"):
        agree()
    assert seen["some"] > 100
    assert all("At most 5 times" in one or "too long" in one for one in refused)
    assert seen["none"] > 20


def _typed(kind, value):
    if value is None:
        return None
    if kind in {"decimal", "money", "percent"}:
        return Decimal(str(value))
    if kind == "date":
        return dt.date.fromisoformat(value)
    return dt.datetime.fromisoformat(value) if kind == "datetime" else value
