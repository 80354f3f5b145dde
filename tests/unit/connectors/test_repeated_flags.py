"""A source's own flag for summer time or for the repeated hour: found beside the times, and mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from include.batch import ROW_ID
from include.cim.definition import load_definition
from include.cim.mapping import map_columns
from include.cim.number_style import NumberStyle
from include.collection.inspection import Inspection, RepeatedFlag
from include.collection.suggesting import suggest_fields
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames

CIM = load_definition()
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def clock(zone: str, first: str, last: str, step: timedelta) -> list[datetime]:
    """Give what a zone's clock shows from one midnight to another."""
    there = ZoneInfo(zone)
    moment, end = (datetime.fromisoformat(each).replace(tzinfo=there).astimezone(UTC) for each in (first, last))
    moments = []
    while moment < end:
        moments.append(moment.astimezone(there))
        moment += step
    return moments


def inspect(folder: Path, names: str, lines: Iterator[str], **given: str) -> tuple[Path, Inspection]:
    file = folder / "reading.csv"
    file.write_text("\n".join([names, *lines, ""]), encoding="utf-8")
    return file, inspect_source(file, file.name, given)


def mapped_starts(file: Path, found: Inspection) -> list[datetime]:
    """Read the beginnings of the rows by the mapping that is proposed."""
    mapper = suggest_fields(found, file.name, CIM.concepts())[1].mapper
    assert mapper is not None
    with Content.open(file, file.name) as content:
        (frame,) = read_frames(content, found.detection.tables[0].form)
    rows = frame.with_row_index(ROW_ID, 1).cast({ROW_ID: int})
    mapped = map_columns(rows, mapper, CIM.concept(mapper.concept), NumberStyle())
    time = next(rule.field for rule in mapper.rules if rule.repeated_flag)
    assert time not in mapped.issues["field"].to_list()
    return mapped.rows[time].to_list()


def summer(yes: str, no: str) -> Callable[[datetime], str]:
    return lambda each: yes if each.dst() else no


def again(yes: str, no: str) -> Callable[[datetime], str]:
    return lambda each: yes if each.fold else no


FLAGS = [
    pytest.param("dst", summer("1", "0"), "0", id="1 and 0"),
    pytest.param("S/W", summer("S", "W"), "W", id="S and W"),
    pytest.param("Sommerzeit", summer("ja", "nein"), "nein", id="ja and nein"),
    pytest.param("is_dst", summer("true", "false"), "false", id="true and false"),
    pytest.param("DST flag", summer("DST", "STD"), "STD", id="DST and STD"),
    pytest.param("Zone", summer("DST", "ST"), "ST", id="DST and ST: one word ends in the other"),
    pytest.param("Hour kind", again("B", "A"), "B", id="A and B, called anything"),
    pytest.param("Repeated Hour Flag", again("Y", "N"), "Y", id="Y in the repeated hour alone"),
    pytest.param("mark", again("*", ""), "*", id="a mark, and nothing else"),
]


@pytest.mark.parametrize("step", [HOUR, QUARTER])
@pytest.mark.parametrize(("name", "write", "later"), FLAGS)
@pytest.mark.parametrize("days", ["weeks", "the night"])
def test_a_flag_tells_the_repeated_hour_in_any_order_of_rows(
    tmp_path: Path, name: str, write: Callable[[datetime], str], later: str, step: timedelta, days: str
) -> None:
    span = ("2024-10-01", "2024-11-10") if days == "weeks" else ("2024-10-27", "2024-10-28")
    moments = clock("Europe/Brussels", *span, step)
    moments.sort(key=lambda each: (each.replace(fold=0, tzinfo=None), -each.fold))
    lines = (f"541448820000000016,{each:%Y-%m-%d %H:%M},{write(each)},{at}.5" for at, each in enumerate(moments))
    file, found = inspect(tmp_path, f"usage_point_id,interval_start,{name},Energy (kWh)", lines)
    assert found.time is not None
    assert found.time.repeated_flag == RepeatedFlag(name, (later,))
    assert not [question for question in found.questions if question.key != "zone"]
    assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


@pytest.mark.parametrize("step", [HOUR, QUARTER])
def test_a_source_that_adds_an_interval_to_what_the_clock_showed(tmp_path: Path, step: timedelta) -> None:
    moments = clock("America/Chicago", "2024-01-01", "2025-01-01", step)
    lines = (
        f"541448820000000016,{each.replace(tzinfo=None) + step:%m/%d/%Y %H:%M},{again('Y', 'N')(each)},{at % 7}.5"
        for at, each in enumerate(moments)
    )
    file, found = inspect(
        tmp_path, "usage_point_id,Hour Ending,Repeated Hour Flag,Energy (kWh)", lines, zone="America/Chicago"
    )
    assert found.time is not None
    assert (found.time.interval_label, found.time.repeated_flag) == ("end", RepeatedFlag("Repeated Hour Flag", ("Y",)))
    assert not [issue for issue in found.issues if "Hour" in issue.where]
    assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


def test_the_zone_of_hours_that_are_named_by_their_ends_is_not_said_to_be_unchanged(tmp_path: Path) -> None:
    moments = clock("America/New_York", "2024-01-01", "2025-01-01", HOUR)
    lines = (f"{each.replace(tzinfo=None) + HOUR:%m/%d/%Y %H:%M},{at % 7}.5" for at, each in enumerate(moments))
    _, found = inspect(tmp_path, "Hour Ending,MW", lines)
    (question,) = found.questions
    assert "show a change of the clock" in question.what
    assert "America/New_York" in question.options
    assert found.issues == ()


def test_one_value_tells_by_its_counterpart(tmp_path: Path) -> None:
    june = clock("Europe/Berlin", "2024-06-01", "2024-06-05", QUARTER)
    january = clock("Europe/Berlin", "2024-01-01", "2024-01-05", QUARTER)
    for moments, name, value, later in (
        (june, "DST", "1", "0"),
        (june, "DSTFlag", "N", "Y"),
        (june, "Season", "Summer", "Winter"),
        (january, "S/W", "W", "W"),
        (january, "DST", "0", None),  # in winter a flag of either kind is 0
    ):
        lines = (f"{each:%Y-%m-%d %H:%M},{value},1.5" for each in moments)
        _, found = inspect(tmp_path, f"Start,{name},kWh", lines, zone="Europe/Berlin")
        assert found.time is not None
        assert found.time.repeated_flag == (RepeatedFlag(name, (later,)) if later else None), (name, value)


def test_a_flag_that_does_not_go_with_the_clock_is_told_and_not_mapped(tmp_path: Path) -> None:
    moments = clock("Europe/Berlin", "2024-01-01", "2025-01-01", HOUR)
    lines = (f"{each:%Y-%m-%d %H:%M},{int(4 <= each.month <= 9)},{at % 7}.5" for at, each in enumerate(moments))
    _, found = inspect(tmp_path, "Start,Season,kWh", lines)
    assert found.time is not None
    assert found.time.repeated_flag is None
    assert ["called like a flag" in issue.what for issue in found.issues] == [True]


def test_a_zone_that_is_set_and_that_the_clock_contradicts_is_told(tmp_path: Path) -> None:
    moments = clock("UTC", "2024-01-01", "2025-01-01", HOUR)
    lines = [f"{each:%Y-%m-%d %H:%M},1.5" for each in moments]
    for zone, told in (("Europe/Berlin", True), ("UTC", False), ("+01:00", False)):
        _, found = inspect(tmp_path, "Start,kWh", iter(lines), zone=zone)
        assert any("hours are there that it never showed" in issue.what for issue in found.issues) == told
