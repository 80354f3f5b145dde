"""Every way from cells to a value: signs, cuts, tables, formulas, units over an interval; and nothing is damaged."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.cim.concept import FieldType
from include.cim.mapping import Mapped, map_columns
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.cim.units import find_conversion, find_fitting_units, find_unit
from tests.factories import a_concept, a_field
from tests.staged import columns

CONCEPT = a_concept(
    a_field("id", type=FieldType.ID),
    a_field("interval_start", type=FieldType.TIMESTAMP),
    a_field("interval_end", type=FieldType.TIMESTAMP, after="interval_start"),
    a_field("energy", unit="kWh"),
    a_field("power", unit="kW"),
    a_field("price", unit="1/MWh"),
    a_field("ratio"),
    a_field("claimed", type=FieldType.BOOLEAN),
    a_field("count", type=FieldType.INTEGER),
    a_field("note", type=FieldType.TEXT),
)


def map_rules(part: pl.DataFrame, *rules: dict[str, Any], style: NumberStyle | None = None) -> Mapped:
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": rules})
    return map_columns(part, config, CONCEPT, style or NumberStyle())


def cells_of(
    part: pl.DataFrame, rule: dict[str, Any], style: NumberStyle | None = None
) -> tuple[list[Any], list[tuple[int, str]]]:
    """The values that one rule gives, and its issues as (row, rule)."""
    result = map_rules(part, rule, style=style)
    assert set(result.issues["field"]) <= {rule["field"]}
    return result.rows[rule["field"]].to_list(), list(result.issues.select(ROW_ID, "rule").iter_rows())


def read(text: str, style: NumberStyle | None = None, **rule: Any) -> float | None:
    """The number that a text is, which the first row's keeps company; None where that is an issue."""
    (_, value), issues = cells_of(columns(c=["2", text]), {"field": "ratio", "source": "c", **rule}, style)
    assert (value is None) == bool(issues)
    return value


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("12-", NumberStyle(), -12),
        ("12,5-", NumberStyle(","), -12.5),
        ("1.234,50-", NumberStyle(",", "."), -1234.5),
        ("- 12", NumberStyle(), -12),
        ("−12", NumberStyle(), -12),
        ("–12,5", NumberStyle(","), -12.5),
        ("+ 7", NumberStyle(), 7),
        (".5", NumberStyle(), 0.5),
        ("5.", NumberStyle(), 5),
        ("1,5E+03", NumberStyle(","), 1500),
        ("1’234.5", NumberStyle(".", "'"), 1234.5),
        ("1\u202f234,5", NumberStyle(",", " "), 1234.5),
        ("12,34,567.8", NumberStyle(".", ","), 1234567.8),
        ("-1.234", NumberStyle(",", "."), -1234),
        ("1234", NumberStyle(",", "."), 1234),
    ],
)
def test_a_number_is_read_in_every_way_that_means_one_thing(text: str, style: NumberStyle, number: float) -> None:
    assert read(text, style) == number


@pytest.mark.parametrize(
    ("text", "style"),
    [
        pytest.param("(12)", NumberStyle(), id="a negative one of a bookkeeper, or an uncertain one of a statistician"),
        pytest.param("--12", NumberStyle(), id="twice negative"),
        pytest.param("-12-", NumberStyle(), id="negative on both sides"),
        pytest.param("12+", NumberStyle(), id="twelve or more"),
        pytest.param("1-2", NumberStyle(), id="from one to two"),
        pytest.param("-", NumberStyle(), id="nothing but a sign"),
        pytest.param("12,5 kWh", NumberStyle(","), id="a unit"),
        pytest.param("€ 0.30", NumberStyle(), id="money"),
        pytest.param("<5", NumberStyle(), id="less than five"),
        pytest.param("1.23,4", NumberStyle(",", "."), id="thousands of two digits"),
        pytest.param("1,234.5,6", NumberStyle(".", ","), id="thousands behind the point"),
        pytest.param("1,23", NumberStyle(".", ","), id="a group of two digits at the end"),
        pytest.param("12 34", NumberStyle(",", " "), id="two numbers"),
        pytest.param("0.123", NumberStyle(",", "."), id="a fraction of another style"),
        pytest.param("0,25", NumberStyle(".", ","), id="a quarter of another style"),
    ],
)
def test_what_may_mean_something_else_is_an_issue(text: str, style: NumberStyle) -> None:
    assert read(text, style) is None


