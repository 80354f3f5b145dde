"""Real kinds of energy files, detected alone: the shape and the names are right, whatever stands around the table."""

from __future__ import annotations

import polars as pl
import pytest

from include.collection.inspection import Detection
from include.connectors.content import Content
from include.connectors.detection.delimited import detect_delimited
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.energy_excerpts import EXCERPTS


def detect(body: bytes, **given: object) -> Detection | None:
    return detect_delimited(take_sample("meters.csv", lambda: Content.of(body, "meters.csv")), given)


def found(body: bytes, **given: object) -> Detection:
    detection = detect(body, **given)
    assert detection is not None
    return detection


def frame(body: bytes, detection: Detection, table: int = 0) -> pl.DataFrame:
    return pl.concat(list(read_frames(Content.of(body, "meters.csv"), detection.tables[table].form)))


@pytest.mark.parametrize(
    ("name", "shape", "first", "last"),
    [
        pytest.param("fronius", (48, 3), "[Datum und Uhrzeit]", "Gesamtanlage", id="fronius"),
        pytest.param("sma", (24, 3), "TT.MM.JJJJ hh:mm", "Anlage1 SN: 123 kW", id="sma"),
        pytest.param("solaredge", (24, 2), "Time", "System Production (W)", id="solaredge"),
        pytest.param("enphase", (24, 3), "Date/Time", "Energy Consumed (Wh)", id="enphase"),
        pytest.param("enedis", (48, 2), "Horodate", "Valeur", id="enedis"),
        pytest.param("edistribuzione", (960, 3), "Giorno", "value", id="edistribuzione"),
        pytest.param("octopus", (24, 3), "Consumption (kWh)", "End", id="octopus"),
        pytest.param("n3rgy", (24, 2), "timestamp (UTC)", "energyConsumption (kWh)", id="n3rgy"),
        pytest.param("pge", (24, 8), "TYPE", "NOTES", id="pge"),
        pytest.param("sce", (46, 3), "Energy consumption time period", "Reading quality", id="sce"),
        pytest.param("entsoe", (24, 4), "MTU (CET/CEST)", "BZN|DE-LU", id="entsoe"),
        pytest.param("nordpool", (24, 5), "column_1", "SE2", id="nordpool"),
        pytest.param("epex", (168, 3), "Date", "value", id="epex"),
        pytest.param("pvgis", (96, 7), "time", "Int", id="pvgis"),
        pytest.param("smard", (23, 4), "Datum von", "Wind Offshore [MWh]", id="smard"),
        pytest.param("eirgrid", (24, 4), "DATE & TIME", "REGION", id="eirgrid"),
        pytest.param("hdf", (24, 5), "MPRN", "Read Date and End Time", id="hdf"),
        pytest.param("uci", (60, 5), "Date", "Voltage", id="uci"),
        pytest.param("esios", (24, 6), "id", "datetime", id="esios"),
        pytest.param("ampds", (60, 3), "UNIX_TS", "RSE", id="ampds"),
        pytest.param("ausgrid", (576, 7), "Customer", "value", id="ausgrid"),
        pytest.param("ld2011", (24, 4), "column_1", "MT_003", id="ld2011"),
        pytest.param("aemo", (24, 5), "REGION", "PERIODTYPE", id="aemo"),
        pytest.param("toa5", (24, 4), "TIMESTAMP", "T_C_Avg", id="toa5"),
        pytest.param("meteo_space", (19, 4), "STN", "WIND", id="meteo_space"),
        pytest.param("ninja", (23, 3), "time", "electricity", id="ninja"),
        pytest.param("bsrn_hash", (19, 2), "Date", "Energy", id="bsrn_hash"),
        pytest.param("nohead", (24, 3), "column_1", "column_3", id="nohead"),
        pytest.param("stacked", (24, 6), "Meter Datum", "Zähler 2 Lieferung", id="stacked"),
        pytest.param("side", (12, 2), "Datum", "kWh", id="side"),
        pytest.param("below", (3, 3), "Datum", "Status", id="below"),
        pytest.param("years", (6, 3), "Country", "value", id="years"),
        pytest.param("monthly", (24, 3), "Year", "value", id="monthly"),
    ],
)
def test_an_export_is_understood(name: str, shape: tuple[int, int], first: str, last: str) -> None:
    body = EXCERPTS[name].encode()
    read = frame(body, found(body))
    assert (read.shape, read.columns[0], read.columns[-1]) == (shape, first, last)


