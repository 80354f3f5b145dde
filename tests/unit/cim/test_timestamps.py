"""Times around the changes of a clock, against results that were worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.cim.concept import FieldType
from include.cim.mapping import Mapped, map_columns, settle_times
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.cim.zone import read_zone
from tests.factories import a_concept, a_field

CONCEPT = a_concept(a_field("at", type=FieldType.TIMESTAMP), a_field("meter", type=FieldType.ID))


def frame(**cells: list[str | None]) -> pl.DataFrame:
    made = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    return made.insert_column(0, pl.int_range(1, made.height + 1, dtype=pl.Int64, eager=True).alias(ROW_ID))


def config(**rule: Any) -> MapperConfig:
    plain = {"field": "at", "source": "t", "format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"} | rule
    return MapperConfig.model_validate({"concept": "x", "rules": [plain]})


def mapped(part: pl.DataFrame, **rule: Any) -> Mapped:
    return map_columns(part, config(**rule), CONCEPT, NumberStyle())


def read(*labels: str, day: str = "2024-10-27", **rule: Any) -> list[str | None]:
    """The instants of labels of a day, as UTC's clock, a day before or after it marked; or why there is none."""
    found = mapped(frame(t=[f"{day} {label}" for label in labels]), **rule)
    issues = dict(found.issues.select(ROW_ID, "rule").iter_rows())
    rows = found.rows.select(ROW_ID, pl.col("at").dt.strftime("%d %H:%M")).rows()
    return [issues[row] if at is None else at for row, at in rows]


def instants(day: str, text: str) -> list[str]:
    return [f"{day} {each}" for each in text.split()]


ORDER = {"repeated_hour": "by_occurrence"}
QUARTERS = instants("27", "23:45 00:00 00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00")
QUARTERS[0] = "26 23:45"
NIGHT = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]


def test_one_showing_after_the_other() -> None:
    assert read(*NIGHT, **ORDER) == QUARTERS


def test_the_newest_first() -> None:
    assert read(*NIGHT[::-1], **ORDER) == QUARTERS[::-1]


def test_both_showings_of_a_label_together_in_either_direction() -> None:
    labels = ["01:45", "02:00", "02:00", "02:15", "02:15", "02:30", "02:30", "03:00"]
    expected = ["26 23:45", *instants("27", "00:00 01:00 00:15 01:15 00:30 01:30 02:00")]
    assert read(*labels, **ORDER) == expected
    assert read(*labels[::-1], **ORDER) == expected[::-1]


@pytest.mark.parametrize("backwards", [False, True])
def test_hours_whose_showings_stand_side_by_side(backwards: bool) -> None:
    labels, expected = (
        ["00:00", "01:00", "02:00", "02:00", "03:00"],
        ["26 22:00", "26 23:00", *instants("27", "00:00 01:00 02:00")],
    )
    step = -1 if backwards else 1
    assert read(*labels[::step], **ORDER) == expected[::step]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_label_that_the_first_showing_lacks_is_the_second_all_the_same(backwards: bool) -> None:
    labels, expected = [*NIGHT[:3], *NIGHT[4:]], [*QUARTERS[:3], *QUARTERS[4:]]  # no 02:30 of summer time
    step = -1 if backwards else 1
    assert read(*labels[::step], **ORDER) == expected[::step]


def test_a_single_label_among_pairs_is_not_told() -> None:
    assert read("01:45", "02:00", "02:00", "02:15", "02:30", "02:30", **ORDER)[3] == "ambiguous_hour"


def test_a_night_without_a_second_showing_is_the_first() -> None:
    assert read("01:00", "02:00", "03:00", **ORDER) == ["26 23:00", "27 00:00", "27 02:00"]