def test_what_stands_around_a_number_is_cut_off_by_a_pattern() -> None:
    assert read("12,5 kWh", NumberStyle(","), extract="[-0-9.,]+") == 12.5
    part = columns(c=["€ 0.30", "€-0.30", "0.30", None, " ", "€"])
    assert cells_of(part, {"field": "ratio", "source": "c", "extract": r"€\s*(.*)"}) == (
        [0.3, -0.3, None, None, None, None],
        [(3, "pattern_not_found"), (6, "pattern_not_found")],
    )
    text = {"field": "note", "source": "c", "extract": r"(?:Zähler|meter)\s+(\w+)"}
    assert cells_of(columns(c=["Zähler A7, Keller", "meter b"]), text)[0] == ["A7", "b"]


def test_bookkeepers_brackets_are_negative_where_the_rule_says_so() -> None:
    rule = {"field": "ratio", "source": "c", "bracketed": "negative"}
    assert cells_of(columns(c=["(12)", "( 1.234,5 )", "7", "(-3)", "(x)"]), rule, NumberStyle(",", ".")) == (
        [-12, -1234.5, 7, None, None],
        [(4, "unreadable_number"), (5, "unreadable_number")],
    )


def test_a_number_is_multiplied_by_the_power_of_ten_that_its_row_tells() -> None:
    """Registers of SunSpec, which say -32768 where a point is not there."""
    part = columns(
        w=["1234", "2301", "-5", "7", "", None, "7", "7", "1e3"],
        sf=["-2", "0", "+1", "2.0", "-1", "-1", "", "-32768", "1"],
    )
    rule = {"field": "ratio", "source": "w", "power_of_ten": "sf"}
    assert cells_of(part, rule) == (
        [12.34, 2301, -50, 700, None, None, None, None, None],
        [(7, "unreadable_number"), (8, "unreadable_number"), (9, "unreadable_number")],
    )
    watts = {"field": "power", "source": "w", "power_of_ten": "sf", "unit": "W", "negate": True}
    assert cells_of(columns(w=["12,5"], sf=["-1"]), watts, NumberStyle(",")) == ([-0.00125], [])


def test_columns_are_joined_by_what_the_rule_says_and_what_is_empty_leaves_no_sign() -> None:
    part = columns(a=["x", "", None, " "], b=["1", "1", "1", None])
    assert cells_of(part, {"field": "id", "source": ["a", "b"], "join": "-"})[0] == ["x-1", "1", "1", None]
    assert cells_of(part, {"field": "count", "source": ["a", "b"], "join": "-"})[0] == [None, 1, 1, None]
    assert cells_of(part, {"field": "id", "source": ["a", "b"], "join": ""})[0] == ["x1", "1", "1", None]


def test_other_rows_than_the_rules_stay_empty_without_an_issue() -> None:
    part = columns(kind=["import", "export", " import ", None], c=["1", "x", "y", "z"])
    rule = {"field": "energy", "source": "c", "unit": "kWh", "where": {"kind": "import"}}
    assert cells_of(part, rule) == ([1, None, None, None], [(3, "unreadable_number")])
    both = rule | {"where": {"kind": ["import", ""], "c": ["1", "z"]}}
    assert cells_of(part, both) == ([1, None, None, None], [(4, "unreadable_number")])
    constant = {"field": "note", "constant": "in", "where": {"kind": "import"}}
    assert cells_of(part, constant) == (["in", None, "in", None], [])
    formula = {"field": "ratio", "formula": "2*c", "inputs": {"c": "c"}, "where": {"kind": "import"}}
    assert cells_of(part, formula) == ([2, None, None, None], [(3, "unreadable_number")])


@pytest.mark.parametrize(
    ("yes", "no"),
    [("yes", "NO"), ("on", "Off"), ("Ja", "nein"), ("J", "N"), ("oui", "non"), ("O", "n"), ("WAHR", "falsch"),
     ("ein", "aus"), ("vrai", "faux"), ("waar", "onwaar"), ("ja", "nee"), ("aan", "uit"), ("Sí", "no"),
     ("verdadero", "falso"), ("SÌ", "no"), ("vero", "falso"), ("tak", "nie"), ("t", "f"), ("y", "n"),
     ("TRUE", "FALSE"), ("1", "0"), ("1.0", "0.0")],
)  # fmt: skip
def test_booleans_are_read_as_sources_write_them(yes: str, no: str) -> None:
    assert cells_of(columns(c=[yes, no, None]), {"field": "claimed", "source": "c"}) == ([True, False, None], [])


@pytest.mark.parametrize("text", ["2", "-1", "maybe", "x", "yes!", "auto"])
def test_what_is_no_boolean_is_an_issue(text: str) -> None:
    assert cells_of(columns(c=[text]), {"field": "claimed", "source": "c"}) == ([None], [(1, "unknown_value")])


HEAT = {"field": "ratio", "formula": "heat / power", "inputs": {"heat": "h", "power": "p"}}


