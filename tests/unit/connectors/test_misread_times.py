"""Times that were misread without a word: of events within a day, at midnights, beside words, in other scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from include.collection.inspection import Inspection, TimeProfile
from include.connectors.detection.inspect import inspect_source
from tests.unit.connectors.workbooks import by_openpyxl

Inspect = Callable[..., Inspection]
DAYS = [date(2024, 3, 1) + timedelta(days=at) for at in range(20)]
HOURS = [datetime(2024, 4, 1) + timedelta(hours=at) for at in range(48)]  # noqa: DTZ001  # a clock's


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def look(body: str | bytes, name: str = "export.csv", **given: str) -> Inspection:
        path = tmp_path / name
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return inspect_source(path, name, given)

    return look


def _time(found: Inspection) -> TimeProfile:
    assert found.time is not None
    return found.time


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Date,Peak time,kWh", id="the time of a peak"),
        pytest.param("fecha,horatmin,tmin", id="of the least temperature (AEMET)"),
        pytest.param("Datum,Sunrise,kWh", id="a sunrise"),
        pytest.param("Peak at,Date,kWh", id="before the day"),
    ],
)
def test_the_time_of_an_event_in_a_day_is_not_that_of_its_row(inspect: Inspect, header: str) -> None:
    rows = [(f"{day:%Y-%m-%d}", f"{6 + at % 9:02d}:{10 + at}", f"{at}.5") for at, day in enumerate(DAYS)]
    places = (1, 0, 2) if header.startswith("Peak") else (0, 1, 2)
    time = _time(inspect(f"{header}\n" + "".join(",".join(row[at] for at in places) + "\n" for row in rows)))
    assert (len(time.columns), time.resolution, time.first) == (1, "P1D", "2024-03-01T00:00:00")


@pytest.mark.parametrize("clock", ["Time", "Uhrzeit", "hora", "Heure de lecture", "Start time"])
def test_a_reading_a_day_has_its_clock(inspect: Inspect, clock: str) -> None:
    rows = [f"{day:%Y-%m-%d};07:{10 + at};{at}" for at, day in enumerate(DAYS)]
    time = _time(inspect(f"Date;{clock};kWh\n" + "\n".join(rows) + "\n"))
    assert time.columns == ("Date", clock)


def test_a_number_of_days_is_no_hour_of_the_day(inspect: Inspect) -> None:
    """The Bureau of Meteorology's daily rain: over how many days it was gathered."""
    header = "Year,Month,Day,Rainfall amount (millimetres),Period over which rainfall was measured (days),Quality\n"
    rows = [f"{day:%Y,%m,%d},{at}.2,{1 + at % 3},Y\n" for at, day in enumerate(DAYS)]
    time = _time(inspect(header + "".join(rows)))
    assert (time.columns, time.resolution) == (("Year", "Month", "Day"), "P1D")


def test_a_day_that_ends_with_midnight_of_its_own_date_is_told(inspect: Inspect) -> None:
    ends = [(day, (at + 1) % 96) for day in DAYS[:3] for at in range(96)]
    rows = [f"{day:%d.%m.%Y};{quarter // 4:02d}:{quarter % 4 * 15:02d};1,5\n" for day, quarter in ends]
    found = inspect("Datum;Uhrzeit;kW\n" + "".join(rows))
    said = [issue for issue in found.issues if "00:00 of its own date" in issue.what]
    assert [issue.where.split(",")[0] for issue in said] == ["row 96"]
    assert "3 times" in said[0].what
    assert _time(found).interval_label == "end"