def test_registers_count_apart_whatever_each_lacks() -> None:
    rows = [
        ("a", "01:45", "23:45"),
        ("b", "02:00", "00:00"),
        ("a", "02:00", "00:00"),
        ("b", "02:15", "00:15"),
        ("a", "02:00", "01:00"),
        ("b", "02:00", "01:00"),
        ("a", "02:15", "00:15"),
        ("b", "02:30", "01:30"),
        ("a", "02:15", "01:15"),
        ("b", "03:00", "02:00"),
    ]  # a has both showings side by side, b one after the other, without 02:30 in the first and 02:15 in the second
    part = frame(t=[f"2024-10-27 {label}" for _, label, _ in rows], r=[register for register, _, _ in rows])
    found = mapped(part, **ORDER, occurrence_per=["r"])
    assert found.rows["at"].dt.strftime("%H:%M").to_list() == [instant for _, _, instant in rows]


ENDS = {"label": "end", "interval": "PT15M"}
BY_ITS_CLOCK = ["02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
BY_ITS_START = ["02:00", "02:15", "02:30", "02:45", "03:00", "02:15", "02:30", "02:45", "03:00"]


@pytest.mark.parametrize("labels", [BY_ITS_CLOCK, BY_ITS_START], ids=["the new clock's", "the old clock's"])
@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_ends_of_the_autumn_night_are_written_in_two_ways(labels: list[str], step: int) -> None:
    assert read(*labels[::step], **ENDS, **ORDER) == QUARTERS[:-1][::step]


def test_hourly_ends_of_the_autumn_night() -> None:
    expected = ["26 23:00", "27 00:00", "27 01:00", "27 02:00"]
    hourly = {"label": "end", "interval": "PT1H"}
    assert read("02:00", "02:00", "03:00", "04:00", **hourly, **ORDER)[1:] == ["27 00:00", "27 01:00", "27 02:00"]
    assert read("02:00", "03:00", "03:00", "04:00", **hourly, **ORDER) == expected


SPRING = "2024-03-31"


@pytest.mark.parametrize("change", ["03:00", "02:00"], ids=["the new clock's", "the old clock's"])
def test_ends_of_the_spring_night_are_written_in_two_ways(change: str) -> None:
    labels = ["01:45", change, "03:15"]
    assert read(*labels, day=SPRING, **ENDS) == instants("31", "00:30 00:45 01:00")


def test_an_hour_that_ends_when_the_clock_is_changed_is_no_missing_one_and_the_next_is() -> None:
    labels = ["01:00", "02:00", "03:00", "04:00"]  # 24 rows on the day of 23: the hour from 2 to 3 is none
    found = read(*labels, day=SPRING, label="end", interval="PT1H")
    assert found == ["30 23:00", "31 00:00", "missing_hour", "31 01:00"]


def test_intervals_longer_than_the_change_begin_by_the_clock() -> None:
    assert read("06:00", "12:00", label="end", interval="PT6H") == ["26 22:00", "27 05:00"]
    assert read("00:00", day="2024-10-28", label="end", interval="P1D") == ["26 22:00"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("refuse", ["31 00:59", "missing_hour", "missing_hour", "31 01:00"]),
        ("skip", ["31 00:59", "31 01:00"]),
        ("shift", ["31 00:59", "31 01:00", "31 01:30", "31 01:00"]),
    ],
)
def test_the_hour_that_spring_leaves_out(policy: str, expected: list[str]) -> None:
    labels = ["01:59", "02:00", "02:30", "03:00"]
    assert read(*labels, day=SPRING, missing_hour=policy) == expected
    left_out = mapped(frame(t=[f"{SPRING} {label}" for label in labels]), missing_hour=policy).left_out
    assert left_out == (2 if policy == "skip" else 0)


def test_an_hour_of_no_length_begins_and_ends_at_one_instant() -> None:
    assert read("02:00", "03:00", day=SPRING, missing_hour="shift") == ["31 01:00", "31 01:00"]


