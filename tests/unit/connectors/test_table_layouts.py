"""Every way in which a table may lie in delimited text, read as its owner set it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from include.collection.formats.delimited import CsvFormat
from include.connectors.content import Content
from include.connectors.formats import delimited
from include.connectors.formats.delimited import read_delimited, read_units
from include.connectors.formats.layout import read_table
from include.errors import SourceRefused

STACKED = ";Zähler 1;;Zähler 2\nZeit;Bezug;Lieferung;Bezug\n[UTC];kWh;kWh;MWh\nt1;1;2;3\n"
TWO_BELOW = "Verbrauch\na;b\n1;2\n\n;;\nErzeugung\nc;d\n3;4\n5;6\n"


def content(text: str) -> Content:
    return Content.of(text.encode(), "meters.csv")


def read(text: str, **form: Any) -> list[dict[str, str | None]]:
    return pl.concat(list(read_delimited(content(text), CsvFormat(**{"delimiter": ";", **form})))).to_dicts()


@pytest.mark.parametrize(
    ("text", "form", "rows"),
    [
        pytest.param("1;2\n", {"header_lines": 0}, [{"column_1": "1", "column_2": "2"}], id="no header"),
        pytest.param("a;b\n1;2\n\nSumme;9\nEnde\n\n", {"footer_lines": 2}, [{"a": "1", "b": "2"}], id="a footer"),
        pytest.param(
            'a;b;c\n1;2;x\n"Total May";9;\n;SUM;9\nx;sum;3\n',
            {"totals": ("total", "Sum")},
            [{"a": "1", "b": "2", "c": "x"}, {"a": "x", "b": "sum", "c": "3"}],
            id="totals",
        ),
        pytest.param("# x\na;b\n1;2\n# y\n", {"comment": "#"}, [{"a": "1", "b": "2"}], id="comments"),
        pytest.param('a;b\n"x\n# y";2\n', {"comment": "#"}, [{"a": "x\n# y", "b": "2"}], id="no comment in quotes"),
        pytest.param("# a;b\n1;2\n", {}, [{"a": "1", "b": "2"}], id="a header marked like a comment"),
        pytest.param('"a\nkWh";b\n1;2\n', {}, [{"a kWh": "1", "b": "2"}], id="a header cell of two lines"),
        pytest.param(TWO_BELOW, {"table": 1, "skip_lines": 1}, [{"a": "1", "b": "2"}], id="the upper table"),
        pytest.param(
            TWO_BELOW,
            {"table": 2, "skip_lines": 1},
            [{"c": "3", "d": "4"}, {"c": "5", "d": "6"}],
            id="the lower table",
        ),
        pytest.param("a;b;;a;b\n1;2;;3;4\n5;6;;;\n", {"first_column": 4}, [{"a": "3", "b": "4"}], id="the right table"),
        pytest.param(
            "a;b;;a;b\n1;2;;3;4\n",
            {"last_column": 2},
            [{"a": "1", "b": "2"}],
            id="the left table",
        ),
        pytest.param("a   b c\n1  2   3\n", {"delimiter": " "}, [{"a": "1", "b": "2", "c": "3"}], id="runs of blanks"),
        pytest.param(
            "a;b;c\n1;2\n3;4;5\n6;7;8;;\n",
            {"ragged": "fill"},
            [{"a": "1", "b": "2", "c": None}, {"a": "3", "b": "4", "c": "5"}, {"a": "6", "b": "7", "c": "8"}],
            id="short rows are filled",
        ),
        pytest.param(
            "a;b\n1;2;\n3;4;\n", {}, [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], id="rows end in a delimiter"
        ),
        pytest.param("a;b;\n1;2\n", {}, [{"a": "1", "b": "2"}], id="the header alone ends in a delimiter"),
        pytest.param(
            "a;b\n1; - \n", {"null_values": ("", "-")}, [{"a": "1", "b": None}], id="padded words for nothing"
        ),
        pytest.param(
            "a;b\n-9; -9 \n0;0\n",
            {"column_nulls": {"b": ("-9", "0")}},
            [{"a": "-9", "b": None}, {"a": "0", "b": None}],
            id="words for nothing in one column",
        ),
        pytest.param("a;b\r1;2\r", {}, [{"a": "1", "b": "2"}], id="CR alone ends lines"),
        pytest.param(
            STACKED,
            {"header_lines": 2, "unit_lines": 1},
            [{"Zeit": "t1", "Zähler 1 Bezug": "1", "Zähler 1 Lieferung": "2", "Zähler 2 Bezug": "3"}],
            id="a stacked header and units",
        ),
        pytest.param(
            "Reihe;1;2;\nPreis;5;6;\nEnergie;7;8;\n;;;\n",
            {"transpose": True},
            [{"Reihe": "1", "Preis": "5", "Energie": "7"}, {"Reihe": "2", "Preis": "6", "Energie": "8"}],
            id="lines that are columns",
        ),
        pytest.param(
            "Reihe;Einheit;1;2\nPreis;EUR/MWh;5;6\n",
            {"transpose": True, "unit_lines": 1},
            [{"Reihe": "1", "Preis": "5"}, {"Reihe": "2", "Preis": "6"}],
            id="lines that are columns, with units",
        ),
        pytest.param(
            "Tag;1;2;2B\nMo;5;6;\nDi;7;8;9\n",
            {"unpivot": {"keep": ("Tag",), "name": "Stunde", "value": "kWh"}},
            [
                {"Tag": "Mo", "Stunde": "1", "kWh": "5"},
                {"Tag": "Mo", "Stunde": "2", "kWh": "6"},
                {"Tag": "Di", "Stunde": "1", "kWh": "7"},
                {"Tag": "Di", "Stunde": "2", "kWh": "8"},
                {"Tag": "Di", "Stunde": "2B", "kWh": "9"},
            ],
            id="columns that are hours",
        ),
    ],
)
def test_a_table_is_read_where_it_lies(text: str, form: dict[str, Any], rows: list[Any]) -> None:
    assert read(text, **form) == rows


@pytest.mark.parametrize(
    ("text", "form", "says"),
    [
        pytest.param("a;b\n1;2\n" * 2, {"table": 3}, "no header was found", id="no such table"),
        pytest.param("a;b\n1;2\n", {"first_column": 3}, "there is no column 3", id="no such column"),
        pytest.param("a;b\n1;2\n", {"column_nulls": {"c": ("0",)}}, "there is no column 'c'", id="nothing of a column"),
        pytest.param("a;b\n1;2\n", {"unpivot": {"keep": ("c",)}}, "no column 'c' to keep", id="nothing to keep"),
        pytest.param("a;b\n1;2\n", {"unpivot": {"keep": ("a", "b")}}, "keeps every column", id="nothing to unpivot"),
        pytest.param("a;b;c\n1;2;3;4\n", {"ragged": "fill"}, "has 4 cells", id="a long row is not cut"),
        pytest.param("a;b\n" + "1;2\n" * 1601, {"transpose": True}, "too many to become columns", id="too many lines"),
        pytest.param('a;b\n1;"2\n3;4\n', {"footer_lines": 1}, "never closed", id="an open quote above a footer"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(text: str, form: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        read(text, **form)


def test_a_nameless_column_that_fills_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "PART_BYTES", 0)
    text = "a;b;\n" + "1;2;\n" * 400_000 + "1;2;3\n"
    with pytest.raises(SourceRefused, match="column_3 has no name"):
        read(text)


def test_rows_left_out_are_told_with_line_and_cells() -> None:
    source = content("a;b\n1;2\n3\n4;5\n6;7;8\n")
    (frame,) = read_delimited(source, CsvFormat(delimiter=";", ragged="skip"))
    assert frame.rows() == [("1", "2"), ("4", "5")]
    assert [(issue.where, issue.what) for issue in source.issues] == [
        ("row 2 below the header, about line 3", "left out: it has 1 cells, and there are 2 columns"),
        ("row 4 below the header, about line 5", "left out: it has 3 cells, and there are 2 columns"),
    ]


def test_lost_characters_are_told_with_row_and_column() -> None:
    source = content("a;b\n1;x\n2;Z\ufffdhler\n")
    list(read_delimited(source, CsvFormat(delimiter=";")))
    assert [issue.where for issue in source.issues] == ["row 2, column 'b'"]


def test_a_sign_that_latin_1_lacks_is_refused_and_not_read_as_nothing() -> None:
    source = Content.of("a;b\n1;5 €\n".encode("cp1252"), "meters.csv")
    with pytest.raises(SourceRefused, match="cp1252"):
        list(read_delimited(source, CsvFormat(delimiter=";", encoding="latin-1")))


def test_units_are_known_by_column() -> None:
    form = CsvFormat(delimiter=";", header_lines=2, unit_lines=1)
    units = {"Zeit": "[UTC]", "Zähler 1 Bezug": "kWh", "Zähler 1 Lieferung": "kWh", "Zähler 2 Bezug": "MWh"}
    assert read_units(content(STACKED), form) == units


def test_rows_of_cells_are_read_like_lines() -> None:
    rows = [[cell or None for cell in line.split(";")] for line in STACKED.splitlines()]
    (frame,) = read_table(rows, CsvFormat(header_lines=2, unit_lines=1), content(""))
    assert frame.to_dicts() == read(STACKED, header_lines=2, unit_lines=1)
