"""Points of line protocol."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from include.collection.formats.line_protocol import LineProtocolFormat
from include.collection.inspection import Inspection
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames
from include.errors import SourceRefused

BEGIN_S = 1_717_200_000
"""2024-06-01T00:00:00Z."""


def read(text: str, measurement: str | None = None) -> pl.DataFrame:
    return pl.concat(list(read_frames(Content.of(text.encode(), "x"), LineProtocolFormat(measurement=measurement))))


def inspect(tmp_path: Path, text: str, **given: object) -> Inspection:
    path = tmp_path / "file"
    path.write_text(text)
    return inspect_source(path, "points.txt", given)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        pytest.param("m v=1.50 7", {"v": "1.50"}, id="no tag"),
        pytest.param("m,a=b v=1i 7", {"a": "b", "v": "1"}, id="a whole number"),
        pytest.param("m,a=b v=1u,w=-2.5e-3 7", {"a": "b", "v": "1", "w": "-2.5e-3"}, id="unsigned, and an exponent"),
        pytest.param("m a=t,b=F,c=True,d=FALSE 7", {"a": "true", "b": "false", "c": "true", "d": "false"}, id="truths"),
        pytest.param('m s="a, b=c d" 7', {"s": "a, b=c d"}, id="signs in a text"),
        pytest.param(r'm s="he said \"no\", C:\\x" 7', {"s": r'he said "no", C:\x'}, id="quotes in a text"),
        pytest.param(r"m,ta\ g=x\,y\=z fi\=eld=1 7", {"ta g": "x,y=z", "fi=eld": "1"}, id="escaped signs"),
        pytest.param("m,läge=Zürich v=1 7", {"läge": "Zürich", "v": "1"}, id="letters beyond ASCII"),
        pytest.param('m s="" 7  ', {"s": ""}, id="an empty text"),
        pytest.param("m v=12345678901234567890i 7", {"v": "12345678901234567890"}, id="many digits"),
    ],
)
def test_a_line_is_a_row(line: str, row: dict[str, str]) -> None:
    assert read(line).to_dicts() == [{"measurement": "m", **row, "time": "7"}]


def test_rows_have_the_columns_of_all_points_and_comments_are_none() -> None:
    text = "# DDL\nCREATE DATABASE x WITH NAME y\n# CONTEXT-DATABASE:x\n\nm,a=1 v=1 7\r\nm,b=2 w=2 8\n"
    assert read(text).to_dicts() == [
        {"measurement": "m", "a": "1", "v": "1", "time": "7", "b": None, "w": None},
        {"measurement": "m", "a": None, "v": None, "time": "8", "b": "2", "w": "2"},
    ]


def test_one_measurement_is_chosen() -> None:
    assert read("m v=1 7\nn v=2 7\nm v=3 8\n", "m").rows() == [("1", "7"), ("3", "8")]
    with pytest.raises(SourceRefused, match="no such point"):
        read("m v=1 7\n", "n")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("m", id="no field"),
        pytest.param("m,a=b 7", id="a tag and a time"),
        pytest.param("m v=1 noon", id="a time in words"),
        pytest.param("m v=one 7", id="a text without quotes"),
        pytest.param('m v="one 7', id="a quote left open"),
        pytest.param("m,a= v=1 7", id="an empty tag"),
        pytest.param("m v=1,5 7", id="a decimal comma"),
        pytest.param("m v=NaN 7", id="NaN"),
        pytest.param("m v=1 7 8", id="two times"),
        pytest.param("m," + "a=b," * 200_000, id="endless tags"),
        pytest.param("m " + "a=1," * 200_000, id="endless fields"),
        pytest.param("m" + "\\," * 400_000, id="endless escapes"),
    ],
)
def test_what_is_no_point_is_refused_at_once(line: str) -> None:
    begun = time.process_time()
    with pytest.raises(SourceRefused, match="line 2: it is no point"):
        read(f"m v=1 7\n{line}\n")
    assert time.process_time() - begun < 5


def test_a_tag_that_is_called_like_a_field_is_refused() -> None:
    with pytest.raises(SourceRefused, match="two members are called 'v'"):
        read("m,v=a v=1 7\n")


@pytest.mark.parametrize("digits", [1, 1_000, 1_000_000, 1_000_000_000])
def test_inspection_tells_points_and_their_times(tmp_path: Path, digits: int) -> None:
    lines = [f"power,phase=L{p} watts={at}.5 {(BEGIN_S + 900 * at) * digits}" for at in range(96) for p in (1, 2, 3)]
    found = inspect(tmp_path, "\n".join(lines) + "\n")
    assert found.detection.tables[0].form == LineProtocolFormat()
    assert found.tables[0].rows == 288
    assert found.tables[0].columns[2].total == 3 * sum(at + Decimal("0.5") for at in range(96))
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-06-01T00:00:00+00:00", "2024-06-01T23:45:00+00:00")
    assert found.time.resolution == "PT15M"


def test_each_measurement_is_a_table(tmp_path: Path) -> None:
    text = "".join(f"m v={at} {BEGIN_S + at}000000000\nn w={at} {BEGIN_S + at}000000000\n" for at in range(30))
    found = inspect(tmp_path, text)
    assert [(each.name, each.rows, each.columns[0].name) for each in found.tables] == [("m", 30, "v"), ("n", 30, "w")]
    assert [each.name for each in inspect(tmp_path, text, measurement="n").tables[0].columns] == ["w", "time"]


def test_points_without_a_time_are_told(tmp_path: Path) -> None:
    found = inspect(tmp_path, "m v=1\nm v=2\n", kind="line_protocol")
    assert "2 points have no time" in " ".join(issue.what for issue in found.issues)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("point field at\n" + "".join(f"a,b=1 c=2 {at}\n" for at in range(30)), id="a header above"),
        pytest.param("".join(f"2024-06-{at:02d} {at}.5 {at}\n" for at in range(1, 29)), id="numbers and blanks"),
    ],
)
def test_other_lines_are_no_points(tmp_path: Path, text: str) -> None:
    assert inspect(tmp_path, text).detection.tables[0].form.kind != "line_protocol"
