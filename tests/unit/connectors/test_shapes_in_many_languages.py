"""Portal exports, session lists, logs, bills and prices in many languages: each a class that was read as another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from include.cim.written_times import read_times
from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source

DAY = date(2024, 3, 1)


def inspect(tmp_path: Path, lines: Iterable[str], encoding: str = "utf-8", **given: str) -> Inspection:
    path = tmp_path / "file.csv"
    path.write_text("\n".join([*lines, ""]), encoding=encoding)
    return inspect_source(path, path.name, given)


HOURS = [
    pytest.param("Data dostawy;Godzina;Kurs (PLN/MWh)", "%Y-%m-%d", 24, id="Polish"),
    pytest.param("Den;Hodina;Cena (EUR/MWh)", "%d.%m.%Y", 24, id="Czech"),
    pytest.param("Nap;Óra;Ár (EUR/MWh)", "%Y. %m. %d.", 24, id="Hungarian"),
    pytest.param("Datum;Timme;SE3 (SEK/MWh)", "%Y-%m-%d", 24, id="Swedish"),
    pytest.param("受渡日;時刻コード;システムプライス(円/kWh)", "%Y/%m/%d", 48, id="Japanese, half hours"),
    pytest.param("Dátum;Perióda;Cena (EUR/MWh)", "%d.%m.%Y", 96, id="Slovak, quarter hours"),
]


@pytest.mark.parametrize(("names", "form", "count"), HOURS)
def test_the_hour_stands_beside_the_date_in_any_language(tmp_path: Path, names: str, form: str, count: int) -> None:
    rows = [
        f"{DAY + timedelta(days=day):{form}};{number};{number},5" for day in range(5) for number in range(1, count + 1)
    ]
    found = inspect(tmp_path, [names, *rows])
    assert found.time
    assert found.time.columns == tuple(names.split(";")[:2])
    assert (found.time.first, found.time.resolution) == (
        "2024-03-01T00:00:00",
        {24: "PT1H", 48: "PT30M", 96: "PT15M"}[count],
    )
    assert not [issue for issue in found.issues if issue.where.startswith("row")]


@pytest.mark.parametrize("hours", ["{0:02d} - {1:02d}", "{0}-{1}", "{0:02d}h00 - {1:02d}h00", "{0:02d}–{1:02d}"])
def test_hours_from_and_to_are_the_first(tmp_path: Path, hours: str) -> None:
    rows = [
        f"{DAY + timedelta(days=day):%Y-%m-%d};{hours.format(hour, hour + 1)};{hour},5"
        for day in range(5)
        for hour in range(24)
    ]
    found = inspect(tmp_path, ["Date;Hours;SE1 (EUR/MWh)", *rows])
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-03-01T00:00:00", "2024-03-05T23:00:00")
    assert (found.time.resolution, found.time.interval_label) == ("PT1H", "start")


@pytest.mark.parametrize("name", ["Meter", "Sorszám", "Kanał"])
def test_what_counts_every_dates_rows_and_is_called_no_hour_is_told_and_not_taken_for_one(
    tmp_path: Path, name: str
) -> None:
    rows = [f"{DAY + timedelta(days=day)},{number},{number}.5" for day in range(5) for number in range(1, 25)]
    found = inspect(tmp_path, [f"Date,{name},kWh", *rows])
    assert found.time
    assert found.time.columns == ("Date",)
    (told,) = [issue for issue in found.issues if "counts every date's rows" in issue.what]
    assert told.where == f"column {name!r}"


@pytest.mark.parametrize("step", [5, 60, 120, 1440])
def test_minute_24_with_seconds_is_no_midnight(tmp_path: Path, step: int) -> None:
    """10:24:00 was counted as 24:00, and every time of the file as the end of its interval."""
    moments = (datetime(2024, 3, 1, 8, 4) + timedelta(seconds=step * at) for at in range(400))  # noqa: DTZ001
    found = inspect(tmp_path, ["Time,Power (kW)", *(f"{each:%Y-%m-%d %H:%M:%S},1.5" for each in moments)])
    assert found.time
    assert found.time.interval_label is None


@pytest.mark.parametrize("written", ["24:00", "24:00:00", "2400"])
def test_midnight_at_the_end_of_a_day_tells_that_times_are_ends(tmp_path: Path, written: str) -> None:
    form = "%H%M" if ":" not in written else "%H:%M:%S" if written.count(":") == 2 else "%H:%M"
    rows = [
        f"{DAY:%d.%m.%Y};{written if hour == 24 else format(datetime(2024, 3, 1, hour), form)};1,5"  # noqa: DTZ001
        for hour in range(8, 25)
    ]
    found = inspect(tmp_path, ["Datum;Zeit;kWh", *rows])
    assert found.time
    assert (found.time.interval_label, found.time.last) == ("end", "2024-03-02T00:00:00")


@pytest.mark.parametrize("month", ["{0}", "{0:02d}", "{1}"])
def test_bills_by_year_and_month(tmp_path: Path, month: str) -> None:
    names = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November"]
    rows = [f"2023;{month.format(at, name)};{at * 10},5" for at, name in enumerate([*names, "Dezember"], start=1)]
    found = inspect(tmp_path, ["Jahr;Monat;Verbrauch (kWh)", *rows])
    assert found.time
    assert (found.time.columns, found.time.resolution) == (("Jahr", "Monat"), "P1M")
    assert (found.time.first, found.time.last) == ("2023-01-01T00:00:00", "2023-12-01T00:00:00")


def test_a_column_whose_order_the_table_tells_is_profiled_in_it(tmp_path: Path) -> None:
    """Days up to the twelfth read both ways; quarter hours tell, and the column's first and last follow."""
    moments = (datetime(2024, 6, 1) + timedelta(minutes=15 * at) for at in range(288))  # noqa: DTZ001
    found = inspect(tmp_path, ["Time,System Production (W)", *(f"{each:%m/%d/%Y %H:%M},5" for each in moments)])
    column = found.tables[0].columns[0]
    assert (column.minimum, column.maximum) == ("2024-06-01T00:00:00", "2024-06-03T23:45:00")