def test_series_below_one_another_end_no_day_early(inspect: Inspect) -> None:
    rows = [f"{at // 4:02d}:{at % 4 * 15:02d};1,5\n" for _ in range(3) for at in range(96)]
    found = inspect("Datum;Uhrzeit;kW\n" + "".join(f"01.03.2024;{row}" for row in rows))
    assert not [issue for issue in found.issues if "00:00 of its own date" in issue.what]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{0:%Y}年{0.month}月{0.day}日 {0.hour}:{0:%M}", id="in Japanese"),
        pytest.param("{0:%Y/%m/%d}({1}) {0.hour}:{0:%M}", id="a weekday in brackets"),
        pytest.param("{0:%Y-%m-%d}（{1}） {0:%H:%M}", id="in wide brackets"),
        pytest.param("{0:%Y-%m-%d}\u00a0{0:%H:%M:%S}", id="a blank that does not break"),
        pytest.param("{0:%m/%d/%Y, %I:%M:%S}\u202f{0:%p}", id="as browsers write it"),
        pytest.param(
            "{0:%Y-%m-%d %H:%M:%S}\u00a0to\u00a0{0:%Y-%m-%d} 23:59:59", id="an interval with blanks that do not break"
        ),
    ],
)
def test_times_beside_signs_that_tell_nothing(inspect: Inspect, written: str) -> None:
    rows = [f'"{written.format(hour, "月火水木金土日"[hour.weekday()])}",{at}\n' for at, hour in enumerate(HOURS)]
    found = inspect("Time,kWh\n" + "".join(rows), date_order="mdy")
    time = _time(found)
    assert (time.first, time.last, time.resolution) == ("2024-04-01T00:00:00", "2024-04-02T23:00:00", "PT1H")
    assert found.tables[0].columns[1].total == sum(range(48))


def test_hours_as_digits_are_known_by_a_french_pattern(inspect: Inspect) -> None:
    rows = [f"75114001;{hour:%Y%m%d%H};{at}.5\n" for at, hour in enumerate(HOURS)]
    time = _time(inspect("NUM_POSTE;AAAAMMJJHH;T\n" + "".join(rows)))
    assert (time.first, time.resolution) == ("2024-04-01T00:00:00", "PT1H")


def test_days_with_two_extremes_keep_their_day(inspect: Inspect) -> None:
    days = [
        {"fecha": f"{day}", "tmin": f"{at},5", "horatmin": f"05:{10 + at}", "tmax": f"{at + 9},5", "horatmax": "15:30"}
        for at, day in enumerate(DAYS)
    ]
    time = _time(inspect(json.dumps(days), "aemet.json"))
    assert (time.columns, time.resolution) == (("fecha",), "P1D")


@pytest.mark.parametrize(
    ("day", "within"),
    [
        pytest.param("{0:%Y-%m-%d} 00:00:00", "{0.hour}", id="hours from 0"),
        pytest.param("{0:%Y-%m-%dT}00:00:00", "{0:%H:%M}", id="a clock"),
        pytest.param("{0:%Y-%m-%d} 00:00:00.000", "{0:%H:%M:%S}", id="seconds"),
    ],
)
def test_a_day_written_as_midnight_has_the_hour_beside_it(inspect: Inspect, day: str, within: str) -> None:
    """As databases and sheets write dates."""
    name = "Time" if ":" in within else "Hour"
    rows = [f"{day.format(hour)},{within.format(hour)},{at}\n" for at, hour in enumerate(HOURS)]
    time = _time(inspect(f"Date,{name},kWh\n" + "".join(rows)))
    assert (time.columns, time.resolution, time.last) == (("Date", name), "PT1H", "2024-04-02T23:00:00")


def test_a_day_written_as_midnight_has_the_hour_that_is_counted(inspect: Inspect) -> None:
    rows = [f"{hour:%Y-%m-%d} 00:00:00,{hour.hour + 1},{at}\n" for at, hour in enumerate(HOURS)]
    time = _time(inspect("Date,Hour,kWh\n" + "".join(rows)))
    assert (time.columns, time.period, time.last) == (("Date", "Hour"), "PT1H", "2024-04-02T23:00:00")


def test_half_days_may_be_one_letter(inspect: Inspect) -> None:
    rows = [f"{hour:%Y-%m-%d},{hour:%I:%M}{'ap'[hour.hour // 12]},{at}\n" for at, hour in enumerate(HOURS)]
    time = _time(inspect("Date,Time,kWh\n" + "".join(rows)))
    assert (time.first, time.last, time.resolution) == ("2024-04-01T00:00:00", "2024-04-02T23:00:00", "PT1H")


