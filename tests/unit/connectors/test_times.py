"""How a table tells time: zone, span, resolution, gaps, and what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from include.cim.number_style import NumberStyle
from include.cim.zone import read_zone
from include.connectors.detection.profile import profile_table
from include.connectors.detection.times import Timed, profile_time
from include.errors import ConfigurationInvalid

START = datetime(2024, 1, 1, tzinfo=UTC)


def timed(frame: pl.DataFrame, hints: str = "", order: str | None = None, pieces: int = 1, **given: Any) -> Timed:
    size = -(-frame.height // pieces)
    frames = iter([*frame.iter_slices(size)])
    profiled = profile_table("t", frames, NumberStyle(), order=order)
    found = profile_time(profiled.axes, profiled.columns, hints, given.get("zone"), given.get("label"))
    assert found is not None
    return found


def local(
    zone: str, step: timedelta, count: int, start: datetime = START, form: str = "%Y-%m-%d %H:%M"
) -> pl.DataFrame:
    """A clock of the zone, at regular instants, and a reading."""
    moments = [(start + number * step).astimezone(ZoneInfo(zone)) for number in range(count)]
    return pl.DataFrame({"time": [moment.strftime(form) for moment in moments], "energy_kwh": ["1"] * count})


def times(cells: Iterable[str], name: str = "time", **others: list[str]) -> pl.DataFrame:
    return pl.DataFrame({name: list(cells), **others})


def keys(found: Timed) -> list[str]:
    return [question.key for question in found.questions]


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 366 * 24


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "Europe/London", "Europe/Athens", "Pacific/Auckland"],
)
def test_a_clock_that_changes_tells_its_zone_and_nothing_is_missing(zone: str, pieces: int) -> None:
    found = timed(local(zone, HOUR, YEAR), pieces=pieces)
    days = [START + number * DAY for number in range(366)]
    assert found.profile.zone is not None
    told = ZoneInfo(found.profile.zone)
    assert all(day.astimezone(told).utcoffset() == day.astimezone(ZoneInfo(zone)).utcoffset() for day in days)
    assert found.profile.resolution == "PT1H"
    assert "zone" not in keys(found)
    assert [issue for issue in found.issues if "column" in issue.where] == []


def test_hints_order_the_zones_of_one_clock() -> None:
    assert timed(local("Europe/Berlin", HOUR, YEAR), "Fecha;Hora;Energía").profile.zone == "Europe/Madrid"
    assert (
        timed(local("Europe/Berlin", HOUR, YEAR), "een export van Fluvius: tijdstip, verbruik").profile.zone
        == "Europe/Brussels"
    )


def test_where_zones_of_several_clocks_fit_it_is_asked() -> None:
    found = timed(local("America/Chicago", HOUR, YEAR), "ERCOT load")
    assert found.profile.zone is None
    (question,) = [each for each in found.questions if each.key == "zone"]
    assert question.options[0] == "America/Chicago"
    assert {"America/New_York", "America/Los_Angeles"} <= set(question.options)
    assert found.profile.first == "2023-12-31T18:00:00"


def test_a_clock_that_never_changes_is_no_zone_that_does() -> None:
    found = timed(local("UTC", HOUR, YEAR), "Datum, Uhrzeit, Verbrauch")
    assert found.profile.zone is None
    (question,) = [each for each in found.questions if each.key == "zone"]
    assert "never changed" in question.what
    assert question.options == ("UTC", "+01:00")


def test_where_nothing_tells_the_zone_it_is_asked_and_taken() -> None:
    frame = local("Europe/Brussels", HOUR, 48)
    assert "zone" in keys(timed(frame))
    found = timed(frame, zone="Europe/Brussels")
    assert "zone" not in keys(found)
    assert found.profile.first == "2024-01-01T01:00:00+01:00"


@pytest.mark.parametrize(
    ("name", "hints", "zone"),
    [
        ("time(UTC)", "", "UTC"),
        ("MTU (CET/CEST)", "Day-ahead Price", "Europe/Brussels"),
        ("time", '"timezone": "Europe/Rome"', "Europe/Rome"),
        ("time", '"utc_offset_seconds":0,', "UTC"),
    ],
)
def test_a_name_tells_the_zone(name: str, hints: str, zone: str) -> None:
    assert timed(times(["2024-01-01 00:00", "2024-01-01 01:00"], name), hints).profile.zone == zone


def test_written_offsets_are_the_zone() -> None:
    moments = [(START + number * 30 * DAY).astimezone(ZoneInfo("Europe/Paris")).isoformat() for number in range(12)]
    found = timed(times(moments), "horodate")
    assert (found.profile.zone, found.profile.first) == ("Europe/Paris", "2024-01-01T01:00:00+01:00")
    assert timed(times(["2024-01-01T00:00:00-03:00"])).profile.zone == "-03:00"
    assert timed(times(["2024-01-01T00:00:00Z"])).profile.zone == "UTC"


@pytest.mark.parametrize("text", ["Bruxelles", "Europe/Brusels", "+25:00", ""])
def test_an_unknown_zone_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="zone"):
        read_zone(text)


def test_gaps_and_repeats_are_counted_with_their_first_row() -> None:
    cells = [f"2024-01-01 {hour:02d}:00" for hour in (0, 1, 2, 5, 6, 6, 7, 8, 9, 12, 13, 14, 15, 16)]
    issues = {issue.where.split(",")[0]: issue.what for issue in timed(times(cells)).issues}
    assert "2 times" in issues["row 4"]
    assert "once" in issues["row 6"]


def test_series_are_told_apart() -> None:
    cells = [
        (f"2024-01-01 {hour:02d}:{minute:02d}", meter) for hour in range(24) for minute in (0, 30) for meter in "abc"
    ]
    frame = times([cell for cell, _ in cells], meter=[meter for _, meter in cells])
    found = timed(frame.filter(~((pl.col("meter") == "b") & (pl.col("time") == "2024-01-01 05:00"))))
    assert found.profile.resolution == "PT30M"
    (issue,) = found.issues
    assert "PT30M come once" in issue.what


def test_a_file_that_runs_backwards_has_its_resolution_too() -> None:
    found = timed(local("UTC", HOUR, 48).reverse())
    assert (found.profile.resolution, found.profile.first) == ("PT1H", "2024-01-01T00:00:00")
    assert found.issues == ()


def test_times_without_a_rhythm_have_no_resolution() -> None:
    cells = [(START + timedelta(minutes=number * number)).isoformat() for number in range(50)]
    assert timed(times(cells)).profile.resolution is None


@pytest.mark.parametrize(
    ("cells", "resolution"),
    [
        ([f"2024-{month:02d}-01" for month in range(1, 13)], "P1M"),
        ([f"2024-{month:02d}" for month in range(1, 13)], "P1M"),
        ([f"{year}-01-01" for year in range(2010, 2024)], "P1Y"),
        ([f"2024-01-{day:02d}" for day in range(1, 31)], "P1D"),
        ([f"2024-01-01 00:00:{second:02d}" for second in range(60)], "PT1S"),
    ],
)
def test_the_resolution_is_what_people_call_it(cells: list[str], resolution: str) -> None:
    assert timed(times(cells)).profile.resolution == resolution


def test_a_date_that_reads_both_ways_is_asked_and_taken() -> None:
    cells = [f"{day:02d}/02/2024" for day in range(1, 13)]
    found = timed(times(cells))
    (question,) = [each for each in found.questions if each.key == "date_order"]
    assert set(question.options) == {"dmy", "mdy"}
    assert timed(times(cells), order="mdy").profile.last == "2024-12-02T00:00:00"
    assert timed(times(cells), order="dmy").profile.last == "2024-02-12T00:00:00"
    assert "date_order" not in keys(timed(times([*cells, "13/02/2024"])))


def test_days_that_follow_one_another_hour_by_hour_tell_their_order() -> None:
    cells = [f"{day:02d}/03/2024 {hour:02d}:00" for day in range(1, 6) for hour in range(24)]
    found = timed(times(cells))
    assert "date_order" not in keys(found)
    assert found.profile.format == "%d/%m/%Y %H:%M"


def test_a_typical_year_is_no_heap_of_gaps() -> None:
    years = [1996, 2003, 1988, 2001, 1999, 1990, 2010, 2004, 1992, 1985, 2012, 1997]
    cells = []
    for month, year in enumerate(years, start=1):
        moment = datetime(year, month, 1)  # noqa: DTZ001  # a clock's own time
        while moment.month == month:
            if (moment.month, moment.day) != (2, 29):
                cells.append(moment.strftime("%Y-%m-%d %H:%M"))
            moment += HOUR
    found = timed(times(cells))
    (issue,) = found.issues
    assert "typical year" in issue.what
    assert found.profile.first == "1996-01-01T00:00:00"
    assert found.profile.last == "1997-12-31T23:00:00"


def clock(minutes: int) -> str:
    return f"2024-01-{1 + minutes // 1440:02d} {minutes % 1440 // 60:02d}:{minutes % 60:02d}"


@pytest.mark.parametrize(
    ("frame", "label"),
    [
        (lambda: times(clock(15 * number) for number in range(96)), "start"),
        (lambda: times(clock(15 * number) for number in range(1, 97)), "end"),
        (lambda: times(["2024-01-01 12:00", "2024-01-01 24:00"]), "end"),
        (lambda: times(["2024-01-01 12:00"], "interval_end"), "end"),
        (lambda: times(["2024-01-01 12:00"], "Zeitstempel bis"), "end"),
        (lambda: times(["2024-01-01 12:00"], "Von"), "start"),
        (lambda: times(["2024-01-01 00:00"], "from", until=["2024-01-01 01:00"]), "start"),
        (lambda: times(clock(15 * number + 480) for number in range(20)), None),
    ],
)
def test_which_end_of_an_interval_a_time_names(frame: Callable[[], pl.DataFrame], label: str | None) -> None:
    assert timed(frame()).profile.interval_label == label


def test_the_end_of_an_interval_is_asked_where_something_was_counted() -> None:
    cells = [clock(15 * number + 480) for number in range(20)]
    assert "interval_label" in keys(timed(times(cells, energy_kwh=["1"] * 20)))
    assert "interval_label" not in keys(timed(times(cells, power_kw=["1"] * 20)))
    assert "interval_label" not in keys(timed(times(cells, energy_kwh=["1"] * 20), label="end"))


@pytest.mark.parametrize(
    ("columns", "form", "first", "last", "resolution"),
    [
        (
            {"date": ["2024-01-01"] * 24, "hour": [str(hour) for hour in range(24)]},
            "%Y-%m-%d %H",
            "2024-01-01T00:00:00",
            "2024-01-01T23:00:00",
            "PT1H",
        ),
        (
            {"Date": ["2024-01-01"] * 24, "HE": [f"{hour:02d}" for hour in range(1, 25)]},
            "%Y-%m-%d",
            "2024-01-01T00:00:00",
            "2024-01-01T23:00:00",
            "PT1H",
        ),
        (
            {"settlement_date": ["2024-01-01"] * 48, "settlement_period": [str(each) for each in range(1, 49)]},
            "%Y-%m-%d",
            "2024-01-01T00:00:00",
            "2024-01-01T23:30:00",
            "PT30M",
        ),
        (
            {"Year": ["2024"] * 24, "Month": ["1"] * 24, "Day": ["2"] * 24, "Hour": [str(hour) for hour in range(24)]},
            "%Y %m %d %H",
            "2024-01-02T00:00:00",
            "2024-01-02T23:00:00",
            "PT1H",
        ),
        (
            {"Datum": ["01.02.2024", "01.02.2024"], "Uhrzeit": ["00:00", "00:15"]},
            "%d.%m.%Y %H:%M",
            "2024-02-01T00:00:00",
            "2024-02-01T00:15:00",
            "PT15M",
        ),
    ],
)
def test_several_columns_tell_the_time_together(
    columns: dict[str, list[str]], form: str, first: str, last: str, resolution: str
) -> None:
    found = timed(pl.DataFrame(columns)).profile
    assert found.columns == tuple(columns)
    assert (found.format, found.first, found.last, found.resolution) == (
        "iso8601" if form == "%Y-%m-%d" else form,
        first,
        last,
        resolution,
    )


def test_the_column_that_is_the_time_is_told_from_bookkeeping() -> None:
    frame = pl.DataFrame(
        {
            "created_at": ["2024-05-05T10:00:00Z"] * 3,
            "valid_until": ["2024-01-02", "2024-01-03", "2024-01-04"],
            "reading_time": ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z", "2024-01-01T02:00:00Z"],
        }
    )
    assert timed(frame).profile.columns == ("reading_time",)


def test_a_table_without_times_has_none(tmp_path: Path) -> None:
    profiled = profile_table("t", iter([pl.DataFrame({"a": ["1"], "b": ["x"]})]), NumberStyle())
    assert profiled.axes == ()
    assert profile_time(profiled.axes, profiled.columns, "", None, None) is None


def lord_howe(first: str, count: int, minutes: int = 30) -> pl.DataFrame:
    """Clocks there go back from 2:00 to 1:30 on 7 April 2024, and on from 2:00 to 2:30 on 6 October."""
    return local(
        "Australia/Lord_Howe", timedelta(minutes=minutes), count, datetime.fromisoformat(first).replace(tzinfo=UTC)
    )


@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize(
    ("start", "days", "first", "last"),
    [
        pytest.param("2024-04-05T13:00", 3, "2024-04-06T00:00:00+11:00", "2024-04-08T23:{:02d}:00+10:30", id="back"),
        pytest.param("2024-10-04T13:30", 3, "2024-10-05T00:00:00+10:30", "2024-10-07T23:{:02d}:00+11:00", id="on"),
    ],
)
def test_a_clock_that_is_changed_by_half_an_hour_tells_its_zone(
    start: str, days: int, first: str, last: str, minutes: int
) -> None:
    longer = 30 if "04-05" in start else -30
    found = timed(lord_howe(start, (days * 24 * 60 + longer) // minutes, minutes), "lord howe")
    assert found.profile.zone == "Australia/Lord_Howe"
    assert (found.profile.first, found.profile.last) == (first, last.format(60 - minutes))
    assert found.issues == ()


def test_whole_hours_tell_nothing_of_half_an_hour() -> None:
    cells = [f"2024-10-{day:02d} {hour:02d}:00" for day in (5, 6, 7) for hour in range(24)]
    assert timed(times(cells), "lord howe").profile.zone is None


def test_half_hours_that_are_numbered_through_a_day_of_47_and_one_of_49_tell_the_zone() -> None:
    lengths = {"2024-04-06": 48, "2024-04-07": 49, "2024-04-08": 48, "2024-10-06": 47}
    rows = [(day, str(number)) for day, length in lengths.items() for number in range(1, length + 1)]
    frame = pl.DataFrame({"Date": [day for day, _ in rows], "Trading Period": [number for _, number in rows]})
    found = timed(frame).profile
    assert (found.zone, found.numbering, found.period) == ("Australia/Lord_Howe", "elapsed", "PT30M")
    assert (found.first, found.last) == ("2024-04-06T00:00:00+11:00", "2024-10-06T23:30:00+11:00")
