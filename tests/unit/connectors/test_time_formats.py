"""How times are written."""

from __future__ import annotations

import polars as pl
import pytest

from include.cim.written_times import read_times
from include.connectors.detection.time_formats import as_mapped, find_formats


@pytest.mark.parametrize(
    ("cell", "form", "moment"),
    [
        ("2021-10-12T00:15:00.123+02:00", "%Y-%m-%dT%H:%M:%S.%f%z", "2021-10-11 22:15:00.123000"),
        ("2024-01-01T00:00Z", "%Y-%m-%dT%H:%M%z", "2024-01-01 00:00:00"),
        ("2019-09-01 09:56:18-07:00", "%Y-%m-%d %H:%M:%S%z", "2019-09-01 16:56:18"),
        ("2024-01-01 00:00:00 UTC", "%Y-%m-%d %H:%M:%S%z", "2024-01-01 00:00:00"),
        ("20240101T000000Z", "%Y%m%dT%H%M%S%z", "2024-01-01 00:00:00"),
        ("20180101:0000", "%Y%m%d:%H%M", "2018-01-01 00:00:00"),
        ("20180101:2400", "%Y%m%d:%H%M", "2018-01-02 00:00:00"),
        ("202401011230", "%Y%m%d%H%M", "2024-01-01 12:30:00"),
        ("210606140010", "%y%m%d%H%M%S", "2021-06-06 14:00:10"),
        ("31.12.2024 24:00", "%d.%m.%Y %H:%M", "2025-01-01 00:00:00"),
        ("13/02/24 5:07 PM", "%d/%m/%y %I:%M %p", "2024-02-13 17:07:00"),
        ("13.02.2024 05.07 PM", "%d.%m.%Y %I.%M %p", "2024-02-13 17:07:00"),
        ("02/13/2024 5:07", "%m/%d/%Y %H:%M", "2024-02-13 05:07:00"),
        ("01.01.2024 00:00 - 01.01.2024 01:00", "%d.%m.%Y %H:%M", "2024-01-01 00:00:00"),
        ("1 janvier 2024", "%d %b %Y", "2024-01-01 00:00:00"),
        ("1. März 2024", "%d %b %Y", "2024-03-01 00:00:00"),
        ("5 de enero de 2024", "%d %b %Y", "2024-01-05 00:00:00"),
        ("27-okt-2024", "%d-%b-%Y", "2024-10-27 00:00:00"),
        ("15-MAY-24", "%d-%b-%y", "2024-05-15 00:00:00"),
        ("3 luglio 2024", "%d %b %Y", "2024-07-03 00:00:00"),
        ("Jan 5, 2024", "%b %d, %Y", "2024-01-05 00:00:00"),
        ("2024-W05-1", "%G-W%V-%u", "2024-01-29 00:00:00"),
        ("2024-W05", "%G-W%V", "2024-01-29 00:00:00"),
        ("2024W05", "%GW%V", "2024-01-29 00:00:00"),
        ("2021-KW1", "%G-KW%V", "2021-01-04 00:00:00"),
        ("KW 53/2020", "KW %V/%G", "2020-12-28 00:00:00"),
        ("Week 5 2024", "Week %V %G", "2024-01-29 00:00:00"),
        ("2024-01", "%Y-%m", "2024-01-01 00:00:00"),
        ("1700000000", "epoch_s", "2023-11-14 22:13:20"),
        ("1700000000000", "epoch_ms", "2023-11-14 22:13:20"),
        ("2023-11-14T23:13:20.000001Z+0100", "%Y-%m-%dT%H:%M:%S.%f%z", "2023-11-14 22:13:20.000001"),
        ("14h30", "%Hh%M", "1970-01-01 14:30:00"),
    ],
)
def test_a_time_is_read_as_it_is_written(cell: str, form: str, moment: str) -> None:
    assert find_formats([cell])[0] == form
    assert [str(time) for time in read_times(pl.Series([cell]), form)] == [moment]


@pytest.mark.parametrize(
    "cell",
    [
        "Meter 5",
        "CA-311",
        "12.5",
        "1.2345",
        "2_39_125_21_2019-09-01 16:56:17",
        "541448820000000001",
        "99:99",
        "31/31/2024",
        "2021-W53",
        "02:00C",
        "12:00A",
        "20240131P",
        "20240131 PM",
    ],
)
def test_what_is_no_time_has_no_format(cell: str) -> None:
    assert find_formats([cell]) == ()


