"""Numbers with a unit in every cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.collection.inspection import ColumnProfile, Inspection
from include.connectors.detection.inspect import inspect_source


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
        pytest.param(["45 %", "45.5%", "100%"], "%", "190.5", id="per cent"),
        pytest.param(["1 250 kW", "1 250,5 kW"], "kW", "2500.5", id="blanks between thousands"),
    ],
)
def test_the_number_is_summed_and_the_unit_is_taken(tmp_path: Path, cells: list[str], unit: str, total: str) -> None:
    found = inspect(tmp_path, cells)
    assert column(found).type.value == "decimal"
    assert (column(found).unit, str(column(found).total)) == (unit, total)
    assert any("extract" in issue.suggestion for issue in found.issues)


@pytest.mark.parametrize("cells", [["12,5 kWh", "- 3 kWh", "-1.234,5 kWh"], ["21.5°C", "−3.25°C"], ["€ -0,30", "€ 5"]])
def test_what_a_mapping_takes_out_is_what_was_added(tmp_path: Path, cells: list[str]) -> None:
    (issue,) = (each for each in inspect(tmp_path, cells).issues if "extract" in each.suggestion)
    pattern = issue.suggestion.split(": ")[1]
    taken = [found.group() for cell in cells if (found := re.search(pattern, cell))]
    assert [cell.count("-") + cell.count("−") for cell in cells] == [
        text.count("-") + text.count("−") for text in taken
    ]
    assert [re.sub(r"[^\d.,]", "", cell) for cell in cells] == [re.sub(r"[^\d.,]", "", text) for text in taken]


def test_a_minus_before_the_money_sign_is_told(tmp_path: Path) -> None:
    found = inspect(tmp_path, ["$3.20", "-$1.00"])
    assert str(column(found).total) == "2.20"
    assert any("would lose it" in issue.suggestion for issue in found.issues)


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


@pytest.mark.parametrize("cells", [["(12.50)", "3.00", "(1.25)"], ["12.50-", "3.00", "1.25-"]])
def test_negative_numbers_that_nobody_reads_are_never_added_as_positive(tmp_path: Path, cells: list[str]) -> None:
    found = inspect(tmp_path, cells)
    assert column(found).total is None or any("column 'value'" in issue.where for issue in found.issues)
    assert str(column(found).total) != "16.75"
