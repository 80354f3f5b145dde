"""What is wrong in a rule of a timestamp is told on saving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from include.cim.mapping_config import After
from tests.unit.collection.test_check import found_in_rule

LOCAL = {"source": ["d", "h"], "format": "%Y-%m-%d", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("rule", "where", "says"),
    [
        pytest.param({"zone": "Europe/Brussel"}, "zone", "Close: Europe/Brussels", id="a zone that is written alike"),
        pytest.param({"zone": "+25:00"}, "zone", "there is no zone", id="an offset longer than a day"),
        pytest.param({"zone": "+01:75"}, "zone", "there is no zone", id="an offset of 75 minutes"),
        pytest.param({"zone": "CEST"}, "zone", "Write +02:00, which it is all year round", id="a word for an offset"),
        pytest.param({"zone": "Europe/Wien"}, "zone", "Close: Europe/Vienna", id="a place in its own language"),
        pytest.param({"zone": None}, "zone", "+01:00", id="neither a zone nor an offset"),
        pytest.param({"label": "end"}, "interval", "only with the length", id="an end without a length"),
        pytest.param({"interval": "PT15M"}, "interval", "needs no length", id="a length without an end"),
        pytest.param({"interval": "row"}, "interval", "between two timestamps", id="the row's own length"),
        pytest.param(
            {"period": "PT1H", "source": "h"}, "period", "no other tells the day", id="a number without a day"
        ),
        pytest.param({"period": "PT7M"}, "period", "not made of such periods", id="a period that no day has"),
        pytest.param(
            {"period": "PT1H", "label": "end", "interval": "PT1H"}, "label", "all of it", id="end of a period"
        ),
        pytest.param({"numbering": "clock"}, "numbering", "goes with `period`", id="numbering of nothing"),
        pytest.param({"numbers": 2}, "numbers", "goes with `period`", id="numbers of nothing"),
        pytest.param(
            {"period": "PT15M", "numbers": 2, "source": ["d", "h"]}, "period", "tells the day", id="no day, two numbers"
        ),
        pytest.param(
            {"period": "PT1H", "numbers": 2, "source": ["d", "h", "q"]}, "period", "several such", id="hours in an hour"
        ),
        pytest.param({"format": "%H:%M"}, "format", "has no date", id="a time of day alone"),
        pytest.param({"format": "%Y-%m-%d %I:%M"}, "format", "%I:%M %p", id="half a day without its half"),
        pytest.param({"format": "%Y-%m-%d %H:%M %p"}, "format", "%I:%M %p", id="a whole day with its half"),
        pytest.param({"format": "%Y-%m-%d %M:%S"}, "format", "%H:%M:%S", id="minutes without an hour"),
        pytest.param({"format": "%I:%M", "date": "2022-10-30"}, "format", "%I:%M %p", id="half a day beside a date"),
        pytest.param({"format": "%Y-%d %H:%M"}, "format", "Add %m", id="a day of no month"),
        pytest.param({"format": "%H:%M", "date": "30/10/2022"}, "date", "2022-10-30", id="a date of another form"),
        pytest.param({"date": "2022-10-30"}, "date", "a date of its own", id="two dates"),
        pytest.param({"format": "%z %Y-%m-%d"}, "format", "Move %z to the end", id="an offset before the time"),
        pytest.param(
            {"repeated_hour": "later", "repeated_flag": {"column": "f", "later": ["Y"]}},
            "repeated_hour",
            "already",
            id="a flag and a rule",
        ),
    ],
)
def test_a_time_that_cannot_be_read_says_why(rule: dict[str, Any], where: str, says: str) -> None:
    problems = found_in_rule("interval_start", **(LOCAL | rule))
    assert list(problems) == [where]
    assert says in problems[where]


@pytest.mark.parametrize(
    "rule",
    [
        {"format": "epoch_ms", "zone": None, "source": "t"},
        {"format": "%G-W%V-%u"},
        {"format": "%d %b %Y"},
        {"zone": "+01:00"},
        {"zone": "Z"},
        {"label": "end", "interval": "PT15M"},
        {"period": "PT15M", "numbering": "clock", "repeated_hour": "by_occurrence"},
        {"period": "PT1H", "source": "h", "date": "2022-10-30", "format": None},
        {"period": "PT15M", "numbers": 2, "source": ["d", "h", "q"]},
        {"format": "%H:%M", "date": "2022-10-30"},
        {"repeated_flag": {"column": "DSTFlag", "later": ["Y"]}, "missing_hour": "skip"},
    ],
)
def test_a_time_that_can_be_read_is_let_through(rule: dict[str, Any]) -> None:
    assert found_in_rule("interval_start", **(LOCAL | rule)) == {}


@pytest.mark.parametrize(
    "option",
    [
        {"zone": "UTC"},
        {"date": "2022-10-30"},
        {"label": "end"},
        {"period": "PT1H"},
        {"numbering": "clock"},
        {"numbers": 2},
        {"repeated_hour": "later"},
        {"missing_hour": "skip"},
        {"repeated_flag": {"column": "f", "later": ["Y"]}},
        {"occurrence_per": ["r"]},
    ],
)
def test_options_of_times_are_for_timestamps(option: dict[str, Any]) -> None:
    problems = found_in_rule("register", source="c", **option)
    assert list(problems) == list(option)
    assert "no timestamp" in problems[next(iter(option))]


@pytest.mark.parametrize("length", ["P1M", "P1Y", "P1Y2M10DT2H"])
def test_a_month_is_no_length(length: str) -> None:
    with pytest.raises(ValidationError, match="differ in length"):
        After.model_validate({"field": "interval_start", "duration": length})


@pytest.mark.parametrize("length", ["PT1M", "P1DT5M", "P1W"])
def test_minutes_days_and_weeks_are(length: str) -> None:
    assert After.model_validate({"field": "interval_start", "duration": length}).duration > timedelta()
