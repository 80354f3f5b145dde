"""Numbers with a unit in every cell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from include.cim.concept import FieldType
from include.cim.mapping_config import MappingRule
from include.cim.number_style import NumberStyle
from include.cim.values import read_values
from include.collection.inspection import ColumnProfile, Inspection
from include.connectors.detection.inspect import inspect_source
from tests.factories import a_field


def inspect(tmp_path: Path, cells: list[str], name: str = "value", delimiter: str = ";") -> Inspection:
    path = tmp_path / "file"
    rows = [f'2024-01-{day:02d}{delimiter}"{cell}"' for day, cell in enumerate(cells, start=1)]
    path.write_text("\n".join([f"day{delimiter}{name}", *rows]) + "\n")
    return inspect_source(path, "file.csv", {})


def column(found: Inspection) -> ColumnProfile:
    return found.tables[0].columns[1]


@pytest.mark.parametrize(
    ("cells", "unit", "total"),
    [
        pytest.param(["12,5 kWh", "0,25 kWh", "-1 kWh"], "kWh", "11.75", id="energy, decimal comma"),
        pytest.param(["230 V", "231.5 V"], "V", "461.5", id="a letter"),
        pytest.param(["21.5°C", "-3.25°C"], "degC", "18.25", id="degrees, no blank"),
        pytest.param(["€ 0,30", "€ 1.234,56", "-€ 0,10"], "EUR", "1234.76", id="money before the number"),
        pytest.param(["1.234,56 EUR", "0,44 EUR"], "EUR", "1235.00", id="money behind it, thousands"),
        pytest.param(["$12.50", "$1,000.25", "$-0.75"], "USD", "1012.00", id="dollars"),
        pytest.param(["24.58p", "-2.10p"], "pence", "22.48", id="pence"),
        pytest.param(["14,2 ct", "30 ct"], "EURct", "44.2", id="cents"),
        pytest.param(["45 %", "45.5%", "100%"], "%", "190.5", id="per cent"),
        pytest.param(["1 250 kW", "1 250,5 kW"], "kW", "2500.5", id="blanks between thousands"),
    ],
)
def test_the_number_is_summed_and_the_unit_is_taken(tmp_path: Path, cells: list[str], unit: str, total: str) -> None:
    found = inspect(tmp_path, cells)
    assert column(found).type.value == "decimal"
    assert (column(found).unit, str(column(found).total)) == (unit, total)
    assert any(f"unit: {unit}" in issue.suggestion for issue in found.issues)


@pytest.mark.parametrize(
    ("cells", "name", "unit", "told"),
    [
        pytest.param(["12,50 kr.", "-0,25 kr."], "Pris", None, "unit: DKK or SEK or NOK`", id="behind"),
        pytest.param(["kr 12,50", "kr. -0,25"], "Pris", None, "unit: DKK or SEK or NOK`", id="before"),
        pytest.param(["12,50 kr/kWh", "-0,25 kr/kWh"], "Pris", None, "unit: DKK/kWh or SEK/kWh", id="for something"),
        pytest.param(["12,50 kr", "-0,25 kr"], "Pris (SEK/kWh)", "SEK/kWh", "unit: SEK/kWh`", id="its name tells"),
    ],
)
def test_crowns_are_numbers_whose_country_is_asked(
    tmp_path: Path, cells: list[str], name: str, unit: str | None, told: str
) -> None:
    found = inspect(tmp_path, cells, name)
    assert (column(found).type.value, column(found).unit, str(column(found).total)) == ("decimal", unit, "12.25")
    assert any(told in issue.suggestion for issue in found.issues)
    for wanted in [unit] if unit else ["DKK/kWh", "SEK/kWh", "NOK/kWh"]:
        rule = MappingRule(field="v", source="v", unit=wanted)
        target = a_field("v", type=FieldType.FLOAT, unit=wanted)
        read = read_values(pl.Series(cells), rule, target, NumberStyle(","))
        assert read.to_list() == [12.5, -0.25]
    euros = MappingRule(field="v", source="v", unit="EUR/kWh")
    target = a_field("v", type=FieldType.FLOAT, unit="EUR/kWh")
    assert read_values(pl.Series(cells), euros, target, NumberStyle(",")).null_count() == 2


@pytest.mark.parametrize(
    "cells",
    [
        ["12,5 kWh", "- 3 kWh", "-1.234,5 kWh"],
        ["21.5°C", "−3.25°C"],
        ["€ -0,30", "-€ 5", "€ 1.234,56"],
        ["$3.20", "-$1.00", "($2.50)"],
        ["1 250,5 kWh", "1\u202f250,5 kWh", "1\u00a0250,5 kWh"],
    ],
)
def test_a_mapping_reads_of_such_cells_what_was_added(tmp_path: Path, cells: list[str]) -> None:
    found = inspect(tmp_path, cells)
    profile, form = column(found), found.detection.tables[0].form
    rule = {"field": "v", "source": "value", "unit": profile.unit, "bracketed": "negative"}
    target = a_field("v", type=FieldType.FLOAT, unit=profile.unit)
    read = read_values(pl.Series(cells), MappingRule.model_validate(rule), target, form.numbers)
    assert read.sum() == pytest.approx(float(profile.total or 0))
    assert not any("unreadable" in issue.what or "this is no" in issue.what for issue in found.issues)


def test_a_mapping_reads_no_other_unit(tmp_path: Path) -> None:
    rule = MappingRule.model_validate({"field": "v", "source": "value", "unit": "kWh"})
    target = a_field("v", type=FieldType.FLOAT, unit="kWh")
    cells = pl.Series(["1 kWh", "2 MWh", "3", "4 rooms", "5kwh"])
    assert read_values(cells, rule, target, NumberStyle()).to_list() == [1.0, None, 3.0, None, 5.0]
    price = MappingRule.model_validate({"field": "v", "source": "value", "unit": "EUR/kWh"})
    paid = pl.Series(["€ 0.30", "0.25 EUR", "0.2 EUR/kWh", "$ 0.10"])
    assert read_values(paid, price, target, NumberStyle()).to_list() == [0.3, 0.25, 0.2, None]


def test_a_price_keeps_what_its_name_says_more(tmp_path: Path) -> None:
    assert column(inspect(tmp_path, ["€ 0,30", "€ 0,25"], "price (EUR/kWh)")).unit == "EUR/kWh"


def test_several_units_in_one_column_are_told_and_not_added(tmp_path: Path) -> None:
    found = inspect(tmp_path, ["12 kWh", "800 Wh", "13 kWh"])
    assert (column(found).type.value, column(found).total) == ("text", None)
    assert any("several units: kWh, Wh" in issue.what for issue in found.issues)


def test_a_later_cell_in_another_unit_does_not_fit(tmp_path: Path) -> None:
    cells = [f"{number} kWh" for number in range(1, 27)]
    found = inspect(tmp_path, [*cells, "5 furlong"])
    assert str(column(found).total) == str(sum(range(1, 27)))
    assert any("row 27" in issue.where for issue in found.issues)


@pytest.mark.parametrize("cells", [["12A", "7B", "3A"], ["3 rooms", "4 rooms"], ["2024 m2-7", "x"], ["A 1", "B 2"]])
def test_what_is_no_number_with_a_unit_stays_text(tmp_path: Path, cells: list[str]) -> None:
    assert column(inspect(tmp_path, cells)).type.value == "text"


@pytest.mark.parametrize(
    ("cells", "unit", "total", "thousands"),
    [
        pytest.param(["(1,234.56)", "3.00", "2,000.00"], None, "768.44", ",", id="brackets"),
        pytest.param(["($1,234.56)", "$3.00", "$2,000.00"], "USD", "768.44", ",", id="brackets and money"),
        pytest.param(["$(12.50)", "$3.00", "$20.00"], "USD", "10.50", None, id="money before the brackets"),
        pytest.param(["1.234,56-", "3,00", "2.000,00"], None, "768.44", ".", id="a minus behind"),
        pytest.param(["1'234.50", "-3.00", "2’000.00"], None, "3231.50", "'", id="apostrophes"),
        pytest.param(["1\u2009234,5", "-3,0", "2\u2009000,0"], None, "3231.5", "\u2009", id="thin blanks"),
        pytest.param(["1\u00a0234,5", "-3,0", "2\u00a0000,0"], None, "3231.5", "\u00a0", id="blanks without a break"),
    ],
)
def test_numbers_as_bookkeepers_write_them_are_added_with_their_sign(
    tmp_path: Path, cells: list[str], unit: str | None, total: str, thousands: str | None
) -> None:
    found = inspect(tmp_path, cells)
    assert (column(found).type.value, column(found).unit, str(column(found).total)) == ("decimal", unit, total)
    assert found.detection.tables[0].form.numbers.thousands == thousands
    assert any("bracketed: negative" in issue.suggestion for issue in found.issues) == any(
        "(" in cell for cell in cells
    )


@pytest.mark.parametrize("cells", [["(12.50)", "(3.00)", "(1.25)"], ["(a)", "(b)", "3"]])
def test_what_stands_in_brackets_in_most_rows_is_no_negative_number(tmp_path: Path, cells: list[str]) -> None:
    assert column(inspect(tmp_path, cells)).total is None


def test_numbers_that_are_negative_both_ways_are_none(tmp_path: Path) -> None:
    cells = [*(f"{number}.5" for number in range(1, 26)), "(-3.5)"]
    found = inspect(tmp_path, cells)
    assert any(issue.where.startswith("row 26") for issue in found.issues)
