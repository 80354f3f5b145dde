"""Columns of text become fields, and what cannot be read becomes an issue."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.cim.concept import FieldType
from include.cim.mapping import Mapped, map_columns, settle_times
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from tests.factories import a_concept, a_field
from tests.staged import columns

CONCEPT = a_concept(
    a_field("id", type=FieldType.ID),
    a_field("at", type=FieldType.TIMESTAMP),
    a_field("end", type=FieldType.TIMESTAMP, after="at"),
    a_field("energy", unit="kWh"),
    a_field("temperature", unit="degC"),
    a_field("quality", type=FieldType.ENUM, values=("measured", "estimated")),
    a_field("claimed", type=FieldType.BOOLEAN),
    a_field("count", type=FieldType.INTEGER),
    a_field("note", type=FieldType.TEXT),
)


def map_rules(part: pl.DataFrame, *rules: dict[str, Any], decimal: str = ".") -> Mapped:
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": rules})
    return map_columns(part, config, CONCEPT, NumberStyle(decimal))


def mapped_cells(
    texts: list[str | None], rule: dict[str, Any], decimal: str = "."
) -> tuple[list[Any], list[tuple[int, str]]]:
    """The values that one rule gives, and its issues as (row, rule)."""
    result = map_rules(columns(c=texts), {"source": "c", **rule}, decimal=decimal)
    assert set(result.issues["field"]) <= {rule["field"]}
    return result.rows[rule["field"]].to_list(), list(result.issues.select(ROW_ID, "rule").iter_rows())


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_every_field_of_the_concept_is_there_with_its_type_mapped_or_not() -> None:
    rows = map_rules(columns(c=["x"]), {"field": "id", "source": "c"}).rows
    assert rows.schema == {
        ROW_ID: pl.Int64,
        "id": pl.String,
        "at": pl.Datetime("us", "UTC"),
        "end": pl.Datetime("us", "UTC"),
        "energy": pl.Float64,
        "temperature": pl.Float64,
        "quality": pl.String,
        "claimed": pl.Boolean,
        "count": pl.Int64,
        "note": pl.String,
    }


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,5", ",", 1.5),
        ("1.5", ".", 1.5),
        (" 1,5 ", ",", 1.5),
        ("-0,25", ",", -0.25),
        ("+7", ",", 7.0),
        ("1e3", ".", 1000.0),
        ("0,1", ",", 0.1),
        ("123456789,123456789", ",", 123456789.123456789),
    ],
)
def test_numbers_are_read_exactly_with_the_sources_sign(text: str, decimal: str, value: float) -> None:
    assert mapped_cells([text], {"field": "energy"}, decimal) == ([value], [])


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        pytest.param("1.234", ",", id="a thousand, or one and a bit"),
        pytest.param("1.234,5", ",", id="a sign for thousands"),
        pytest.param("1,5", ".", id="the other sign"),
        pytest.param("1,2,3", ",", id="twice"),
        pytest.param("1 234", ".", id="a blank inside"),
        pytest.param("n/a", ".", id="a word"),
        pytest.param("NaN", ".", id="NaN"),
        pytest.param("inf", ".", id="infinity"),
        pytest.param("1e999", ".", id="beyond what a double holds"),
        pytest.param("0x10", ".", id="hexadecimal"),
        pytest.param("1_000", ".", id="underscores"),
    ],
)
def test_a_number_that_cannot_be_read_is_null_and_an_issue(text: str, decimal: str) -> None:
    assert mapped_cells(["2", text], {"field": "energy"}, decimal) == ([2.0, None], [(2, "unreadable_number")])


@pytest.mark.parametrize("rule", [
    {"field": "energy"},
    {"field": "at", "format": "iso8601", "zone": "UTC"},
    {"field": "at", "format": "%d-%m-%Y", "zone": "Europe/Brussels"},
    {"field": "quality"},
    {"field": "quality", "values": {"x": "measured"}},
    {"field": "quality", "values": {"x": "measured"}, "otherwise": "estimated"},
    {"field": "claimed"},
    {"field": "count"},
    {"field": "note"},
    {"field": "id"},
])  # fmt: skip
def test_what_is_null_or_blank_becomes_null_without_an_issue(rule: dict[str, Any]) -> None:
    assert mapped_cells([None, "", "   "], rule) == ([None, None, None], [])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_survives_being_written_with_a_comma(number: float) -> None:
    values, issues = mapped_cells([repr(number).replace(".", ",")], {"field": "energy"}, ",")
    assert (values, issues) == ([number], [])


def test_units_are_converted_and_directions_turned() -> None:
    assert mapped_cells(["1500", None], {"field": "energy", "unit": "Wh"})[0] == [1.5, None]
    assert mapped_cells(["1.5"], {"field": "energy", "unit": "MWh", "negate": True})[0] == [-1500.0]
    assert mapped_cells(["212"], {"field": "temperature", "unit": "degF"})[0] == [100.0]
    assert mapped_cells(["300"], {"field": "temperature", "unit": "K"})[0] == pytest.approx([26.85], abs=1e-12)


@given(st.integers(0, 10**9))
def test_a_conversion_by_a_whole_divisor_gives_the_nearest_double(watt_hours: int) -> None:
    assert mapped_cells([str(watt_hours)], {"field": "energy", "unit": "Wh"})[0] == [watt_hours / 1000]


def test_tables_of_values_know_what_they_know() -> None:
    table = {"field": "quality", "values": {"ok": "measured", "1": "estimated"}}
    assert mapped_cells(["ok", "1", "?"], table) == (["measured", "estimated", None], [(3, "unknown_value")])
    assert mapped_cells(["ok", "?", None], table | {"otherwise": "estimated"}) == (["measured", "estimated", None], [])
    assert mapped_cells(["measured", "Measured", "good"], {"field": "quality"}) == (
        ["measured", "measured", None],
        [(3, "unknown_value")],
    )
    truths = {"field": "claimed", "values": {"ja": True, "nein": False}}
    assert mapped_cells(["ja", "nein"], truths) == ([True, False], [])
    assert mapped_cells(["-", "5"], {"field": "energy", "values": {"-": 0, "5": 5.5}}) == ([0.0, 5.5], [])


def test_text_with_a_nul_is_an_issue_of_its_row() -> None:
    assert mapped_cells(["a", "b\0c"], {"field": "note"}) == (["a", None], [(2, "unknown_value")])


def test_truths_and_whole_numbers_are_read() -> None:
    assert mapped_cells(["True", "FALSE", "1", "0", "maybe"], {"field": "claimed"}) == (
        [True, False, True, False, None],
        [(5, "unknown_value")],
    )
    assert mapped_cells(["12", "3.0", "1e3", "1.5", "99999999999999999999"], {"field": "count"}) == (
        [12, 3, 1000, None, None],
        [(4, "unreadable_number"), (5, "unreadable_number")],
    )


def test_columns_are_joined_with_a_blank_and_half_a_time_is_no_time() -> None:
    part = columns(d=["01-02-2024", "01-02-2024", None], t=["10:30", None, None])
    result = map_rules(part, {"field": "at", "source": ["d", "t"], "format": "%d-%m-%Y %H:%M", "zone": "UTC"})
    assert result.rows["at"].to_list() == [utc(2024, 2, 1, 10, 30), None, None]
    assert list(result.issues.iter_rows()) == [(2, "at", "unreadable_timestamp")]


def test_constants_and_ends_fill_every_row() -> None:
    rows = map_rules(
        columns(c=["2024-01-01T00:00:00Z", "x"]),
        {"field": "at", "source": "c", "format": "iso8601"},
        {"field": "end", "after": {"field": "at", "duration": "PT15M"}},
        {"field": "id", "constant": "meter 1"},
        {"field": "claimed", "constant": False},
        {"field": "energy", "constant": 3},
    ).rows
    assert rows["end"].to_list() == [utc(2024, 1, 1, 0, 15), None]
    assert rows["id"].to_list() == ["meter 1", "meter 1"]
    assert rows["claimed"].to_list() == [False, False]
    assert rows["energy"].to_list() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("zone", "length", "ends"),
    [
        pytest.param("Europe/Vienna", "P1D", [utc(2024, 3, 31, 22), utc(2024, 10, 27, 23), None], id="a day"),
        pytest.param("Europe/Vienna", "P7D", [utc(2024, 4, 6, 22), utc(2024, 11, 2, 23), None], id="a week"),
        pytest.param("Europe/Vienna", "P36500D", [utc(2124, 3, 6, 23), utc(2124, 10, 2, 22), None], id="a century"),
        pytest.param("Europe/Vienna", "PT6H", [utc(2024, 3, 31, 5), utc(2024, 10, 27, 4), None], id="hours"),
        pytest.param("Europe/Vienna", "PT30H", [utc(2024, 4, 1, 5), utc(2024, 10, 28, 4), None], id="more hours"),
        pytest.param("+01:00", "P1D", [utc(2024, 3, 31, 23), utc(2024, 10, 27, 23), None], id="no change"),
    ],
)
def test_the_end_of_a_day_is_the_next_midnight_of_its_zone(zone: str, length: str, ends: list[datetime | None]) -> None:
    rows = map_rules(
        columns(d=["2024-03-31", "2024-10-27", None]),
        {"field": "at", "source": "d", "format": "%Y-%m-%d", "zone": zone},
        {"field": "end", "after": {"field": "at", "duration": length}},
    ).rows
    assert rows["end"].to_list() == ends
    (latest,) = map_rules(
        columns(d=["9999-12-31"]),
        {"field": "at", "source": "d", "format": "%Y-%m-%d", "zone": zone},
        {"field": "end", "after": {"field": "at", "duration": length}},
    ).rows["end"]
    assert latest is None or latest.year == 9999


@pytest.mark.parametrize(
    ("zone", "read"),
    [
        pytest.param("America/New_York", [utc(1, 1, 1, 4, 56, 2), None], id="west"),
        pytest.param("Asia/Tokyo", [None, utc(9999, 12, 31, 14, 59, 59)], id="east"),
    ],
)
def test_a_time_that_is_in_no_year_of_utc_is_an_issue(zone: str, read: list[datetime | None]) -> None:
    rule = {"field": "at", "source": "c", "format": "iso8601", "zone": zone}
    cells, issues = mapped_cells(["0001-01-01T00:00:00", "9999-12-31T23:59:59"], rule)
    assert cells == read
    assert issues == [(read.index(None) + 1, "unreadable_timestamp")]


def test_a_source_column_called_like_our_row_number_is_told_apart() -> None:
    part = columns(**{"row_id (source)": ["r7"]})
    assert map_rules(part, {"field": "id", "source": "row_id"}).rows["id"].to_list() == ["r7"]


ISO = {"field": "at", "format": "iso8601"}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-01-01T10:00:00Z", utc(2024, 1, 1, 10)),
        ("2024-01-01T10:00:00+02:00", utc(2024, 1, 1, 8)),
        ("2024-01-01 10:00:00-07:00", utc(2024, 1, 1, 17)),
        ("2024-01-01T10:00:00.25+0100", utc(2024, 1, 1, 9, 0, 0, 250000)),
        ("2024-01-01T10:00:00", utc(2024, 1, 1, 9)),
        ("2024-01-01 10:00", utc(2024, 1, 1, 9)),
        ("2024-01-01", utc(2023, 12, 31, 23)),
    ],
)
def test_iso_times_are_instants_with_an_offset_and_local_without(text: str, instant: datetime) -> None:
    assert mapped_cells([text], ISO | {"zone": "Europe/Brussels"}) == ([instant], [])


@pytest.mark.parametrize(
    ("form", "text", "instant"),
    [
        ("%Y%m%d:%H%M", "20180101:0030", utc(2018, 1, 1, 0, 30)),
        ("%d/%m/%y %I:%M %p", "03/02/24 01:05 PM", utc(2024, 2, 3, 13, 5)),
        ("%d/%m/%y %H:%M", "29/02/64 01:05", utc(1964, 2, 29, 1, 5)),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-01 00:00:00.5", utc(2024, 1, 1, 0, 0, 0, 500000)),
        ("%Y-%m-%d %H:%M%z", "2024-01-01 00:00+0100", utc(2023, 12, 31, 23)),
        ("%d %b %Y", "5 Mar 2024", utc(2024, 3, 5)),
    ],
)
def test_formats_are_read_as_strptime_reads_them(form: str, text: str, instant: datetime) -> None:
    assert mapped_cells([text], {"field": "at", "format": form, "zone": "UTC"}) == ([instant], [])


def test_times_that_cannot_be_read_say_why() -> None:
    texts = ["2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-13-01T00:00:00", "soon"]
    assert mapped_cells(texts, ISO | {"zone": "Europe/Berlin"}) == (
        [None] * 4,
        [(1, "missing_hour"), (2, "ambiguous_hour"), (3, "unreadable_timestamp"), (4, "unreadable_timestamp")],
    )
    assert mapped_cells(["2024-01-01T00:00:00"], ISO) == ([None], [(1, "missing_offset")])


@pytest.mark.parametrize(
    ("policy", "hour", "issue"),
    [("earlier", 0, []), ("later", 1, []), ("refuse", None, [(1, "ambiguous_hour")]), ("by_occurrence", 0, [])],
)
def test_a_repeated_hour_means_what_the_collection_says(policy: str, hour: int | None, issue: list[Any]) -> None:
    rule = ISO | {"zone": "Europe/Berlin", "repeated_hour": policy}
    values, issues = mapped_cells(["2024-10-27T02:30:00"], rule)
    assert values == [None if hour is None else utc(2024, 10, 27, hour, 30)]
    assert issues == issue


NIGHT = {"field": "at", "source": "c", "format": "iso8601", "zone": "Europe/Berlin", "repeated_hour": "by_occurrence"}


def test_three_showings_of_a_label_tell_that_registers_are_not_told_apart() -> None:
    values, issues = mapped_cells(["2024-10-27T02:30:00"] * 3, {k: v for k, v in NIGHT.items() if k != "source"})
    assert values == [None, None, None]
    assert issues == [(1, "ambiguous_hour"), (2, "ambiguous_hour"), (3, "ambiguous_hour")]


def test_registers_count_their_showings_apart_also_where_one_has_no_name() -> None:
    part = columns(c=["2024-10-27T02:30:00"] * 6, r=["a", "b", None, "a", None, "b"])
    rows = map_rules(part, NIGHT | {"occurrence_per": ["r"]}).rows
    assert [each.hour for each in rows["at"]] == [0, 0, 0, 1, 1, 1]


LABELS = [f"2024-10-27T0{hour}:{minute}:00" for hour in (1, 2, 3) for minute in ("00", "30")]


@given(
    st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(["a", "b", None])), min_size=1, max_size=30),
    st.sets(st.integers(1, 29), max_size=4),
)
def test_cutting_the_batch_anywhere_changes_nothing(cells: list[tuple[str, str | None]], cuts: set[int]) -> None:
    config = MapperConfig.model_validate({"concept": "meter_reading", "rules": [NIGHT | {"occurrence_per": ["r"]}]})
    whole = columns(c=[label for label, _ in cells], r=[register for _, register in cells])
    expected = map_columns(whole, config, CONCEPT, NumberStyle())
    places = [0, *sorted(cut for cut in cuts if cut < whole.height), whole.height]
    parts = [whole[start:end] for start, end in pairwise(places)]
    settled = settle_times(parts, config, CONCEPT)
    pieces = [map_columns(part, config, CONCEPT, NumberStyle(), settled) for part in parts]
    assert pl.concat([piece.rows for piece in pieces]).equals(expected.rows)
    assert pl.concat([piece.issues for piece in pieces]).equals(expected.issues)


def test_a_midnight_may_be_written_as_its_day_and_a_whole_minute_without_seconds() -> None:
    part = columns(t=["01-02-2024 23:45:30", "02-02-2024", "02-02-2024 00:15", "02-2024"])
    result = map_rules(part, {"field": "at", "source": "t", "format": "%d-%m-%Y %H:%M:%S", "zone": "UTC"})
    assert result.rows["at"].to_list() == [
        utc(2024, 2, 1, 23, 45, 30),
        utc(2024, 2, 2, 0, 0),
        utc(2024, 2, 2, 0, 15),
        None,
    ]
    assert list(result.issues.iter_rows()) == [(4, "at", "unreadable_timestamp")]
