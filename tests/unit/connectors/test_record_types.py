"""Formats whose lines say what they are: NEM12, NEM13, P1 telegrams."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.dsmr import crc16
from include.errors import SourceRefused
from tests.unit.connectors.documents import detect_bytes, read_tables


def readings(body: bytes, **given: str) -> pl.DataFrame:
    return read_tables(body, **given)["readings"]


def day(values: list[str], quality: str = "A,,,20050310121004,20050310182204", date: str = "20050301") -> str:
    return f"300,{date},{','.join(values)},{quality}"


def nem12(*lines: str, length: int = 30, unit: str = "kWh") -> bytes:
    """A file with one stream, as the examples in AEMO's specification have it."""
    stream = f"200,NEM1201009,E1E2,1,E1,N1,01009,{unit},{length},20050610"
    return "\r\n".join(["100,NEM12,200506081149,UNITEDDP,NEMMCO", stream, *lines, "900", ""]).encode()


def test_every_interval_of_a_day_is_a_row_in_australian_eastern_standard_time() -> None:
    frame = readings(nem12(day(["0.461", "0.810"] * 24)))
    assert frame.height == 48
    assert sum(map(Decimal, frame["value"])) == Decimal("30.504")
    first, last = frame.row(0, named=True), frame.row(-1, named=True)
    assert (first["start"], first["end"]) == ("2005-03-01T00:00:00+10:00", "2005-03-01T00:30:00+10:00")
    assert last["end"] == "2005-03-02T00:00:00+10:00"
    assert (first["nmi"], first["suffix"], first["meter"], first["unit"]) == ("NEM1201009", "E1", "01009", "kWh")
    assert set(frame["quality"]) == {"A"}


@pytest.mark.parametrize(("length", "rows"), [(5, 288), (15, 96), (30, 48)])
def test_the_interval_length_says_how_many_there_are(length: int, rows: int) -> None:
    frame = readings(nem12(day(["1.5"] * rows), length=length))
    assert frame.height == rows
    assert frame["end"][0] == f"2005-03-01T00:{length:02}:00+10:00"


def test_records_400_say_the_quality_of_their_intervals() -> None:
    events = ("400,1,20,F14,76,", "400,21,24,A,,", "400,25,48,S14,51,read error")
    frame = readings(nem12(day(["1.111"] * 48, "V,,,20050310121004,20050310182204"), *events))
    assert frame["quality"].to_list() == ["F14"] * 20 + ["A"] * 4 + ["S14"] * 24
    assert (frame["reason_code"][0], frame["reason_code"][20], frame["reason"][47]) == ("76", None, "read error")


def test_streams_and_days_follow_one_another() -> None:
    second = "200,NEM1201009,E1E2,2,Q2,,01009,KVARH,30,20050610"
    body = nem12(
        day(["1"] * 48), day(["2"] * 48, date="20050302"), "500,O,S01009,20050310121004,", second, day(["0.25"] * 48)
    )
    frame = readings(body)
    assert frame.group_by("suffix", "unit", maintain_order=True).len().rows() == [
        ("E1", "kWh", 96),
        ("Q2", "kvarh", 48),
    ]