def test_a_number_that_reads_both_ways_is_asked_about() -> None:
    asked = found(b"a;b\n1.234;x\n5.678;y\n")
    assert [question.key for question in asked.questions] == ["decimal"]
    assert asked.confidence < 0.7
    settled = found(b"a;b\n1.234;x\n5.678;y\n", decimal=".")
    assert not settled.questions
    assert settled.tables[0].form.numbers.decimal == "."


def test_a_comma_that_parts_cells_is_no_decimal_sign_beside_it() -> None:
    asked = found(b"day,p\n2024-01-01,20.130\n2024-01-02,22.990\n")
    assert (asked.questions, asked.tables[0].form.numbers.decimal) == ((), ".")


def test_single_numbers_that_are_written_otherwise_make_no_question() -> None:
    lines = [f"2024-01-01,{number / 7:.6f}" for number in range(1, 600)]
    asked = found("\n".join(["day,p", *lines, '2024-01-02,",5"', ""]).encode())
    assert (asked.questions, asked.tables[0].form.numbers.decimal) == ((), ".")


def test_one_column_is_never_taken_for_granted() -> None:
    single = found(b"value\n1\n2\n3\n")
    assert single.confidence < 0.5
    assert "delimiter" in [question.key for question in single.questions]
    assert detect(b"Dear reader,\nthis is a letter\nabout energy, of a kind\nbye\n") is None


def test_shifted_rows_are_told_and_left_out_until_the_owner_says_otherwise() -> None:
    body = ("a,b,c\n" + "2024-01-01,1,x\n" * 20 + "2024-01-01,5\n" + "2024-01-01,1,x\n" * 20).encode()
    ragged = found(body)
    assert [issue.where for issue in ragged.issues] == ["line 22"]
    assert "ragged" in [question.key for question in ragged.questions]
    assert frame(body, ragged).height == 40
    with pytest.raises(SourceRefused, match="line 22, has 2 cells"):
        frame(body, found(body, ragged="refuse"))


def test_tables_below_and_beside_each_other_are_found() -> None:
    below = EXCERPTS["below"].encode()
    assert [frame(below, found(below), table).height for table in (0, 1)] == [3, 2]
    beside = b"Datum;kWh;;Datum;kWh\n01.06.2024;1,5;;02.06.2024;2,5\n01.06.2024;1,5;;;\n"
    assert [frame(beside, found(beside), table).shape for table in (0, 1)] == [(2, 2), (1, 2)]


def test_a_footer_beyond_the_sample_is_found() -> None:
    rows = "".join(f"2024-01-01 00:00;{number},5\n" for number in range(60_000))
    body = f"Zeit;kWh\n{rows}Summe;12,5\n".encode()
    assert frame(body, found(body)).height == 60_000


def test_a_setting_that_is_none_names_those_that_are() -> None:
    with pytest.raises(ConfigurationInvalid, match="delimiter"):
        found(b"a;b\n1;2\n", delimeter=";")


@pytest.mark.parametrize("key", ["delimiter", "quote"])
def test_cells_are_parted_by_ascii_alone(key: str) -> None:
    body = "time，kWh\n".encode() + "2024-01-01，1\n".encode() * 9
    with pytest.raises(SourceRefused, match=f"`{key}` is no ASCII character"):
        frame(body, found(body, **{"delimiter": ",", key: "，"}))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"a,b\n" + b"1,2\n" * 99 + b"3,\x004\n", "line 101 holds a NUL", id="NUL"),
        pytest.param(
            b"a,b\n1,2\n3,\x1b4\n5,\x076\n" + b"7,8\n" * 20,
            r"line 3 holds a control .*0x1b.*encoding",
            id="a terminal's",
        ),
        pytest.param(b"a,b\n1,2\n3,caf\xe9\x074\n" + b"7,8\n" * 20, "line 3 holds a control", id="in another encoding"),
        pytest.param(b'a,b\n1,2\n"3,4\n' + b"5,6\n" * 200, "line 3 on, a quote", id="a quote that never closes"),
        pytest.param(b"x,1;" * (1 << 19), "longer than 1 MiB", id="everything in one line"),
        pytest.param(b",".join([b"c"] * 100_000) + b"\n", "50000 cells", id="100,000 columns"),
    ],
)
def test_what_cannot_be_a_table_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        detect(body)


def test_control_characters_are_read_where_the_owner_sets_the_encoding() -> None:
    body = b"time;kWh;note\n" + b"".join(b"2024-01-01 %02d:00;%d,5;x\x07\x1by\n" % (hour, hour) for hour in range(24))
    read = frame(body, found(body, encoding="utf-8"))
    assert (read.height, read["note"][0]) == (24, "x\x07\x1by")


def test_noise_is_no_table() -> None:
    assert detect(bytes(range(1, 256)) * 4000) is None