def test_hours_across_in_json_are_told(inspect: Inspect) -> None:
    days = {f"{day}": {f"{hour:02d}:00": at + hour / 10 for hour in range(24)} for at, day in enumerate(DAYS)}
    found = inspect(json.dumps(days), "days.json")
    (issue,) = [issue for issue in found.issues if "count time" in issue.what]
    assert "`mapper.unpivot`" in issue.suggestion


@pytest.mark.parametrize(
    ("whole", "other"),
    [
        pytest.param("%d.%m.%Y", "%d.%m.%Y %H:%M", id="midnight without its clock, as R writes it"),
        pytest.param("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", id="ISO"),
        pytest.param("%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", id="with half days"),
    ],
)
def test_midnights_may_have_no_clock_and_are_told(inspect: Inspect, whole: str, other: str) -> None:
    rows = [f"{hour:{other if hour.hour else whole}};{at}\n" for at, hour in enumerate(HOURS)]
    found = inspect("Time;kWh\n" + "".join(rows), date_order="mdy" if "%m/" in whole else "dmy")
    time = _time(found)
    assert (time.first, time.last, time.resolution) == ("2024-04-01T00:00:00", "2024-04-02T23:00:00", "PT1H")
    assert any("2 of its times write a day and no clock" in issue.what for issue in found.issues)


def test_whole_minutes_may_have_no_seconds(inspect: Inspect) -> None:
    begun = [HOURS[0] + timedelta(seconds=30 * at) for at in range(60)]
    rows = [f"{at:%Y-%m-%d %H:%M:%S},1\n" if at.second else f"{at:%Y-%m-%d %H:%M},1\n" for at in begun]
    time = _time(inspect("Time,kWh\n" + "".join(rows)))
    assert (time.first, time.last, time.resolution) == ("2024-04-01T00:00:00", "2024-04-01T00:29:30", "PT30S")


def test_a_day_in_the_first_of_its_rows_alone_is_told(inspect: Inspect) -> None:
    rows = [f"{'' if hour.hour else f'{hour:%d.%m.%Y}'};{hour.hour};{at}\n" for at, hour in enumerate(HOURS)]
    found = inspect("Tag;Stunde;kWh\n" + "".join(rows))
    assert any("46 rows have no time" in issue.what for issue in found.issues)