def test_a_formula_computes_row_by_row_and_says_why_it_could_not() -> None:
    part = columns(h=["7,5", "1", "x", None, "3", "1e308", "0", "1"], p=["2,5", "0", "2", "2", "", "1e-308", "0", "y"])
    assert cells_of(part, HEAT, NumberStyle(",")) == (
        [3.0, None, None, None, None, None, None, None],
        [
            (3, "unreadable_number"),
            (8, "unreadable_number"),
            (2, "division_by_zero"),
            (7, "division_by_zero"),
            (6, "not_a_number"),
        ],
    )


def test_a_formulas_result_has_a_unit_like_any_number() -> None:
    part = columns(a=["1500"], b=["500"])
    rule = {"field": "energy", "formula": "a - b", "inputs": {"a": "a", "b": "b"}, "unit": "Wh", "negate": True}
    assert cells_of(part, rule) == ([-1.0], [])
    count = {"field": "count", "formula": "a / b", "inputs": {"a": "a", "b": "b"}}
    assert cells_of(columns(a=["6", "7"], b=["3", "2"]), count) == ([2, None], [(2, "not_a_whole_number")])


def test_a_formulas_inputs_are_cut_like_any_cell() -> None:
    part = columns(h=["6 kWh", "six kWh"], p=["3 kWh", "3 kWh"])
    assert cells_of(part, HEAT | {"extract": r"\d+"}) == ([2.0, None], [(2, "pattern_not_found")])


NAMES = ("a", "b", "wärme")
LEAVES = st.one_of(
    st.sampled_from(NAMES), st.integers(0, 1000).map(str), st.floats(0, 1e6, allow_subnormal=False).map(repr)
)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        inner.map(lambda each: f"-{each}"),
    ),
    max_leaves=8,
)


@given(FORMULAS, st.lists(st.tuples(*[st.floats(-1e9, 1e9)] * 3), min_size=1, max_size=5))
def test_a_formula_gives_what_python_gives(formula: str, rows: list[tuple[float, ...]]) -> None:
    part = columns(**{name: [repr(row[place]) for row in rows] for place, name in enumerate(NAMES)})
    values, issues = cells_of(
        part, {"field": "ratio", "formula": formula, "inputs": dict(zip(NAMES, NAMES, strict=True))}
    )
    for place, row in enumerate(rows):
        try:
            expected = float(eval(formula, {}, dict(zip(NAMES, row, strict=True))))
        except ZeroDivisionError:
            assert (place + 1, "division_by_zero") in issues
        else:
            assert values[place] == (expected if math.isfinite(expected) else None)


ENDS = [
    {"field": "interval_start", "source": "s", "format": "iso8601", "zone": "UTC"},
    {"field": "interval_end", "source": "e", "format": "iso8601", "zone": "UTC"},
]


def test_power_becomes_energy_over_the_interval_of_the_rule_or_of_the_row() -> None:
    fixed = {"field": "energy", "source": "c", "unit": "kW", "interval": "PT15M"}
    assert cells_of(columns(c=["10", None]), fixed) == ([2.5, None], [])
    part = columns(
        c=["10", "10", "10", "10", "x", None, "-4"],
        s=["2024-01-01T00:00"] * 7,
        e=[time and f"2024-01-01T{time}" for time in ("00:15", "01:00", None, "00:00", "00:15", None, "00:30")],
    )
    result = map_rules(part, *ENDS, {"field": "energy", "source": "c", "unit": "kW", "interval": "row"})
    assert result.rows["energy"].to_list() == [2.5, 10, None, None, None, None, -2]
    assert sorted(result.issues.iter_rows()) == [
        (3, "energy", "no_interval"),
        (4, "energy", "no_interval"),
        (5, "energy", "unreadable_number"),
    ]


