"""Each row's unit from a column: the values are those that a rule of that one unit gives."""

from __future__ import annotations

from typing import Any

import pytest

from include.cim.concept import FieldType
from include.cim.lineage import UnitLineage, trace_mapping
from include.cim.mapping import Mapped, map_columns
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from tests.factories import a_concept, a_field
from tests.staged import columns

CONCEPT = a_concept(
    a_field("id", type=FieldType.ID),
    a_field("interval_start", type=FieldType.TIMESTAMP),
    a_field("interval_end", type=FieldType.TIMESTAMP, after="interval_start"),
    a_field("energy", unit="kWh"),
    a_field("power", unit="kW"),
    a_field("temperature", unit="degC"),
    a_field("volume", unit="m3"),
)
Row = tuple[str | None, str | None]


def map_rows(rows: list[Row], *rules: dict[str, Any], **further: list[str | None]) -> Mapped:
    part = columns(c=[cell for cell, _ in rows], u=[unit for _, unit in rows], **further)
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": rules})
    return map_columns(part, config, CONCEPT, NumberStyle())


def read(rows: list[Row], field: str = "energy", **rule: Any) -> tuple[list[Any], list[tuple[int, str]]]:
    """The values, and the issues as (row, rule)."""
    mapped = map_rows(rows, {"field": field, "source": "c", "unit_column": "u", **rule})
    assert set(mapped.issues["field"]) <= {field}
    return mapped.rows[field].to_list(), list(mapped.issues.select("row_id", "rule").iter_rows())


def test_numbers_are_converted_by_the_unit_of_their_row() -> None:
    rows: list[Row] = [("1234.5", "Wh"), ("2.5", " kWh "), ("9", "MJ"), ("0.1", "MWh"), ("7", "KWH"), ("3600", "JOU")]
    assert read(rows) == ([1.2345, 2.5, 2.5, 100, 7, 0.001], [])
    assert read([("212", "°F"), ("21.5", "°C"), ("293.15", "K"), ("-40", "FAH")], "temperature") == (
        [100, 21.5, 20, -40],
        [],
    )
    assert read([("1", "therm"), ("1", "ft3"), ("1", "m³")], "volume") == (
        [None, 0.028316846592, 1],
        [(1, "unit_does_not_fit")],
    )


def test_a_value_is_what_a_rule_of_its_unit_alone_gives() -> None:
    numbers = ["99630", "0.1", "1e-7", "123456.789"]
    for unit in ("J", "Wh", "kWh", "therm", "Btu", "GJ"):
        rows: list[Row] = [*((number, unit) for number in numbers), ("1", "MWh")]
        alone = map_rows([(number, None) for number in numbers], {"field": "energy", "source": "c", "unit": unit})
        assert read(rows)[0][:-1] == alone.rows["energy"].to_list()


def test_what_is_no_unit_or_another_thing_is_an_issue_of_its_cell() -> None:
    rows: list[Row] = [("1", "kWh"), ("2", "furlong"), ("3", "°C"), ("4", "kW"), ("5", ""), ("6", None), ("7", "mwh")]
    assert read(rows) == (
        [1, None, None, None, None, None, None],
        [
            (2, "unknown_unit"),
            (3, "unit_does_not_fit"),
            (4, "unit_does_not_fit"),
            (5, "missing_unit"),
            (6, "missing_unit"),
            (7, "unknown_unit"),
        ],
    )
    assert read([("1", "x")]) == ([None], [(1, "unknown_unit")])


def test_a_row_without_a_unit_has_the_rules_where_it_gives_one() -> None:
    assert read([("1500", None), ("1500", " "), ("1500", "kWh")], unit="Wh") == ([1.5, 1.5, 1500], [])