@pytest.mark.parametrize("none", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
@pytest.mark.parametrize("zone", ["Europe/Brussels", "America/New_York", None])
def test_the_first_and_the_last_year_of_the_calendar_are_told_and_no_rows_time(
    inspect: Inspect, none: str, zone: str | None
) -> None:
    rows = [f"{hour:%Y-%m-%d %H:%M:%S},{at}\n" for at, hour in enumerate(HOURS)]
    found = inspect("Time,kWh\n" + "".join([*rows, f"{none},1\n"]), **({"zone": zone} if zone else {}))
    time = _time(found)
    assert (time.first or "")[:13] == "2024-04-01T00"
    assert (time.last or "")[:13] == "2024-04-02T23"
    assert any("1 times are in the year 1 or 9999" in issue.what for issue in found.issues)


MONTHS = {
    "pl": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "sv": "jan feb mars april maj juni juli aug sep okt nov dec",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "fi": "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοε Δεκ",
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "et": "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
    "sl": "januar februar marec april maj junij julij avgust september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
}


@pytest.mark.parametrize("language", MONTHS)
def test_months_have_names_in_many_languages_and_none_is_a_footer(inspect: Inspect, language: str) -> None:
    names = MONTHS[language].split()
    days = [date(2024, 1, 1) + timedelta(days=at) for at in range(366)]
    rows = [f"{day.day} {names[day.month - 1]} {day.year};{at}\n" for at, day in enumerate(days)]
    found = inspect("Datum;kWh\n" + "".join(rows))
    time = _time(found)
    assert (found.tables[0].rows, time.first, time.last) == (366, "2024-01-01T00:00:00", "2024-12-31T00:00:00")
    assert time.resolution == "P1D"


@pytest.mark.parametrize(
    "late",
    [
        pytest.param("before the change;{0};ok", id="no time that is read"),
        pytest.param("{1:%d.%m.%Y %H:%M}*;{0}*;ok", id="marks of a note"),
        pytest.param("{1:%d.%m.%Y %H:%M};{0}", id="a cell less"),
        pytest.param("{1:%d.%m.%Y %H:%M};{0};ok;late", id="a cell more"),
    ],
)
def test_last_rows_that_are_unlike_the_others_are_no_footer_without_a_question(inspect: Inspect, late: str) -> None:
    rows = [
        (late if at >= 40 else "{1:%d.%m.%Y %H:%M};{0};ok").format(f"{at},5", hour) for at, hour in enumerate(HOURS)
    ]
    found = inspect("Zeit;kWh;Status\n" + "\n".join(rows) + "\n")
    assert "footer_lines" in [question.key for question in found.questions]


def test_a_total_and_a_note_below_are_a_footer(inspect: Inspect) -> None:
    rows = [f"{hour:%d.%m.%Y %H:%M};{at},5;ok" for at, hour in enumerate(HOURS)]
    found = inspect("Zeit;kWh;Status\n" + "\n".join([*rows, "Summe;1152,0;", "Stand: 05.03.2024;;"]) + "\n")
    assert found.tables[0].rows == 48
    assert "footer_lines" not in [question.key for question in found.questions]


def test_rows_of_a_workbook_whose_values_are_missing_stay_rows(inspect: Inspect) -> None:
    rows = [[hour, at if at < 40 else None, "ok" if at < 40 else None] for at, hour in enumerate(HOURS)]
    found = inspect(by_openpyxl({"Data": [["Zeit", "kWh", "Status"], *rows]}), "book.xlsx")
    assert (found.tables[0].rows, found.tables[0].columns[1].nulls) == (48, 8)


@pytest.mark.parametrize("offset", ["-00:00", "+00:00"])
def test_an_offset_of_nothing_is_no_midnight(inspect: Inspect, offset: str) -> None:
    """As CAISO's OASIS writes it, with the day and the hour of its market beside it."""
    rows = [f"{hour:%Y-%m-%dT%H:%M:%S}{offset},{hour:%Y-%m-%d},{hour.hour + 1},1.5\n" for hour in HOURS]
    time = _time(inspect("INTERVALSTARTTIME_GMT,OPR_DT,OPR_HR,MW\n" + "".join(rows)))
    assert (time.columns, time.first) == (("INTERVALSTARTTIME_GMT",), "2024-04-01T00:00:00+00:00")


def test_when_it_was_revised_is_no_time_of_a_row(inspect: Inspect) -> None:
    """As Smart Meter Texas writes it."""
    header = "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH\n"
    rows = [
        f"'104,{hour:%m/%d/%Y},04/20/2024 06:30:11,{hour:%H:%M},{hour + timedelta(hours=1):%H:%M},1.5\n"
        for hour in HOURS
    ]
    time = _time(inspect(header + "".join(rows), date_order="mdy"))
    assert (time.columns, time.resolution) == (("USAGE_DATE", "USAGE_START_TIME"), "PT1H")


def test_clocks_may_be_written_with_points(inspect: Inspect) -> None:
    rows = [
        f"{hour:%d.%m.%Y %H.%M};{hour + timedelta(hours=1):%d.%m.%Y %H.%M};{at},5\n" for at, hour in enumerate(HOURS)
    ]
    time = _time(inspect("Alkuaika;Päättymisaika;Kulutus (kWh)\n" + "".join(rows)))
    assert (time.first, time.last, time.resolution) == ("2024-04-01T00:00:00", "2024-04-02T23:00:00", "PT1H")
