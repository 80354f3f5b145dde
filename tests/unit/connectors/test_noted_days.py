"""A day that stands above the table or in the file's name alone, and which way round a date is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source
from include.connectors.detection.noted_days import find_noted_days
from include.errors import ConfigurationInvalid


def inspect(tmp_path: Path, text: str, name: str = "prices.csv", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text(text)
    return inspect_source(path, name, given)


def hours(count: int = 24, price: str = "{}.50") -> str:
    return "".join(f"{hour};{price.format(hour)}\n" for hour in range(1, count + 1))


@pytest.mark.parametrize(
    ("name", "notes", "days"),
    [
        pytest.param("PMD_20221030", [], ["2022-10-30"], id="the file's name"),
        pytest.param("day-ahead 2024-03-31 NL", [], ["2024-03-31"], id="with hyphens"),
        pytest.param("MGP_31032024", [], ["2024-03-31"], id="day first, without signs"),
        pytest.param("x", ["Delivery day: 31.03.2024"], ["2024-03-31"], id="dots: the day comes first"),
        pytest.param("x", ["Sunday, March 31, 2024"], ["2024-03-31"], id="by the month's name"),
        pytest.param("x", ["Liefertag\t31. März 2024"], ["2024-03-31"], id="in German"),
        pytest.param("x", ["05/07/2026"], ["2026-07-05", "2026-05-07"], id="both ways round"),
        pytest.param("x_20260705", ["05/07/2026"], ["2026-07-05"], id="the name says which way round"),
        pytest.param("x", ["Created 30.03.2024", "Day 31.03.2024"], ["2024-03-31"], id="not when it was written"),
        pytest.param("x", ["30/10/2022", "Emisión: 31/10/2022 - 05:55"], ["2022-10-30"], id="no stamps"),
        pytest.param("x", ["2024-03-01 to 2024-03-31"], ["2024-03-01", "2024-03-31"], id="a span is no day"),
        pytest.param("meter 8712423012345678", ["IBAN 20240101123"], [], id="digits that are no day"),
        pytest.param("x", ["2024-02-30"], [], id="a day that never was"),
    ],
)
def test_days_outside_of_the_rows(name: str, notes: list[str], days: list[str]) -> None:
    assert list(map(str, find_noted_days(name, notes).options)) == days


def test_hours_take_the_day_that_stands_above_them(tmp_path: Path) -> None:
    found = inspect(tmp_path, "Day-ahead auction;NL\nDelivery day;31.01.2024\n\nHour;Price [EUR/MWh]\n" + hours())
    assert found.time
    assert (found.time.date, found.time.period, found.time.columns) == ("2024-01-31", "PT1H", ("Hour",))
    assert (found.time.first, found.time.last) == ("2024-01-31T00:00:00", "2024-01-31T23:00:00")
    assert any("2024-01-31" in issue.what and "above the table" in issue.what for issue in found.issues)


def test_clock_times_take_the_day_of_the_files_name(tmp_path: Path) -> None:
    rows = "".join(f"{minute // 60:02d}:{minute % 60:02d},{minute}\n" for minute in range(0, 1440, 15))
    found = inspect(tmp_path, "time,W\n" + rows, "inverter_2024-06-01.csv", zone="Europe/Berlin")
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-06-01T00:00:00+02:00", "2024-06-01T23:45:00+02:00")
    assert found.time.date == "2024-06-01"


def test_the_longest_day_tells_its_zone_and_ends_before_midnight(tmp_path: Path) -> None:
    found = inspect(tmp_path, "Fecha 30/10/2022\n\nHora;Precio (EUR/MWh)\n" + hours(25), zone="Europe/Madrid")
    assert found.time
    assert (found.time.last, found.time.numbering) == ("2022-10-30T23:00:00+01:00", "elapsed")


def test_of_several_days_the_owner_is_asked(tmp_path: Path) -> None:
    text = "Auction of 05/07/2026\n\nHour;Price\n" + hours()
    asked = inspect(tmp_path, text)
    assert asked.time is None
    question = next(each for each in asked.questions if each.key == "date")
    assert question.options == ("2026-07-05", "2026-05-07")
    answered = inspect(tmp_path, text, date="2026-07-05")
    assert answered.time
    assert answered.time.first == "2026-07-05T00:00:00"
    assert not any(each.key == "date" for each in answered.questions)


def test_without_any_day_it_is_asked_and_nothing_is_made_up(tmp_path: Path) -> None:
    found = inspect(tmp_path, "Hour;Price\n" + hours())
    assert found.time is None
    assert [each.key for each in found.questions] == ["date"]


def test_the_hours_of_several_days_are_not_put_on_one(tmp_path: Path) -> None:
    found = inspect(tmp_path, "Week of 31.01.2024\n\nHour;Price\n" + hours() * 7)
    assert found.time is None


def test_months_and_hours_of_no_year_are_no_day(tmp_path: Path) -> None:
    rows = "".join(f"{month};{day};{hour};{hour}\n" for month in (1, 2) for day in (1, 2, 3) for hour in range(24))
    found = inspect(tmp_path, "Month;Day;Hour;AC System Output (W)\n" + rows, "pvwatts_20240131.csv")
    assert found.time is None


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="YYYY-MM-DD"):
        inspect(tmp_path, "Hour;Price\n" + hours(), date="31.1.2024")


@pytest.mark.parametrize(
    ("name", "above", "day"),
    [
        pytest.param("lmp_20240105.csv", "", date(2024, 1, 5), id="the file's name"),
        pytest.param("lmp.csv", "Filename: WW_DALMP_ISO_20240501.csv\n\n", date(2024, 5, 1), id="a line above"),
        pytest.param("lmp.csv", "Generated 2024-01-05 12:31\n\n", date(2024, 1, 5), id="when it was written"),
    ],
)
def test_a_day_beside_the_table_tells_which_way_round_dates_are(
    tmp_path: Path, name: str, above: str, day: date
) -> None:
    rows = "".join(f"01/05/2024;{hour};{hour}.5\n" for hour in range(1, 25))
    found = inspect(tmp_path, f"{above}Date;Hour Ending;LMP\n{rows}", name)
    assert found.time
    assert found.time.first == f"{day}T00:00:00"
    assert not any(each.key == "date_order" for each in found.questions)