def test_a_clock_that_is_changed_by_half_an_hour() -> None:
    rule = ORDER | {"zone": "Australia/Lord_Howe"}
    labels = ["01:00", "01:30", "01:45", "01:30", "01:45", "02:00"]
    assert read(*labels, day="2024-04-07", **rule) == instants("06", "14:00 14:30 14:45 15:00 15:15 15:30")
    assert read("01:45", "02:00", "02:30", day="2024-10-06", **rule) == ["05 15:15", "missing_hour", "05 15:30"]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param("01:15 01:30 01:45 01:30 01:45 02:00 02:15", id="the new clock's"),
        pytest.param("01:15 01:30 01:45 02:00 01:45 02:00 02:15", id="the old clock's"),
    ],
)
@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_ends_around_a_change_by_half_an_hour(labels: str, step: int) -> None:
    rule = ENDS | ORDER | {"zone": "Australia/Lord_Howe"}
    expected = instants("06", "14:00 14:15 14:30 14:45 15:00 15:15 15:30")
    assert read(*labels.split()[::step], day="2024-04-07", **rule) == expected[::step]
    for change in ("02:00", "02:30"):
        found = read("01:45", change, "02:45", day="2024-10-06", **rule)
        assert found == instants("05", "15:00 15:15 15:30")


def test_periods_are_counted_through_a_day_of_half_an_hour_more_or_less() -> None:
    rule = {"zone": "Australia/Lord_Howe", "period": "PT30M"}
    assert periods("2024-04-07", ["1", "4", "5", "49", "50"], **rule) == [
        *instants("06", "13:00 14:30 15:00"),
        "07 13:00",
        "missing_hour",
    ]
    assert periods("2024-10-06", ["4", "5", "47", "48"], **rule) == [
        *instants("05", "15:00 15:30"),
        "06 12:30",
        "missing_hour",
    ]
    assert periods("2024-04-07", ["4", "4", "5"], numbering="clock", **ORDER, **rule) == instants(
        "06", "14:30 15:00 15:30"
    )


def test_clocks_that_are_changed_at_midnight() -> None:
    rule = ORDER | {"zone": "America/Sao_Paulo"}
    assert read("23:00", "23:30", "23:00", "23:30", day="2018-02-17", **rule) == instants(
        "18", "01:00 01:30 02:00 02:30"
    )
    assert read("00:00", "00:30", "01:00", day="2018-11-04", **rule) == ["missing_hour", "missing_hour", "04 03:00"]
    assert read("00:00", "01:00", day="2024-03-31", zone="Asia/Beirut") == ["missing_hour", "30 22:00"]


def test_a_flag_or_a_mark_tells_the_later_showing() -> None:
    part = frame(t=["2024-11-03 02:00"] * 2 + ["2024-11-03 03:00"], f=["N", "Y", "N"])
    flag = {"column": "f", "later": ["Y"]}
    ercot = {"zone": "America/Chicago", "label": "end", "interval": "PT1H", "repeated_flag": flag}
    assert mapped(part, **ercot).rows["at"].dt.strftime("%H:%M").to_list() == ["06:00", "07:00", "08:00"]
    marked = frame(d=["2024-10-27"] * 4, h=["2", "2B", "2A", "3"])
    mark = {"source": ["d", "n"], "format": "%Y-%m-%d %H", "repeated_flag": {"column": "h", "later": ["B"]}}
    with_numbers = marked.with_columns(n=pl.col("h").str.extract(r"(\d+)"))
    assert mapped(with_numbers, **mark).rows["at"].dt.strftime("%H").to_list() == ["00", "01", "00", "02"]


HOURS = {"source": ["t", "h"], "format": "%Y-%m-%d", "period": "PT1H"}


def periods(day: str, numbers: list[str], **rule: Any) -> list[str | None]:
    part = frame(t=[day] * len(numbers), h=numbers)  # type: ignore[arg-type]
    found = mapped(part, **(HOURS | rule))
    issues = dict(found.issues.select(ROW_ID, "rule").iter_rows())
    shown = found.rows.select(ROW_ID, pl.col("at").dt.strftime("%d %H:%M")).rows()
    return [issues.get(row) if at is None else at for row, at in shown]


def test_hours_are_counted_from_midnight_through_a_day_of_25_and_one_of_23() -> None:
    assert periods("2024-10-27", ["1", "3", "HE04", "25"]) == ["26 22:00", "27 00:00", "27 01:00", "27 22:00"]
    assert periods("2024-03-31", ["1", "3", "23", "24"]) == ["30 23:00", "31 01:00", "31 21:00", "missing_hour"]
    assert periods("2024-03-31", ["23", "24"], missing_hour="skip") == ["31 21:00"]
    assert periods("2024-06-01", ["25", "0", "x", "-1"]) == ["missing_hour", *["unreadable_timestamp"] * 2, "31 22:00"]