def test_accumulated_readings_of_nem13_are_rows_as_well() -> None:
    body = b"""100,NEM13,200401011200,MDA1,Ret1
250,1234567890,1141,001,11,11,METSER66,E,000021.2,20031001103230,A,,,000534.5,20040201100030,E64,77,,343.5,kWh,20040509,20040202125010,20040203000130
550,N,,A,
900
"""
    row = readings(body).row(0, named=True)
    assert (row["nmi"], row["value"], row["unit"], row["quality"]) == ("1234567890", "343.5", "kWh", "E64")
    assert (row["start"], row["end"]) == ("2003-10-01T10:32:30+10:00", "2004-02-01T10:00:30+10:00")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(nem12(day(["1"] * 47)), "no 48 values with a quality flag behind them", id="a value is missing"),
        pytest.param(nem12(day(["1"] * 48), length=5), "no 288 values", id="another interval length"),
        pytest.param(nem12(day(["1"] * 48)).replace(b"900\r\n", b""), "record 900 is missing", id="cut off"),
        pytest.param(nem12(day(["1"] * 48), "400,40,49,A,,"), "record 400 that belongs to no intervals", id="400"),
        pytest.param(nem12(day(["1"] * 48, date="20050231")), "no date where one belongs", id="no such day"),
        pytest.param(nem12("310,1"), "no record indicator", id="an unknown record"),
        pytest.param(b"100,NEM12,1,A,B\n" + day(["1"] * 48).encode() + b"\n900", "before any record 200", id="no 200"),
        pytest.param(nem12(), "no interval", id="no interval"),
        pytest.param(nem12(day(["1"] * 48)) + b"300,1", "follows the record 900", id="behind the end"),
    ],
)
def test_meter_data_that_does_not_fit_is_refused_with_its_line(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        readings(body)
    assert says in str(raised.value)


def telegram(*lines: str, checksum: bool = True, end: str = "\r\n") -> bytes:
    text = "\r\n".join(("/ISk5\\2MT382-1000", "", *lines, "!"))
    sealed = f"{text}{crc16(text):04X}\r\n" if checksum else f"{text}\r\n"
    return sealed.replace("\r\n", end).encode()


METER = "0-0:96.1.1(4B384547303034303436333935353037)"
DSMR5 = (
    "1-3:0.2.8(50)",
    "0-0:1.0.0(170102192002W)",
    METER,
    "1-0:1.8.1(000004.426*kWh)",
    "1-0:2.8.1(000002.444*kWh)",
    "0-0:96.14.0(0002)",
    "1-0:1.7.0(00.244*kW)",
    "1-0:99.97.0(1)(0-0:96.7.19)(101208152415W)(0000000240*s)",
    "0-0:96.13.0()",
    "1-0:32.7.0(0230.0*V)",
    "0-1:24.1.0(003)",
    "0-1:96.1.0(3232323241424344313233343536373839)",
    "0-1:24.2.1(170102161005W)(00000.107*m3)",
)


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert crc16("123456789") == 0xBB3D  # the check value of CRC-16/ARC


def test_every_value_of_a_telegram_is_a_row_with_its_unit_and_its_own_time() -> None:
    frame = readings(telegram(*DSMR5))
    by_code = {row["obis"]: row for row in frame.iter_rows(named=True)}
    energy, gas = by_code["1-0:1.8.1"], by_code["0-1:24.2.1"]
    assert (energy["value"], energy["unit"], energy["name"]) == ("4.426", "kWh", "energy imported, tariff 1")
    assert (energy["time"], energy["meter"], energy["tariff"]) == (
        "2017-01-02T19:20:02+01:00",
        "K8EG004046395507",
        "0002",
    )
    assert (gas["value"], gas["unit"], gas["time"]) == ("0.107", "m3", "2017-01-02T16:10:05+01:00")
    assert gas["meter"] == "2222ABCD123456789"
    assert by_code["1-0:99.97.0"]["value"] is None
    assert by_code["0-0:96.13.0"]["text"] is None


def test_several_telegrams_with_other_lines_between_them_and_without_carriage_returns() -> None:
    summer = [line.replace("170102192002W", "170702192002S") for line in DSMR5]
    body = telegram(*DSMR5) + b"# a logger's line\n\n" + telegram(*summer, end="\n")
    times = readings(body)["telegram_time"].unique(maintain_order=True).to_list()
    assert times == ["2017-01-02T19:20:02+01:00", "2017-07-02T19:20:02+02:00"]


def test_a_telegram_of_dsmr_2_has_no_checksum_and_breaks_the_line_of_its_gas_value() -> None:
    body = telegram(
        METER,
        "1-0:1.8.1(00001.001*kWh)",
        "0-1:96.1.0(3232323241424344313233343536373839)",
        "0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)",
        "(00001.001)",
        "0-1:24.4.0(1)",
        checksum=False,
    )
    gas = readings(body).filter(obis="0-1:24.3.0").row(0, named=True)
    assert (gas["value"], gas["unit"], gas["time"]) == ("1.001", "m3", "2016-11-07T19:00:00")
    assert gas["telegram_time"] is None


def test_a_telegram_without_a_time_is_told(tmp_path: Path) -> None:
    body = telegram(
        METER, "1-0:1.8.1(1.5*kWh)", "0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)", "(2.5)", checksum=False
    )
    (tmp_path / "p1.txt").write_bytes(body * 3)
    issues = inspect_source(tmp_path / "p1.txt", "p1.txt", {}).issues
    assert "telegrams without a time (DSMR 2 and 3): 3 of 6 readings have none" in [issue.what for issue in issues]
    (tmp_path / "p1.txt").write_bytes(telegram(*DSMR5))
    assert not any("without a time" in issue.what for issue in inspect_source(tmp_path / "p1.txt", "p1", {}).issues)


def test_three_phases_two_devices_and_the_colons_of_dsmr_4() -> None:
    """The example of the standard's version 4.0 writes 99:97.0 and 72:32.0."""
    frame = readings(
        telegram(
            *DSMR5[:3],
            "1-0:99:97.0(2)(0:96.7.19)(101208152415W)(0000000240*s)(101208151004W)(00000000301*s)",
            "1-0:72:32.0(00003)",
            *(f"1-0:{phase}1.7.0(00{phase}*A)" for phase in (3, 5, 7)),
            *(f"1-0:{phase}2.7.0(023{phase}.1*V)" for phase in (3, 5, 7)),
            "0-1:96.1.0(3232323241424344313233343536373839)",
            "0-1:24.2.1(101209110000W)(12785.123*m3)",
            "0-2:96.1.0()",
            "0-2:24.2.1(101209120000W)(00012.500*GJ)",
        )
    )
    names = dict(zip(frame["obis"], frame["name"], strict=True))
    assert names["1-0:99.97.0"] == "power failure log"
    assert names["1-0:72.32.0"] == "voltage sags, phase 3"
    assert [row["value"] for row in frame.iter_rows(named=True) if row["unit"] == "V"] == ["233.1", "235.1", "237.1"]
    heat = frame.filter(obis="0-2:24.2.1").row(0, named=True)
    assert (heat["value"], heat["unit"], heat["time"]) == ("12.500", "GJ", "2010-12-09T12:00:00+01:00")
    assert frame.filter(obis="0-1:24.2.1")["meter"].item() == "2222ABCD123456789"
    assert heat["meter"] is None


def test_several_meters_with_intervals_of_several_lengths_and_qualities(tmp_path: Path) -> None:
    body = "\r\n".join(
        [
            "100,NEM12,202401011149,MDA1,RET1",
            "200,NEM1201009,E1B1,1,E1,N1,01009,kWh,30,20240610",
            day(["0.5"] * 48, "V,,,20240302121004,20240302182204", "20240301"),
            "400,1,20,A,,",
            "400,21,48,S14,32,estimated",
            day(["0.7"] * 48, date="20240302"),
            "200,NEM1201009,E1B1,2,B1,N1,01009,kWh,30,20240610",
            day(["0.1"] * 48, date="20240301"),
            "500,O,S01009,20240310121004,",
            "200,NEM1202000,E1,1,E1,N1,02000,Wh,5,20240610",
            day(["2"] * 288, date="20240301"),
            "900",
            "",
        ]
    ).encode()
    frame = readings(body)
    totals = {
        key: sum(map(Decimal, group["value"]))
        for key, group in frame.group_by("nmi", "suffix", "unit", "quality", "interval_min")
    }
    assert totals == {
        ("NEM1201009", "E1", "kWh", "A", "30"): Decimal("43.6"),
        ("NEM1201009", "E1", "kWh", "S14", "30"): Decimal("14.0"),
        ("NEM1201009", "B1", "kWh", "A", "30"): Decimal("4.8"),
        ("NEM1202000", "E1", "Wh", "A", "5"): Decimal(576),
    }
    (tmp_path / "nem12.csv").write_bytes(body)
    told = [issue.what for issue in inspect_source(tmp_path / "nem12.csv", "nem12.csv", {}).issues]
    assert "intervals are of several lengths: PT5M, PT30M" in told
    assert not any("steps longer" in what for what in told)


def test_a_damaged_telegram_is_refused_or_left_out_and_told() -> None:
    damaged = telegram(*DSMR5).replace(b"000004.426", b"000009.426")
    body = telegram(*DSMR5) + damaged
    with pytest.raises(SourceRefused, match="telegram 2: its checksum differs"):
        readings(body)
    assert readings(body, damaged="skip").height == readings(telegram(*DSMR5)).height


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(telegram(*DSMR5)[:-9], "the file ends in it", id="cut off"),
        pytest.param(telegram(*DSMR5)[:-9] + b"\r\n" + telegram(*DSMR5), "another one begins in it", id="no end"),
        pytest.param(telegram(*DSMR5, "1-0:1.8.2(12"), "no OBIS code", id="a broken line"),
        pytest.param(
            telegram("0-0:1.0.0(171302192002W)", "1-0:1.8.1(1*kWh)"), "time that does not exist", id="month 13"
        ),
        pytest.param(
            telegram(*DSMR5, *["0-0:96.13.0(" + "30" * 500 + ")"] * 70), "longer than 64 KiB", id="no end in sight"
        ),
    ],
)
def test_what_is_no_whole_telegram_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        readings(body)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(nem12(day(["1"] * 48)), "nem12", id="NEM12"),
        pytest.param(nem12(day(["1"] * 48)).split(b"\r\n", 1)[1], "nem12", id="NEM12 without its first record"),
        pytest.param(b"\xef\xbb\xbf" + nem12(day(["1"] * 48)), "nem12", id="NEM12 with a byte order mark"),
        pytest.param(telegram(*DSMR5), "dsmr", id="a telegram"),
        pytest.param(b"2024-01-01 started\n" + telegram(*DSMR5), "dsmr", id="a telegram in a log"),
    ],
)
def test_they_are_told_by_their_lines(body: bytes, kind: str) -> None:
    assert detect_bytes(body).tables[0].form.kind == kind
