"""Columns of a fixed width: found by their blanks, read by their places."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.inspection import Detection
from include.connectors.content import Content
from include.connectors.detection.fixed_width import detect_fixed_width, find_columns
from include.connectors.detection.sample import take_sample
from include.connectors.formats.fixed_width import read_fixed_width
from include.errors import SourceRefused

LOAD = "Date        Hour     Load MW   State\n" + "".join(
    f"2024-01-{day:02}  {hour:02}:00 {day * 1000.5 + hour:>11.1f}   {'ok' if hour % 5 else 'estimated'}\n"
    for day in range(1, 9)
    for hour in range(24)
)
WEATHER = "".join(
    f"{725300 + n % 3} 94846 202401{1 + n // 24:02}{n % 24:02}00 {n * 10 % 360:>3} {n % 20:>3} "
    f"{'***' if n % 7 else n % 9:>3} {-5.5 + n % 12:>6.1f}\n"
    for n in range(96)
)
PROSE = (
    "The transmission system operator publishes the load of every quarter of an hour\n"
    "on the day after. In 2024 there were 366 days, and 35,136 quarters of an hour,\n"
    "of which 4 were missing. The figures are preliminary until the settlement runs,\n"
    "which happens 12 weeks later, and are replaced then without a notice. Users who\n"
    "need the history should ask for it at the address below, and name the 2 months\n"
    "that they need, and the purpose. There is no charge for up to 10 requests a year.\n"
) * 3


def detected(text: str, **given: Any) -> Detection | None:
    return detect_fixed_width(take_sample("load.txt", lambda: Content.of(text.encode(), "load.txt")), given)


def read(text: str, form: FixedWidthFormat) -> pl.DataFrame:
    return pl.concat(read_fixed_width(Content(io.BytesIO(text.encode()), "load.txt"), form))


def test_columns_are_read_by_their_places() -> None:
    text = "idvalue state\n 1  1.5 ok\n 22.50\n"
    frame = read(text, FixedWidthFormat(columns=((1, 2), (3, 7), (9, None))))
    assert frame.to_dicts() == [
        {"id": "1", "value": "1.5", "state": "ok"},
        {"id": "2", "value": "2.50", "state": None},
    ]


def test_what_stands_outside_of_every_column_is_told() -> None:
    content = Content.of(b"a  b\n1  2\n1x 2\n1  2 y\n", "load.txt")
    assert pl.concat(read_fixed_width(content, FixedWidthFormat(columns=((1, 1), (4, 4))))).height == 3
    [issue] = content.issues
    assert issue.where == "line 3"
    assert "in 2 lines" in issue.what


@pytest.mark.parametrize(
    ("text", "names", "first", "rows"),
    [
        pytest.param(
            LOAD,
            ["Date", "Hour", "Load MW", "State"],
            ("2024-01-01", "00:00", "1000.5", "estimated"),
            192,
            id="a load with a header",
        ),
        pytest.param(
            "Grid operator  export\nzone 10\n\n" + LOAD,
            ["Date", "Hour", "Load MW", "State"],
            ("2024-01-01", "00:00", "1000.5", "estimated"),
            192,
            id="a preamble above it",
        ),
        pytest.param(
            WEATHER,
            [f"column_{n}" for n in range(1, 8)],
            ("725300", "94846", "202401010000", "0", "0", "0", "-5.5"),
            96,
            id="weather without a header",
        ),
    ],
)
def test_columns_are_found_by_their_blanks(text: str, names: list[str], first: tuple[str, ...], rows: int) -> None:
    found = detected(text)
    assert found is not None
    form = found.tables[0].form
    assert isinstance(form, FixedWidthFormat)
    frame = read(text, form)
    assert frame.columns == names
    assert frame.row(0) == first
    assert frame.height == rows


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PROSE, id="prose"),
        pytest.param("time;kwh\n" + "2024-01-01 00:15;1.5\n" * 50, id="semicolons"),
        pytest.param("time,kwh,state\n" + "2024-01-01 00:15,1.5,ok\n" * 50, id="commas"),
        pytest.param("a\tb\tc\n" + "1 \t2 \t3 \n" * 50, id="tabs"),
        pytest.param("value\n" + "1.5\n" * 50, id="one column"),
        pytest.param("a b c\n" + "".join(f"{n} {n * n} {n**3}\n" for n in range(90)), id="blanks at other places"),
        pytest.param("", id="nothing"),
        pytest.param('{\n  "a": 1,\n  "b": 2\n}\n' * 9, id="JSON"),
    ],
)
def test_other_text_is_no_fixed_width(text: str) -> None:
    assert detected(text) is None


def test_the_owner_may_set_the_columns() -> None:
    found = detected("".join(f"{n:04}{n * 3:04}\n" for n in range(20)), columns=[[1, 4], [5, None]], header_lines=0)
    assert found is not None
    assert found.tables[0].form == FixedWidthFormat(columns=((1, 4), (5, None)), header_lines=0)


@pytest.mark.parametrize("columns", [((3, 1),), ((1, 4), (4, 6)), ((1, None), (5, 6)), ((0, 2),), ()])
def test_columns_that_cannot_be_are_refused(columns: Any) -> None:
    with pytest.raises(ValidationError):
        FixedWidthFormat(columns=columns)


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(SourceRefused, match="longer than 1 MiB"):
        read("a  b\n" + "x" * (3 << 20), FixedWidthFormat(columns=((1, 2), (4, 5))))


def test_a_header_wider_than_its_column_keeps_its_words() -> None:
    lines = ["Time   Temperature  Wind", *(f"{n:02}:00         {n:>4}    {n:>2}" for n in range(24))]
    assert find_columns(lines) is not None
    found = detected("\n".join(lines))
    assert found is not None
    assert isinstance(found.tables[0].form, FixedWidthFormat)
    assert read("\n".join(lines), found.tables[0].form).columns == ["Time", "Temperature", "Wind"]