def test_settlement_periods_and_quarters_are_counted_alike() -> None:
    half = {"zone": "Europe/London", "period": "PT30M"}
    assert periods("2024-10-27", ["1", "SP 3", "SP50"], **half) == ["26 23:00", "27 00:00", "27 23:30"]
    assert periods("2024-03-31", ["46", "47"], **half) == ["31 22:30", "missing_hour"]
    assert periods("2024-10-27", ["100", "H25Q4"], period="PT15M") == ["27 22:45"] * 2


def test_a_mark_behind_a_number_tells_the_showing_and_is_no_part_of_it() -> None:
    clock = {"numbering": "clock", "repeated_flag": {"column": "h", "later": ["B", "*"]}}
    marked = ["HE02", "3A", "3B", "03*", "4", "24:00"]
    assert periods("2024-10-27", marked, **clock) == [
        "26 23:00",
        *instants("27", "00:00 01:00 01:00 02:00 22:00"),
    ]


def test_an_hour_and_the_quarter_within_it_are_one_number() -> None:
    rows = [("1", "1"), ("HE03", "4"), ("4", "1"), ("25", "4"), ("2", "5"), ("2", "0")]
    part = frame(t=["2024-10-27"] * 6, h=[hour for hour, _ in rows], q=[quarter for _, quarter in rows])
    rule = {"source": ["t", "h", "q"], "format": "%Y-%m-%d", "period": "PT15M", "numbers": 2}
    found = mapped(part, **rule)
    assert found.rows["at"].dt.strftime("%d %H:%M").to_list() == [
        "26 22:00",
        *instants("27", "00:45 01:00 22:45"),
        None,
        None,
    ]
    assert found.issues["rule"].to_list() == ["unreadable_timestamp"] * 2
    clock = mapped(part.head(3), **rule, numbering="clock", repeated_hour="later")
    assert clock.rows["at"].dt.strftime("%d %H:%M").to_list() == ["26 22:00", *instants("27", "01:45 02:00")]


def test_numbers_of_the_clock_leave_one_out_in_spring_and_come_twice_in_autumn() -> None:
    clock = {"numbering": "clock", **ORDER}
    assert periods("2024-10-27", ["2", "3", "3", "4"], **clock) == ["26 23:00", *instants("27", "00:00 01:00 02:00")]
    assert periods("2024-03-31", ["2", "3", "4", "24"], **clock) == ["31 00:00", "missing_hour", "31 01:00", "31 21:00"]
    assert periods("2024-06-01", ["24", "25"], **clock) == ["01 21:00", "missing_hour"]


def test_days_without_a_midnight_begin_later() -> None:
    assert periods("2018-11-04", ["1", "23", "24"], zone="America/Sao_Paulo") == [
        "04 03:00",
        "05 01:00",
        "missing_hour",
    ]


def test_positions_are_counted_from_an_instant() -> None:
    part = frame(s=["2026-02-01T23:00Z"] * 2, p=["1", "96"])
    found = mapped(part, source=["s", "p"], format="iso8601", period="PT15M")
    assert found.rows["at"].to_list() == [
        datetime(2026, 2, 1, 23, tzinfo=UTC),
        datetime(2026, 2, 2, 22, 45, tzinfo=UTC),
    ]


def test_a_date_that_stands_elsewhere_is_given() -> None:
    assert mapped(frame(t=["24:00", "00:30"]), date="2024-01-31", format="%H:%M").rows["at"].to_list() == [
        datetime(2024, 1, 31, 23, tzinfo=UTC),
        datetime(2024, 1, 30, 23, 30, tzinfo=UTC),
    ]
    hours = mapped(frame(h=["1", "25"]), source="h", date="2022-10-30", format=None, period="PT1H").rows["at"].to_list()
    assert hours == [datetime(2022, 10, 29, 22, tzinfo=UTC), datetime(2022, 10, 30, 22, tzinfo=UTC)]


