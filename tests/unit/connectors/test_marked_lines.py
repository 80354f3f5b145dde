"""Delimited text whose lines say by their first cell what they are."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from include.collection.formats.delimited import CsvFormat
from include.collection.inspection import Inspection
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames
from include.errors import ConfigurationInvalid, SourceRefused

SCADA = [
    "C,NEMP.WORLD,DISPATCHSCADA,AEMO,PUBLIC,2024/05/01,00:05:05,0000000418284373,DISPATCHSCADA,0000000418284367",
    "I,DISPATCH,UNIT_SCADA,1,SETTLEMENTDATE,DUID,SCADAVALUE,LASTCHANGED",
    *(
        f'D,DISPATCH,UNIT_SCADA,1,"2024/05/01 00:0{m}:00",{unit},{m}.5,"2024/05/01 00:05:00"'
        for m in (0, 5)
        for unit in "AB"
    ),
    'C,"END OF REPORT",6',
]
PRICES = [
    "I,DREGION,,3,SETTLEMENTDATE,RUNNO,REGIONID,RRP",
    *(f'D,DREGION,,3,"2024/05/01 00:{m:02d}:00",1,NSW1,{m}.25' for m in range(5, 60, 5)),
]
LMP = [
    '"C","Real-Time Hourly LMP"',
    '"C","Report for: 03/04/2024 - 03/04/2024"',
    '"H","Date","Hour Ending","Location ID","LMP"',
    '"H","Date","String","Number","$/MWh"',
    *(f'"D","03/04/2024","{hour:02d}","4000","{hour}.11"' for hour in range(1, 25)),
    '"T","24"',
]


def inspect(tmp_path: Path, lines: list[str], name: str = "file.csv", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text("\n".join(lines) + "\n")
    return inspect_source(path, name, given)


def test_each_header_line_begins_a_table_of_its_own(tmp_path: Path) -> None:
    found = inspect(tmp_path, [SCADA[0], *PRICES, *SCADA[1:]])
    assert {table.name: table.rows for table in found.tables} == {"DREGION": 11, "DISPATCH UNIT_SCADA": 4}
    prices, scada = found.tables
    assert [column.name for column in prices.columns] == ["SETTLEMENTDATE", "RUNNO", "REGIONID", "RRP"]
    assert str(prices.columns[-1].total) == str(sum(range(5, 60, 5)) + 11 * 0.25)
    assert [column.name for column in scada.columns] == ["SETTLEMENTDATE", "DUID", "SCADAVALUE", "LASTCHANGED"]
    assert found.time
    assert (found.time.zone, found.time.last) == ("+10:00", "2024-05-01T00:55:00+10:00")


def test_the_owner_chooses_a_table_by_its_number_or_name(tmp_path: Path) -> None:
    for wanted in ("2", "DISPATCH UNIT_SCADA"):
        found = inspect(tmp_path, [SCADA[0], *PRICES, *SCADA[1:]], table=wanted)
        assert (found.tables[0].name, found.tables[0].rows) == ("DISPATCH UNIT_SCADA", 4)


def test_a_header_that_comes_again_goes_on_with_its_table(tmp_path: Path) -> None:
    found = inspect(tmp_path, [*PRICES[:4], *SCADA[1:4], *(PRICES[:1] + PRICES[4:])])
    assert {table.name: table.rows for table in found.tables} == {"DREGION": 11, "DISPATCH UNIT_SCADA": 2}


def test_a_table_far_down_is_found(tmp_path: Path) -> None:
    many = PRICES[1:] * 4_000
    found = inspect(tmp_path, [SCADA[0], PRICES[0], *many, *SCADA[1:]])
    assert {table.name: table.rows for table in found.tables} == {"DREGION": 44_000, "DISPATCH UNIT_SCADA": 4}


def test_a_second_header_line_holds_units_and_types(tmp_path: Path) -> None:
    found = inspect(tmp_path, LMP, "lmp_20240304.csv")
    (table,) = found.tables
    assert [(column.name, column.unit) for column in table.columns] == [
        *[("Date", None), ("Hour Ending", None), ("Location ID", None), ("LMP", "USD/MWh")]
    ]
    assert table.rows == 24
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-03-04T00:00:00", "2024-03-04T23:00:00")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["ZONE,DAY,MW", *(f"{z},2024-01-0{d},{d}" for d in range(1, 9) for z in "AB")], id="series"),
        pytest.param(["I,V,W", *(f"D,{at},{at}" for at in range(9))], id="one name only, and one value"),
    ],
)
def test_a_first_column_of_few_words_is_a_column(tmp_path: Path, lines: list[str]) -> None:
    found = inspect(tmp_path, lines)
    assert len(found.tables[0].columns) in {2, 3}
    assert found.tables[0].rows == len(lines) - 1


def test_more_tables_than_anybody_writes_are_refused() -> None:
    body = "\n".join(line for at in range(1_100) for line in (f"I,x{at},b", f"D,{at},1")).encode()
    form = CsvFormat(header_mark="I", row_mark="D", table=2)
    with pytest.raises(SourceRefused, match="tables"):
        pl.concat(read_frames(Content.of(body, "x"), form))


def test_marks_go_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="go together"):
        inspect(tmp_path, LMP, row_mark="D")
