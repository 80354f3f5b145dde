"""Tables whose days stand in rows of their own, above the rows of each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from include.collection.formats.delimited import CsvFormat
from include.collection.inspection import Inspection
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats import delimited
from include.connectors.formats.choose import read_frames
from include.errors import SourceRefused
from tests.unit.connectors.workbooks import by_openpyxl

DAYS = [date(2024, 6, 1) + timedelta(days=at) for at in range(5)]


def inspect(tmp_path: Path, body: str | bytes, name: str = "days.csv", **given: str) -> Inspection:
    path = tmp_path / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return inspect_source(path, name, given)


def _write(form: str, behind: str, delimiter: str = ";", above: Sequence[str] = ()) -> str:
    lines = [*above, delimiter.join(["Time", "kWh", "Status"])]
    for number, day in enumerate(DAYS):
        lines.append(f"{day:{form}}{behind}")
        lines += [delimiter.join([f"{hour:02d}:00", f"{number * 24 + hour}", "ok"]) for hour in range(24)]
    return "\n".join(lines) + "\n"


def _check(found: Inspection, header: Sequence[str] = ("date", "Time", "kWh", "Status")) -> None:
    assert [column.name for column in found.tables[0].columns] == list(header)
    assert found.tables[0].rows == 120
    assert found.tables[0].columns[2].total == sum(range(120))
    assert found.time
    assert (found.time.columns, found.time.resolution) == (("date", "Time"), "PT1H")
    assert (found.time.first, found.time.last) == ("2024-06-01T00:00:00", "2024-06-05T23:00:00")


@pytest.mark.parametrize(
    ("form", "behind", "delimiter"),
    [
        pytest.param("%d.%m.%Y", "", ";", id="alone in its line"),
        pytest.param("%d.%m.%Y", ";;", ";", id="with empty cells behind"),
        pytest.param("%Y-%m-%d", ",,", ",", id="ISO"),
        pytest.param("%d %B %Y", ",,", ",", id="in words"),
        pytest.param("%d/%m/%Y", "\t\t", "\t", id="tabs"),
    ],
)
@pytest.mark.parametrize("above", [[], ["Report of meter 7", ""]])
def test_a_day_alone_is_that_of_the_rows_below(
    tmp_path: Path, form: str, behind: str, delimiter: str, above: list[str]
) -> None:
    found = inspect(tmp_path, _write(form, behind, delimiter, above))
    _check(found)
    assert "a day alone, that of the rows below it" in " ".join(issue.what for issue in found.issues)


WEEKDAYS = {
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "pl": "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "ma di wo do vr za zo",
}


@pytest.mark.parametrize("language", WEEKDAYS)
@pytest.mark.parametrize("form", ["{word}, %d.%m.%Y", "{word} %d.%m.%Y", "{word}. %d.%m.%Y", "{word} %d %B %Y"])
def test_a_weekday_may_stand_before_the_day(tmp_path: Path, language: str, form: str) -> None:
    text = _write("%d.%m.%Y", ";;")
    for day in DAYS:
        word = WEEKDAYS[language].split()[day.weekday()]
        text = text.replace(f"{day:%d.%m.%Y}", day.strftime(form.format(word=word)))
    _check(inspect(tmp_path, text))


@pytest.mark.parametrize("word", ["Date: ", "Datum: ", "DATE ", "Fecha: ", "Day "])
def test_a_word_for_the_date_may_stand_before_the_day(tmp_path: Path, word: str) -> None:
    _check(inspect(tmp_path, _write(f"{word}%Y-%m-%d", ";;")))


@pytest.mark.parametrize("form", ["%a %d.%m.%Y %H:%M", "%a, %d %b %Y %H:%M", "%A, %B %d, %Y %H:%M"])
def test_a_weekday_may_stand_before_every_time(tmp_path: Path, form: str) -> None:
    begun = [datetime(2024, 6, 1) + timedelta(hours=at) for at in range(60)]  # noqa: DTZ001  # a clock's
    rows = "".join(f'"{time:{form}}",{at}\n' for at, time in enumerate(begun))
    found = inspect(tmp_path, f"Time,kWh\n{rows}")
    assert found.time
    assert (found.time.first, found.time.last, found.time.resolution) == (
        "2024-06-01T00:00:00",
        "2024-06-03T11:00:00",
        "PT1H",
    )


def test_days_of_a_workbook_are_sections_too(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Time", "kWh", "Status"]]
    for number, day in enumerate(DAYS):
        rows += [[day, None, None], *([time(hour), number * 24 + hour, "ok"] for hour in range(24))]
    _check(inspect(tmp_path, by_openpyxl({"Data": rows}), "days.xlsx"))


def test_an_hour_without_values_begins_no_section(tmp_path: Path) -> None:
    text = _write("%d.%m.%Y", ";;").replace("13:00;13;ok", "13:00;;")
    found = inspect(tmp_path, text)
    assert (found.tables[0].rows, found.tables[0].columns[2].nulls) == (120, 1)
    assert found.time
    assert found.time.resolution == "PT1H"
    assert found.tables[0].columns[0].distinct == 5


def test_a_section_goes_on_in_the_next_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "PART_BYTES", 0)
    hours = "".join(f"{at % 24:02d}:00;{at}\n" for at in range(200_000))
    text = f"Time;kWh\nA;\n{hours}B;\n{hours}"
    frames = list(read_frames(Content.of(text.encode(), "x.csv"), CsvFormat(delimiter=";", section="day")))
    assert len(frames) > 1
    assert pl.concat(frames)["day"].value_counts().sort("day").rows() == [("A", 200_000), ("B", 200_000)]


def test_rows_before_the_first_section_have_none() -> None:
    text = "Time;kWh\n00:00;1\nA;\n01:00;2\n"
    (frame,) = read_frames(Content.of(text.encode(), "x.csv"), CsvFormat(delimiter=";", section="day"))
    assert frame.rows() == [(None, "00:00", "1"), ("A", "01:00", "2")]


def test_a_section_takes_no_name_that_is_there(tmp_path: Path) -> None:
    text = _write("%d.%m.%Y", ";;").replace("Status", "date")
    assert inspect(tmp_path, text).tables[0].columns[0].name == "section_date"
    with pytest.raises(SourceRefused, match="a column 'date' of its own"):
        inspect(tmp_path, text, section="date")