@pytest.mark.parametrize(("zone", "hour"), [("+01:00", 11), ("-05:00", 17), ("Z", 12), ("UTC", 12), ("+05:30", 6)])
def test_fixed_offsets_are_zones(zone: str, hour: int) -> None:
    (at,) = mapped(frame(t=["2024-07-01 12:00"]), zone=zone).rows["at"].to_list()
    assert (at.hour, at.minute) == (hour, 30 if zone == "+05:30" else 0)


ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
    "America/Santiago",
)
CHANGES = dict(zip(ZONES, ("10-26", "11-02", "04-06", "11-02", "10-26", "04-06"), strict=True))


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.sampled_from([15, 30, 60]),
    backwards=st.booleans(),
    ends=st.booleans(),
    cut=st.integers(1, 90),
    swapped=st.booleans(),
)
def test_what_a_clock_shows_of_two_days_is_read_back_exactly(
    zone: str, minutes: int, backwards: bool, ends: bool, cut: int, swapped: bool
) -> None:
    if zone == "Australia/Lord_Howe" and minutes == 60:
        minutes = 30  # whole hours do not come twice there
    step, clock = timedelta(minutes=minutes), read_zone(zone)
    start = datetime.fromisoformat(f"2024-{CHANGES[zone]}").replace(tzinfo=clock).astimezone(UTC)
    begun = [start + number * step for number in range(2 * 24 * 60 // minutes)][:: -1 if backwards else 1]
    rows = [(each, meter) for each in begun for meter in "ab"]
    shown = [(each + step * ends).astimezone(clock) for each, _ in rows]
    part = frame(
        d=[f"{each:%Y-%m-%d}" for each in shown], t=[f"{each:%H:%M}" for each in shown], m=[m for _, m in rows]
    )
    if swapped:
        part = part.select(ROW_ID, "m", "t", "d")
    rule = config(
        source=["d", "t"],
        occurrence_per=["m"],
        zone=zone,
        **ORDER,
        **({"label": "end", "interval": step} if ends else {}),
    )
    parts = [part[begin:end] for begin, end in pairwise([0, cut % part.height, part.height])]
    settled = settle_times(parts, rule, CONCEPT)
    pieces = [map_columns(each, rule, CONCEPT, NumberStyle(), settled) for each in parts]
    assert pl.concat([each.rows for each in pieces])["at"].to_list() == [each for each, _ in rows]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Apia", "Asia/Tokyo", "+14:00", "-12:00"])
@pytest.mark.parametrize("form", ["iso8601", "%Y-%m-%d %H:%M"])
def test_the_first_and_the_last_days_are_placed_in_every_zone(zone: str, form: str) -> None:
    part = frame(t=["0001-01-01 00:00", "0001-01-03 00:00", "9999-12-29 00:00", "9999-12-31 23:59"])
    found = mapped(part, format=form, zone=zone)
    beyond = found.issues[ROW_ID].to_list()  # a day of the year 0 east of Greenwich, of the year 10000 west of it
    assert beyond in ([1], [4])
    assert found.rows.filter(pl.col("at").is_null())[ROW_ID].to_list() == beyond


def test_years_that_no_store_has() -> None:
    # 0001-01-01 is the year before the first in UTC, and 9999-12-31 23:30 ends in the year 10000
    part = frame(t=["0001-01-01 00:00", "0001-01-02 00:00", "9999-12-31 23:30", "2024-05-01 00:00"], meter=["a"] * 4)
    concept = a_concept(a_field("at", type=FieldType.TIMESTAMP), a_field("until", type=FieldType.TIMESTAMP))
    rules = [
        {"field": "at", "source": "t", "format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"},
        {"field": "until", "after": {"field": "at", "duration": "PT2H"}},
    ]
    plain = MapperConfig.model_validate({"concept": "x", "rules": rules})
    found = map_columns(part, plain, concept, NumberStyle())
    assert sorted(found.issues.rows()) == [(1, "at", "unreadable_timestamp"), (3, "until", "unreadable_timestamp")]
    years = [[each and each.year for each in found.rows[name].to_list()] for name in ("at", "until")]
    assert years == [[None, 1, 9999, 2024], [1, 1, None, 2024]]