def test_energy_becomes_power_and_the_end_may_come_from_the_length() -> None:
    end = {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT30M"}}
    rule = {"field": "power", "source": "c", "unit": "Wh", "interval": "row", "negate": True}
    rows = map_rules(columns(c=["500"], s=["2024-01-01T00:00"]), rule, ENDS[0], end).rows
    assert rows["power"].to_list() == [-1.0]


def test_an_interval_of_23_hours_counts_as_such() -> None:
    zoned = [{**rule, "zone": "Europe/Berlin"} for rule in ENDS]
    rule = {"field": "energy", "source": "c", "unit": "kW", "interval": "row"}
    part = columns(c=["1", "1"], s=["2024-03-31", "2024-10-27"], e=["2024-04-01", "2024-10-28"])
    assert map_rules(part, *zoned, rule).rows["energy"].to_list() == [23, 25]


def test_prices_scale_and_nothing_else() -> None:
    for unit, price in {"ct/kWh": 302.5, "EUR/kWh": 30250, "p/kWh": 302.5, "1/MWh": 30.25, "PLN/MWh": 30.25}.items():
        assert cells_of(columns(c=["30.25"]), {"field": "price", "source": "c", "unit": unit})[0] == [price]


def test_a_number_that_the_conversion_makes_too_large_is_an_issue() -> None:
    rule = {"field": "energy", "source": "c", "unit": "TWh"}
    assert cells_of(columns(c=["1", "1e305"]), rule) == ([1e9, None], [(2, "not_a_number")])


def test_a_table_or_constant_in_another_unit_is_converted_too() -> None:
    table = {"field": "energy", "source": "c", "unit": "MWh", "values": {"low": 1, "high": 2.5}}
    assert cells_of(columns(c=["low", "high", "?"]), table) == ([1000, 2500, None], [(3, "unreadable_number")])
    assert cells_of(columns(c=["x"]), {"field": "energy", "constant": 2, "unit": "MWh"}) == ([2000], [])


UNITS = [(unit, other) for unit in ("kWh", "degC", "m3", "hPa") for other in find_fitting_units(find_unit(unit))]


@given(st.sampled_from(UNITS), st.floats(-1e6, 1e6))
def test_there_and_back_is_where_it_began(units: tuple[str, str], number: float) -> None:
    here, there = map(find_unit, units)
    one_way, back = find_conversion(here, there), find_conversion(there, here)
    exact = (Fraction(number) * one_way.multiplier + one_way.summand) / one_way.divisor
    assert (exact * back.multiplier + back.summand) / back.divisor == Fraction(number)
    assert back(one_way(number)) == pytest.approx(number, rel=1e-9, abs=1e-6)


RULES: list[dict[str, Any]] = [
    {"field": "energy", "source": "c", "unit": "kW", "interval": "row"},
    {"field": "power", "source": ["c", "d"], "join": "", "unit": "W", "extract": "[0-9.]+"},
    {"field": "ratio", "formula": "c / d", "inputs": {"c": "c", "d": "d"}},
    {"field": "note", "source": "d", "where": {"c": ["1", "2"]}},
    {"field": "claimed", "source": "d"},
    {"field": "count", "source": "c", "values": {"1": 10}, "otherwise": 0},
    *ENDS,
]
CELLS = st.sampled_from(["1", "2", "0", "1.5", "12-", "x", "", None, "yes"])
TIMES = st.sampled_from(["2024-01-01T00:00", "2024-01-01T00:30", "2024-01-01T02:00", "soon", None])
ROWS = st.lists(st.fixed_dictionaries({"c": CELLS, "d": CELLS, "s": TIMES, "e": TIMES}), min_size=1, max_size=12)


def outcome(mapped: list[Mapped]) -> tuple[pl.DataFrame, list[tuple[Any, ...]]]:
    issues = [issue for each in mapped for issue in each.issues.iter_rows()]
    return pl.concat([each.rows for each in mapped]), sorted(issues)


@settings(max_examples=50)
@given(ROWS, st.permutations(["c", "d", "s", "e"]), st.permutations(RULES))
def test_the_order_of_columns_and_rules_changes_nothing(
    rows: list[dict[str, str | None]], names: list[str], rules: list[dict[str, Any]]
) -> None:
    part = columns(**{name: [row[name] for row in rows] for name in ("c", "d", "s", "e")})
    expected, issues = outcome([map_rules(part, *RULES)])
    shuffled, same = outcome([map_rules(part.select(ROW_ID, *names), *rules)])
    assert shuffled.equals(expected)
    assert same == issues


@settings(max_examples=50)
@given(ROWS, st.integers(0, 12))
def test_cutting_the_rows_anywhere_changes_nothing(rows: list[dict[str, str | None]], cut: int) -> None:
    part = columns(**{name: [row[name] for row in rows] for name in ("c", "d", "s", "e")})
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": RULES})
    pieces = [map_columns(piece, config, CONCEPT, NumberStyle()) for piece in (part[:cut], part[cut:])]
    expected, issues = outcome([map_columns(part, config, CONCEPT, NumberStyle())])
    whole, same = outcome(pieces)
    assert whole.equals(expected)
    assert same == issues


@given(st.integers(-(10**9), 10**9), st.sampled_from([1, 5, 15, 30, 60]))
def test_a_fixed_interval_and_the_same_of_the_row_agree(watts: int, minutes: int) -> None:
    part = columns(c=[str(watts)], s=["2024-01-01T00:00"])
    end = {"field": "interval_end", "after": {"field": "interval_start", "duration": timedelta(minutes=minutes)}}
    rules = [{"field": "energy", "source": "c", "unit": "W", "interval": each} for each in ("row", f"PT{minutes}M")]
    of_row, fixed = (map_rules(part, ENDS[0], end, rule).rows["energy"][0] for rule in rules)
    assert of_row == fixed == pytest.approx(watts * minutes / 60 / 1000, rel=1e-15)