def test_what_is_not_read_needs_no_unit_and_a_cell_has_one_issue() -> None:
    rows: list[Row] = [(None, "x"), ("", None), ("?", "x"), ("12 kWh", "Wh")]
    assert read(rows, unit="kWh") == ([None] * 4, [(3, "unreadable_number"), (4, "unreadable_number")])
    taken = {"field": "energy", "source": "c", "unit_column": "u", "where": {"k": "a"}}
    mapped = map_rows([("1", "kWh"), ("2", "x")], taken, k=["a", "b"])
    assert (mapped.rows["energy"].to_list(), mapped.issues.height) == ([1, None], 0)


def test_signs_and_tables_go_before_the_unit() -> None:
    assert read([("5", "Wh"), ("5", "kWh")], negate=True)[0] == [-0.005, -5]
    assert read([("low", "Wh"), ("low", "MWh")], values={"low": 2})[0] == [0.002, 2000]
    mapped = map_rows(
        [("1234", "W"), ("12", "kW")],
        {"field": "power", "source": "c", "unit_column": "u", "power_of_ten": "p"},
        p=["-2", "1"],
    )
    assert mapped.rows["power"].to_list() == [0.01234, 120]


def test_power_becomes_energy_where_the_rule_has_an_interval_and_energy_stays() -> None:
    assert read([("10", "kW"), ("2000", "W"), ("3", "kWh")], interval="PT15M") == ([2.5, 0.5, 3], [])
    ends = [
        {"field": name, "source": name, "format": "iso8601", "zone": "UTC"}
        for name in ("interval_start", "interval_end")
    ]
    mapped = map_rows(
        [("10", "kW"), ("10", "kW"), ("3", "kWh"), ("1", "x")],
        {"field": "energy", "source": "c", "unit_column": "u", "interval": "row"},
        *ends,
        interval_start=["2024-01-01T00:00"] * 4,
        interval_end=["2024-01-01T00:30", None, None, None],
    )
    assert mapped.rows["energy"].to_list() == [5, None, 3, None]
    assert list(mapped.issues.select("row_id", "rule").iter_rows()) == [(2, "no_interval"), (4, "unknown_unit")]
    back = {"field": "power", "source": "c", "unit_column": "u", "interval": "row"}
    mapped = map_rows(
        [("500", "Wh"), ("500", "W")],
        back,
        *ends,
        interval_start=["2024-01-01T00:00"] * 2,
        interval_end=["2024-01-01T00:30"] * 2,
    )
    assert mapped.rows["power"].to_list() == [1, 0.5]


def test_a_number_that_its_unit_makes_too_large_is_an_issue() -> None:
    assert read([("1e305", "TWh"), ("1e305", "kWh")]) == ([None, 1e305], [(1, "not_a_number")])


def test_what_the_column_told_is_traced_with_its_conversion() -> None:
    rule = {"field": "energy", "source": "c", "unit_column": "u", "unit": "MWh"}
    rows: list[Row] = [("1", "Wh"), ("2", "KWH"), ("3", ""), ("4", "x"), ("?", "MJ"), ("1", "Wh")]
    mapped = map_rows(rows, rule)
    assert mapped.units == {"energy": {"Wh", "KWH", ""}}
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": [rule]})
    told = {name: sorted(texts) for name, texts in mapped.units.items()}
    (traced,) = trace_mapping(config, CONCEPT, NumberStyle(), told)
    assert traced.units == (
        UnitLineage("", "MWh", 1000, 0, 1),
        UnitLineage("KWH", "kWh", 1, 0, 1),
        UnitLineage("Wh", "Wh", 1, 0, 1000),
    )
    assert (traced.from_unit, traced.multiplier, traced.to_unit) == (None, 1, "kWh")
    assert traced.options == {"unit_column": "u"}


@pytest.mark.parametrize("column", ["u", "c"])
def test_the_column_is_among_those_that_are_read(column: str) -> None:
    rule = {"field": "energy", "source": "c", "unit_column": "u"}
    assert column in MapperConfig.model_validate({"concept": "meter_reading", "rules": [rule]}).columns
