"""What the cells of a column are, and what is exact about them."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.cim.number_style import NumberStyle
from include.collection.inspection import ColumnType
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.tallies import DistinctTally


def tally(
    cells: list[str | None], name: str = "value", style: NumberStyle | None = None, pieces: int = 1
) -> ColumnTally:
    column = ColumnTally(name, style or NumberStyle(), None)
    size = -(-len(cells) // pieces)
    for first in range(0, len(cells), size):
        column.add(pl.Series(cells[first : first + size], dtype=pl.String))
    return column


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        pytest.param(["1", "-2", "+3"], "integer", id="whole numbers"),
        pytest.param(["1", "2.5", " 3 "], "decimal", id="fractions, and blanks around them"),
        pytest.param(["1e3", "2.5E-2"], "decimal", id="exponents"),
        pytest.param(["0001", "0002"], "text", id="padded with zeros"),
        pytest.param(["0.5", "00.5"], "decimal", id="a fraction may be padded"),
        pytest.param(["541448820000000001", "541448820000000002"], "text", id="eighteen digits"),
        pytest.param(["99999999999999999999", "1"], "text", id="more digits than a counter has"),
        pytest.param(["true", "False", None], "boolean", id="true and false"),
        pytest.param(["ja", "nee"], "boolean", id="in Dutch"),
        pytest.param(["1", "0"], "integer", id="ones and noughts are numbers"),
        pytest.param(["2024-01-01", "2024-01-02"], "date", id="dates"),
        pytest.param(["20240101", "20240102"], "date", id="dates of digits"),
        pytest.param(["00:15", "24:00"], "time", id="times of day"),
        pytest.param(["2024-01-01T00:00:00Z"], "timestamp", id="instants"),
        pytest.param(["1700000000", "1700000900"], "integer", id="what no name calls a time is a number"),
        pytest.param(["Meter 1", "12"], "text", id="half of them no number"),
        pytest.param([None, "", "  "], "empty", id="nothing"),
        pytest.param(["1.234.567,5"], "text", id="another style of numbers"),
        pytest.param(["١٢"], "text", id="digits of other scripts"),
        pytest.param(["NaN", "1.5", "inf"], "decimal", id="words for no number"),
    ],
)
def test_a_column_is_what_its_cells_are(cells: list[str | None], kind: str) -> None:
    assert tally(cells).type.value == kind


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        pytest.param("timestamp", ["1700000000"], "timestamp", id="seconds since 1970"),
        pytest.param("time_ms", ["1700000000000"], "timestamp", id="milliseconds"),
        pytest.param("gas_timestamp", ["210606140010"], "timestamp", id="YYMMDDhhmmss"),
        pytest.param("meter_id", ["123456", "654321"], "text", id="an id"),
        pytest.param("Postcode", ["100101", "100102"], "text", id="a place"),
        pytest.param("reading", ["123456", "654321"], "integer", id="a reading"),
    ],
)
def test_digits_are_what_their_name_says(name: str, cells: list[str], kind: str) -> None:
    assert tally(cells, name).type.value == kind


@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12), min_size=1
    ),
    st.integers(1, 4),
)
def test_sums_least_and_greatest_are_exact(numbers: list[Decimal], pieces: int) -> None:
    profile = tally([f"{number:f}" for number in numbers], pieces=pieces).profile()
    assert profile.total == sum(numbers)
    assert (Decimal(profile.minimum or ""), Decimal(profile.maximum or "")) == (min(numbers), max(numbers))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_whatever_a_float_is_written_as_is_summed_exactly(numbers: list[float]) -> None:
    with localcontext(Context(prec=4000)):
        total = sum((Decimal(repr(number)) for number in numbers), Decimal(0))
        told = tally([repr(number) for number in numbers])
        assert told.type is ColumnType.TEXT or told.profile().total == total


def test_a_number_longer_than_a_column_of_decimals_is_summed_exactly() -> None:
    cells = ["1234567890123456789012345678.0000000001", "0.00000000000000000001", "-0.0"]
    assert tally(cells).profile().total == Decimal("1234567890123456789012345678.00000000010000000001")


def test_decimal_commas_and_thousands_are_summed() -> None:
    profile = tally(["1.234,5", "0,25", "-1.000.000,00"], style=NumberStyle(",", ".")).profile()
    assert str(profile.total) == "-998765.25"


def test_a_cell_that_is_astray_is_an_issue_with_its_row_and_never_its_value() -> None:
    column = tally([*map(str, range(50)), "secret", *map(str, range(50))], pieces=3)
    assert column.type is ColumnType.INTEGER
    (issue,) = column.issues()
    assert issue.where == "row 51, column 'value'"
    assert "secret" not in f"{issue}"


def test_lost_characters_are_told_with_their_first_row() -> None:
    (issue,) = tally(["Z\u00e4hler", "Z\ufffdhler", "Z\ufffdhler"]).issues()
    assert issue.where == "row 2, column 'value'"
    assert "2 cells" in issue.what


def test_mixed_types_are_an_issue() -> None:
    (issue,) = tally([*map(str, range(10)), *("a", "b", "c", "d", "e")]).issues()
    assert "10 numbers, 5 other cells" in issue.what


def test_nulls_and_different_values_are_counted_over_the_pieces() -> None:
    profile = tally(["a", "b", None, "a", "", "b"], pieces=3).profile()
    assert (profile.nulls, profile.distinct, profile.examples) == (2, 2, ("a", "b"))


def test_different_values_are_exact_up_to_the_limit_and_close_beyond() -> None:
    counted = DistinctTally(limit=1000)
    counted.add(pl.int_range(0, 1000, eager=True).cast(pl.String))
    assert (counted.count(), counted.exact) == (1000, True)
    for first in range(0, 100_000, 10_000):
        counted.add(pl.int_range(first, first + 10_000, eager=True).cast(pl.String))
    assert not counted.exact
    assert len(counted) == 1000
    assert abs(counted.count() - 100_000) < 10_000


def test_a_date_that_reads_both_ways_keeps_both_readings_until_one_fails() -> None:
    assert tally(["01/02/2024", "03/04/2024"]).time_formats == ("%d/%m/%Y", "%m/%d/%Y")
    assert tally(["01/02/2024"] * 3 + ["13/04/2024"], pieces=2).time_formats == ("%d/%m/%Y",)
    assert tally(["01/02/2024"] * 3 + ["04/13/2024"], pieces=2).time_formats == ("%m/%d/%Y",)