def test_sessions_from_and_to_are_known_in_the_past_tense(tmp_path: Path) -> None:
    starts = [datetime(2024, 3, 1, 8) + timedelta(hours=9 * at) for at in range(30)]  # noqa: DTZ001
    rows = [f'{each},{each + timedelta(hours=2)},"{at % 9},5","{at},50 kr."' for at, each in enumerate(starts)]
    found = inspect(tmp_path, ["Started at,Stopped at,kWh,Cost (DKK)", *rows])
    assert found.time
    assert (found.time.columns, found.time.interval_label) == (("Started at",), "start")
    assert not [question for question in found.questions if question.key == "interval_label"]
    cost = found.tables[0].columns[3]
    assert (cost.type.value, cost.unit, cost.total) == ("decimal", "DKK", sum(range(30)) + 15)


def test_units_in_one_east_asian_letter(tmp_path: Path) -> None:
    rows = [f"2024-{month:02d},{month}.5,{month}" for month in range(1, 13)]
    found = inspect(tmp_path, ["Statistical Period,Global Irradiation (kWh/㎡),Gas (㎥)", *rows])
    assert [column.unit for column in found.tables[0].columns] == [None, "kWh/m2", "m3"]


def test_a_date_with_dots_and_blanks_is_read_as_hungarians_write_it() -> None:
    texts = pl.Series(["2024. 01. 05. 14:30", "2024. 01. 05. 24:00"])
    shown = read_times(texts, "%Y. %m. %d. %H:%M").dt.strftime("%d %H:%M").to_list()
    assert shown == ["05 14:30", "06 00:00"]


PARTS = [
    pytest.param("Quarter", [f"{year}-Q{part}" for year in (2022, 2023) for part in (1, 2, 3, 4)], "P3M", id="2022-Q1"),
    pytest.param("Quartal", [f"Q{part} {year}" for year in (2022, 2023) for part in (1, 2, 3, 4)], "P3M", id="Q1 2022"),
    pytest.param("TIME_PERIOD", [f"{year}-S{part}" for year in range(2020, 2024) for part in (1, 2)], "P6M", id="S1"),
    pytest.param("Year", [f"{year}" for year in range(2016, 2024)], "P1Y", id="a year"),
]


@pytest.mark.parametrize(("name", "labels", "resolution"), PARTS)
def test_parts_of_years_and_years_name_themselves(
    tmp_path: Path, name: str, labels: list[str], resolution: str
) -> None:
    found = inspect(tmp_path, [f"{name},Energy (kWh)", *(f"{each},{at}.5" for at, each in enumerate(labels))])
    assert found.time
    assert (found.time.columns, found.time.resolution) == ((name,), resolution)
    assert (found.time.interval_label, [question.key for question in found.questions]) == ("start", ["zone"])
    assert (found.time.last or "")[:4] == "2023"
    assert found.issues == ()


def test_when_a_file_was_written_is_no_time_of_its_rows(tmp_path: Path) -> None:
    """Eurostat's SDMX-CSV has the same LAST UPDATE in every row."""
    rows = [
        f"10/10/24 23:00:00,{geo},{year}-S{half},0.{year % 100}"
        for geo in ("AT", "DE")
        for year in range(2018, 2024)
        for half in (1, 2)
    ]
    found = inspect(tmp_path, ["LAST UPDATE,geo,TIME_PERIOD,OBS_VALUE", *rows])
    assert found.time
    assert (found.time.columns, found.time.first) == (("TIME_PERIOD",), "2018-01-01T00:00:00")
    alone = inspect(tmp_path, ["LAST UPDATE,geo,OBS_VALUE", *(f"10/10/24 23:00:00,A{at},{at}.5" for at in range(20))])
    assert alone.time is None


def test_a_clock_may_have_its_word_behind(tmp_path: Path) -> None:
    moments = (datetime(2024, 3, 1) + timedelta(minutes=10 * at) for at in range(150))  # noqa: DTZ001
    found = inspect(
        tmp_path, ["Zeitpunkt;Temp (°C)", *(f"{each:%d}. März 2024, {each:%H:%M} Uhr;5,5" for each in moments)]
    )
    assert found.time
    assert (found.time.first, found.time.resolution) == ("2024-03-01T00:00:00", "PT10M")
