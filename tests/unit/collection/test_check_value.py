"""A rule that cannot give its value says so when it is saved, with what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from include.cim.definition import load_definition
from include.collection.check import check_collection
from tests.factories import a_config
from tests.unit.collection.test_check import found_in_rule

SOURCE = {"source": "c", "unit": "kWh"}


@pytest.mark.parametrize(
    ("field", "rule", "where", "says"),
    [
        pytest.param("energy", SOURCE | {"extract": "(a"}, "extract", "unclosed group", id="a pattern that is none"),
        pytest.param("energy", SOURCE | {"extract": "(?=a)b"}, "extract", "look-around", id="a pattern of Python's"),
        pytest.param("energy", SOURCE | {"extract": r"\w{999}{999}"}, "extract", "998,001 signs", id="a huge pattern"),
        pytest.param("energy", SOURCE | {"extract": "(.{1,100}){1,100}x"}, "extract", "Write + or *", id="a slow one"),
        pytest.param("energy", SOURCE | {"extract": "(a)(b)"}, "extract", "Write (?:…)", id="a pattern of two groups"),
        pytest.param("energy", SOURCE | {"extract": ""}, "extract", "finds nothing", id="an empty pattern"),
        pytest.param("quality", {"source": "c", "values": {}}, "values", "no cell would be in it", id="an empty table"),
        pytest.param("register", {"constant": " "}, "constant", "holds nothing", id="a constant of blanks"),
        pytest.param("register", {"constant": 180}, "constant", "a number needs quotes", id="a number for a text"),
        pytest.param("energy", {"constant": "12"}, "constant", "without quotes", id="a text for a number"),
        pytest.param("energy", {"constant": 1e12}, "constant", "It takes from", id="a number beyond the bounds"),
        pytest.param("energy", SOURCE | {"join": "-"}, "join", "there is one", id="one column joined"),
        pytest.param("quality", {"source": "c", "bracketed": "negative"}, "bracketed", "no number", id="brackets"),
        pytest.param("quality", {"source": "c", "power_of_ten": "p"}, "power_of_ten", "no measured", id="a text's"),
        pytest.param("energy", {"constant": 1, "power_of_ten": "p"}, "power_of_ten", "no cell", id="a constant's"),
        pytest.param(
            "energy", SOURCE | {"power_of_ten": "p", "extract": "a"}, "power_of_ten", "or `extract`", id="a power cut"
        ),
        pytest.param("quality", {"source": "c", "unit_column": "u"}, "unit_column", "no measured", id="a text's unit"),
        pytest.param("energy", {"constant": 1, "unit_column": "u"}, "unit_column", "no cell", id="a constant's unit"),
        pytest.param("energy", {"source": "c", "unit_column": "c"}, "unit_column", "Name the one whose", id="its own"),
        pytest.param("energy", {"source": "c", "unit_column": "u", "unit": "m3"}, "unit", "What fits", id="a misfit"),
        pytest.param(
            "energy",
            {"formula": "a", "inputs": {"a": "c"}, "unit_column": "u"},
            "unit_column",
            "write that `unit`",
            id="a formula's units",
        ),
        pytest.param(
            "energy",
            {"source": "c", "unit_column": "u", "interval": "previous"},
            "interval",
            "Write a length such as PT15M, or `row`",
            id="units since the row before",
        ),
        pytest.param(
            "volume",
            {"source": "c", "unit_column": "u", "difference": {"rollover": 100}},
            "difference.rollover",
            "write the counters' `unit`",
            id="a rollover of which unit",
        ),
        pytest.param("energy", SOURCE | {"where": {"k": []}}, "where.k", "no value is named", id="no rows at all"),
        pytest.param("quality", {"constant": "measured", "extract": "a"}, "extract", "no cell", id="a constant cut"),
        pytest.param(
            "interval_end",
            {"after": {"field": "interval_start", "duration": "PT1H"}, "where": {"k": "x"}},
            "where",
            "comes after a field",
            id="the end of some rows",
        ),
        pytest.param(
            "quality", {"source": "c", "values": {" x": "measured"}}, "values. x", "Write 'x'", id="blanks in a table"
        ),
        pytest.param("energy", SOURCE | {"interval": "PT15M"}, "interval", "needs none", id="an interval for nothing"),
        pytest.param("quality", {"source": "c", "interval": "PT15M"}, "interval", "no measured", id="that of a text"),
        pytest.param(
            "energy", {"source": "c", "unit": "kW"}, "unit", "`interval: PT15M`, or `row`", id="power for energy"
        ),
        pytest.param(
            "energy", {"source": "c", "unit": "m3"}, "unit", "What fits: J, kJ, MJ, GJ, TJ, mWh", id="another dimension"
        ),
        pytest.param(
            "reactive_energy", {"source": "c", "unit": "kWh"}, "unit", "`interval` also var, kvar, Mvar", id="what fits"
        ),
        pytest.param("energy", {"formula": "a", "inputs": {"a": "c"}}, "unit", "It may be kWh", id="no unit computed"),
        pytest.param(
            "quality", {"formula": "a", "inputs": {"a": "c"}}, "formula", "is no number", id="a formula for a text"
        ),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_give_its_value_says_so(field: str, rule: dict[str, Any], where: str, says: str) -> None:
    problems = found_in_rule(field, **rule)
    assert list(problems) == [where]
    assert says in problems[where]


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        pytest.param("a ** b", "at 1: `a ** b` is not allowed", id="a power"),
        pytest.param("a + f(b)", "at 5: `f(b)` is not allowed", id="a call"),
        pytest.param("a + b.real", "at 5: `b.real` is not allowed", id="an attribute"),
        pytest.param("a + b + __import__('os').system('id')", "is not allowed", id="an attack"),
        pytest.param("a + b + 1,5", "has a comma", id="a decimal comma"),
        pytest.param("a + 'ü' + b + ''", "at 5: `'ü'` is not allowed", id="a text"),
        pytest.param("a + 1j * b", "`1j` is not allowed", id="an imaginary number"),
        pytest.param("a + b + True", "`True` is not allowed", id="a truth"),
        pytest.param("a + b if a else b", "is not allowed", id="a condition"),
        pytest.param("a + b <= 5", "is not allowed", id="a comparison"),
        pytest.param("(a + b", "at 1: it cannot be read here ('(' was never closed)", id="a bracket left open"),
        pytest.param("a + + * b", "at 7: it cannot be read here", id="two signs"),
        pytest.param("", "it cannot be read", id="nothing"),
        pytest.param("a +\0 b", "it cannot be read", id="a NUL"),
        pytest.param("a + b + c", "at 9: there is no input 'c'. The inputs are a, b", id="an unknown input"),
        pytest.param("a * 2", "the input 'b' is not used", id="an input too many"),
        pytest.param("a / 0 + b", "at 1: `a / 0` always divides by zero", id="division by zero"),
        pytest.param("a / (2 - 2.0) + b", "always divides by zero", id="division by what is zero"),
        pytest.param("a + b + 1e999", "too large", id="infinity"),
        pytest.param("a + b" + "0" * 490, "there is no input 'b000", id="a long name"),
        pytest.param("a + b + " + "9" * 400, "too large", id="a long number"),
        pytest.param("a + b + " + "-" * 400 + "a", "nested too deeply", id="many signs"),
        pytest.param("(" * 150 + "a" + ")" * 150 + "+" * 150 + "b", "nested too deeply", id="many brackets"),
    ],
)
def test_a_formula_says_where_it_is_wrong_and_what_is_allowed(formula: str, says: str) -> None:
    rule = {"field": "energy", "formula": formula, "inputs": {"a": "x", "b": "y"}, "unit": "kWh"}
    problems = problems_of([rule])
    assert any(says in told for where, told in problems if where == "mapper.rules[0].formula")
    assert {where for where, _ in problems} == {"mapper.rules", "mapper.rules[0].formula"}


def problems_of(rules: list[dict[str, Any]], concept: str = "meter_reading") -> list[tuple[str, str]]:
    config = a_config(mapper={"concept": concept, "rules": rules}, anonymization={})
    return [(each.where, f"{each.what}. {each.remedy}") for each in check_collection(config, load_definition())]


@pytest.mark.parametrize(
    ("formula", "inputs"),
    [
        ("(a - b) * 1.5e3 / -a", {"a": "x", "b": "y"}),
        ("wärme\n / μ", {"wärme": "x", "µ": "y"}),
        ("a / (b - 1)", {"a": "x", "b": "y"}),
    ],
)
def test_a_formula_that_works_is_let_through(formula: str, inputs: dict[str, str]) -> None:
    assert found_in_rule("energy", formula=formula, inputs=inputs, unit="kWh") == {}


@pytest.mark.parametrize("name", ["kW h", "1a", "if", "a-b", ""])
def test_an_input_that_cannot_be_named_is_told(name: str) -> None:
    assert "Letters, digits and _" in str(found_in_rule("energy", formula="1", inputs={name: "x"}, unit="kWh"))


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("energy", {"source": "c", "unit": "MW", "interval": "PT15M"}),
        ("energy", {"source": "c", "unit": "kWh", "extract": "([0-9.]+) kWh", "where": {"k": ["x", ""]}}),
        ("reactive_energy", {"source": "c", "unit": "var", "interval": "PT1H"}),
        (
            "energy",
            {"source": "c", "unit": "kWh", "extract": r"^\d{4}-\d{2}-\d{2} (?<value>[^\]{9}]{1,40})\{9{2}\p{L}$"},
        ),
        ("energy", {"source": "c", "unit": "kWh", "bracketed": "negative"}),
        ("energy", {"source": "c", "unit": "Wh", "power_of_ten": "p"}),
        ("energy", {"source": "c", "unit_column": "u"}),
        ("energy", {"source": "c", "unit_column": "u", "unit": "kWh", "interval": "PT15M"}),
        ("energy", {"source": "c", "unit_column": "u", "interval": "row"}),
        ("volume", {"source": "c", "unit_column": "u", "difference": {}}),
        ("register", {"source": ["c", "d"], "join": ""}),
    ],
)
def test_a_rule_that_works_is_let_through(field: str, rule: dict[str, Any]) -> None:
    assert found_in_rule(field, **rule) == {}


def priced(
    unit: str | None, currency: dict[str, Any] | None, concept: str = "market_price", field: str = "price"
) -> str:
    """What is wrong with a price of this unit beside this rule for `currency`."""
    rules = [{"field": field, "source": "p", "unit": unit}, *([{"field": "currency", **currency}] if currency else [])]
    return "; ".join(told for where, told in problems_of(rules, concept) if where == "mapper.rules[0].unit")


def test_a_price_needs_its_currency_beside_it() -> None:
    assert priced("ct/kWh", {"constant": "EUR"}) == ""
    assert priced("PLN/MWh", {"constant": "PLN"}) == ""
    assert priced("1/kWh", {"source": "cur"}) == ""
    assert priced("EURct", {"constant": "EUR"}, "site_energy", "cost") == ""
    assert "Add the rule {field: currency, constant: EUR}" in priced("ct/kWh", None)
    assert "Add the rule" in priced("1/MWh", None)
    assert "Add the rule" in priced("USD", None, "site_energy", "cost")


@pytest.mark.parametrize(
    ("rule", "place", "says"),
    [
        pytest.param({"constant": "Euro"}, "constant", "is never 'Euro'. Write EUR.", id="a name"),
        pytest.param({"constant": "EURO"}, "constant", "Write EUR.", id="a name in capitals"),
        pytest.param({"constant": "€"}, "constant", "Write EUR.", id="a sign"),
        pytest.param({"constant": "chf "}, "constant", "Write CHF.", id="small letters and a blank"),
        pytest.param({"constant": "ZZZ"}, "constant", "It takes codes of ISO 4217, such as EUR.", id="no code"),
        pytest.param({"constant": 978}, "constant", "It takes text", id="a number"),
        pytest.param({"source": "c", "values": {"£": "Pound"}}, "values.£", "codes of ISO 4217", id="in a table"),
        pytest.param({"source": "c", "values": {"£": "GBP"}, "otherwise": "?"}, "otherwise", "codes", id="otherwise"),
    ],
)
def test_a_currency_is_one_of_the_list(rule: dict[str, Any], place: str, says: str) -> None:
    told = dict(problems_of([{"field": "currency", **rule}], "market_price"))
    assert says in told[f"mapper.rules[0].{place}"]


@pytest.mark.parametrize("code", ["EUR", "DEM", "XAF", "UAH"])
def test_each_code_of_the_list_is_taken_also_those_that_are_no_more(code: str) -> None:
    told = dict(problems_of([{"field": "currency", "constant": code}], "market_price"))
    assert "mapper.rules[0].constant" not in told


def test_a_price_is_not_taken_from_one_currency_to_another() -> None:
    told = priced("EUR/MWh", {"constant": "GBP"})
    assert "currencies are not converted" in told
    assert "GBP/MWh, GBP/kWh, p/kWh" in told
    assert "or write the unit 1/MWh" in priced("EUR/MWh", {"source": "cur"})
    assert "unit of money" in priced("EUR", {"constant": "EUR"})
    assert "Close: 'EUR/MWh'" in priced("EUR/MW", {"constant": "EUR"})


def test_money_is_not_converted_by_units_that_could_name_other_currencies() -> None:
    rules = [{"field": "price", "source": "p", "unit_column": "u"}, {"field": "currency", "constant": "EUR"}]
    assert "of one currency" in dict(problems_of(rules, "market_price"))["mapper.rules[0].unit_column"]


def test_everything_that_is_wrong_is_told_at_once_with_its_place() -> None:
    rules = [
        {"field": "energy", "source": "c", "unit": "m3", "extract": "(", "join": "-"},
        {"field": "energy", "formula": "a ^ b / 0", "inputs": {"a": "x"}},
        {"field": "volume", "source": "c", "unit": "kwhh"},
    ]
    assert sorted({where for where, _ in problems_of(rules)}) == [
        "mapper.rules",
        "mapper.rules[0].extract",
        "mapper.rules[0].field",
        "mapper.rules[0].join",
        "mapper.rules[0].unit",
        "mapper.rules[1].field",
        "mapper.rules[1].formula",
        "mapper.rules[1].unit",
        "mapper.rules[2].unit",
    ]


def test_the_interval_of_a_row_needs_both_ends() -> None:
    for unit in ({"unit": "kW"}, {"unit_column": "u"}, {"unit": "kW", "unit_column": "u"}):
        rule = {"field": "energy", "source": "c", "interval": "row", **unit}
        told = [told for where, told in problems_of([rule]) if where == "mapper.rules[0].interval"]
        assert ["interval_start is not mapped" in told[0], "interval_end is not mapped" in told[1]] == [True, True]
        assert len(told) == 2