def test_the_same_texts_are_read_once_and_stand_where_they_stood() -> None:
    texts = pl.Series(["2024-01-01", None, "x", "2024-01-02", "2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01"])
    first, second = "2024-01-01 00:00:00", "2024-01-02 00:00:00"
    read = [time and str(time) for time in read_times(texts, "%Y-%m-%d")]
    assert read == [first, None, None, second, first, first, first, first]


def test_the_owners_order_leaves_one_reading() -> None:
    assert find_formats(["03/04/2024"], "mdy") == ("%m/%d/%Y",)
    assert find_formats(["2024-04-03"], "mdy") == ("%Y-%m-%d",)


def test_a_z_before_the_offset_of_the_clock_tells_nothing() -> None:
    """How mosquitto_sub writes when a message came."""
    texts = pl.Series(["2026-10-25T02:30:00.5Z+0200", "2026-10-25T02:30:00.5Z+0100", "2026-10-25T02:30:00Z"])
    read = [str(time) for time in read_times(texts, "iso8601")]
    assert read == ["2026-10-25 00:30:00.500000", "2026-10-25 01:30:00.500000", "2026-10-25 02:30:00"]


def test_a_mapping_rule_knows_iso_by_its_name() -> None:
    assert as_mapped("%Y-%m-%dT%H:%M:%S%z") == "iso8601"
    assert as_mapped("%d-%m-%Y %H:%M") == "%d-%m-%Y %H:%M"


@pytest.mark.parametrize(
    ("cells", "form", "moments"),
    [
        (["00:00-00:15", "23:45-24:00"], "%H:%M", ["1970-01-01 00:00:00", "1970-01-01 23:45:00"]),
        (["9:00–10:00"], "%H:%M", ["1970-01-01 09:00:00"]),
        (
            ["01.09.2024 00:00-01:00", "01.09.2024 01:00-02:00", "01.09.2024 02:00-03:00"],
            "%d.%m.%Y %H:%M",
            ["2024-09-01 00:00:00", "2024-09-01 01:00:00", "2024-09-01 02:00:00"],
        ),
        (
            ["2024-03-10 00:00-08:00", "2024-03-10 12:00-07:00"],
            "%Y-%m-%d %H:%M%z",
            ["2024-03-10 08:00:00", "2024-03-10 19:00:00"],
        ),
    ],
)
def test_a_clock_behind_a_time_is_an_end_or_an_offset(cells: list[str], form: str, moments: list[str]) -> None:
    assert find_formats(cells)[0] == form
    assert [str(time) for time in read_times(pl.Series(cells), form)] == moments


def test_a_mark_is_read_only_in_the_hours_that_may_come_twice() -> None:
    """There 2:00A is the same time where A is short for AM; 12:00A would be noon instead of midnight."""
    texts = pl.Series(["02:00A", "2:15 b", "2B:30", "03:00:00B", "12:00A", "11:15B", "4:00A"])
    read = read_times(texts, "%H:%M").dt.strftime("%H:%M").to_list()
    assert read[:3] == ["02:00", "02:15", "02:30"]
    assert read[4:] == [None] * 3
    assert read_times(texts, "%H:%M:%S").dt.strftime("%H:%M").to_list()[3] == "03:00"


def test_words_in_some_cells_of_a_column_change_nothing_in_the_others() -> None:
    moments = ["2024-01-01T12:00Z", "2024-01-01T12:00 MESZ", "2024-01-01T12:00 CEST", "2024-01-01T12:00 EST", "", "x"]
    hours = [12, 10, 10, 17, None, None]
    for form in ("%Y-%m-%dT%H:%M%z", "iso8601"):
        read = read_times(pl.Series(moments), form)
        assert read.dt.hour().to_list() == hours
    days = pl.Series(["25AUG2024", "25aug2024", "25August2024", "25Ago2024", None])
    assert read_times(days, "%d%b%Y").dt.month().to_list() == [8, 8, 8, None, None]
    mixed = pl.Series(["27-Oct-2024 1:15 PM", "27-okt-2024 1:15 p.m.", "27-Ott-2024 1:15p"])
    assert set(read_times(mixed, "%d-%b-%Y %I:%M %p").dt.strftime("%m %H:%M")) == {"10 13:15"}
