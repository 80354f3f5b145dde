"""Rows are taken or left out, and one row becomes several, before any rule reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from include.cim.mapping_config import MapperConfig
from include.cim.reshape import unpivot_rows
from include.errors import SourceRefused
from tests.reshaping import shape

PHASES = {
    "concept": "electrical_measurement",
    "unpivot": {
        "label": "phase",
        "groups": {
            f"L{phase}": {"volts": f"U{phase} (V)", "amps": f"I{phase} (A)", "watts": f"P{phase} (kW)"}
            for phase in (1, 2, 3)
        },
    },
    "rules": [
        {"field": "device_id", "source": "meter"},
        {"field": "phase", "source": "phase"},
        {"field": "observed_at", "source": "time", "format": "iso8601"},
        {"field": "voltage", "source": "volts", "unit": "V"},
        {"field": "current", "source": "amps", "unit": "A"},
        {"field": "active_power", "source": "watts", "unit": "kW"},
        {"field": "frequency", "source": "f (Hz)", "unit": "Hz"},
    ],
}
THREE = pl.DataFrame(
    {
        "time": ["2024-05-01T00:00:00Z", "2024-05-01T00:01:00Z"],
        "meter": ["m", "m"],
        "U1 (V)": ["230.1", "231"], "U2 (V)": ["229.5", None], "U3 (V)": ["228", "230"],
        "I1 (A)": ["1", "2"], "I2 (A)": ["0", " "], "I3 (A)": ["3", "4"],
        "P1 (kW)": ["0.23", "0.462"], "P2 (kW)": ["0", ""], "P3 (kW)": ["0.684", None],
        "f (Hz)": ["50.01", "49.99"],
        "note": ["a", "b"],
    }
)  # fmt: skip


def test_three_phases_become_three_rows_but_for_one_that_nobody_measured():
    shaped = shape(THREE, PHASES)
    assert shaped.column("phase", "voltage", "current", "active_power", "frequency") == [
        ("L1", 230.1, 1.0, 230.0, 50.01),
        ("L2", 229.5, 0.0, 0.0, 50.01),
        ("L3", 228.0, 3.0, 684.0, 50.01),
        ("L1", 231.0, 2.0, 462.0, 49.99),
        ("L3", 230.0, 4.0, None, 49.99),
    ]
    assert shaped.counts["rows_read"] == 2
    assert shaped.counts["rows_unpivoted"] == 5
    assert shaped.raw["row_id"].to_list() == [1, 2, 3, 4, 5]
    # what nobody maps stays, to be shown with a row that is set aside; the eight cells of the other phases do not
    assert shaped.raw.columns == ["row_id", "time", "meter", "f (Hz)", "note", "phase", "volts", "amps", "watts"]
    assert shaped.issues == []


def test_a_group_without_a_cell_gives_a_row_where_that_is_asked_for():
    kept = {**PHASES, "unpivot": {**PHASES["unpivot"], "keep_empty": True}}
    assert shape(THREE, kept).column("phase") == ["L1", "L2", "L3", "L1", "L2", "L3"]


@pytest.mark.parametrize("cuts", [(), (1,)])
def test_rows_that_are_not_taken_are_counted_and_are_no_issue(cuts: tuple[int, ...]):
    config = {**PHASES, "where": {"meter": ["m", "n"], "note": "b"}}
    shaped = shape(THREE, config, cuts=cuts)
    assert shaped.counts == {
        "rows_read": 2, "rows_left_out": 1, "rows_unpivoted": 2, "rows_mapped": 2, "cells_unreadable": 0
    }  # fmt: skip
    assert shaped.column("phase") == ["L1", "L3"]
    assert shaped.raw["row_id"].to_list() == [1, 2]


def test_a_made_column_may_say_which_rows_are_taken():
    shaped = shape(THREE, {**PHASES, "where": {"phase": "L2"}})
    assert shaped.column("voltage") == [229.5]
    assert shaped.counts["rows_left_out"] == 1, "of the second row nothing is left"


def test_nothing_is_the_empty_value():
    table = pl.DataFrame({"area": ["a", "b", "c"], "mark": [None, " ", "x"], "load": ["1", "2", "3"]})
    config = {
        "concept": "grid_observation",
        "where": {"mark": ""},
        "rules": [{"field": "area_id", "source": "area"}, {"field": "power", "source": "load", "unit": "MW"}],
    }
    assert shape(table, config).column("area_id", "power") == [("a", 1.0), ("b", 2.0)]


def test_a_mapping_that_takes_nothing_of_a_file_says_so():
    with pytest.raises(SourceRefused, match=r"takes none of its 2 rows.*mapper\.where"):
        shape(THREE, {**PHASES, "where": {"note": "nobody"}})


def test_a_column_of_the_source_under_a_made_name_is_never_lost():
    with pytest.raises(SourceRefused, match=r"the source has a column of that name"):
        shape(THREE.rename({"note": "volts"}), PHASES)


def test_the_row_number_of_a_source_can_be_made_and_read():
    config = {
        "concept": "grid_observation",
        "unpivot": {"label": "row_id", "groups": {"a": {"x": "A"}, "b": {"x": "row_id"}}},
        "rules": [{"field": "area_id", "source": "row_id"}, {"field": "power", "source": "x", "unit": "MW"}],
    }
    shaped = shape(pl.DataFrame({"A": ["1"], "row_id": ["2"]}), config)
    assert shaped.column("area_id", "power") == [("a", 1.0), ("b", 2.0)]


def test_the_contract_looks_at_the_sources_own_columns_and_sets_aside_every_row_that_was_made():
    table = THREE.with_columns(pl.Series("new", [None, "x"]))
    contract = {"appear": "quarantine"}
    shaped = shape(table, PHASES, contract=contract, known=THREE.columns, cuts=(1,))
    assert [(row, rule) for row, _, rule in shaped.issues] == [(4, "unexpected_column"), (5, "unexpected_column")]
    assert shaped.raw_ref.columns == (*THREE.columns, "new")


SOURCES = {"Biomasse [MWh]": "B01", "Wind Onshore [MWh]": "B19", "Photovoltaik [MWh]": "B16"}
GENERATION = {
    "concept": "grid_observation",
    "unpivot": {"label": "source", "groups": {code: {"energy": name} for name, code in SOURCES.items()}},
    "rules": [
        {"field": "area_id", "constant": "DE"},
        {"field": "quantity", "constant": "generation"},
        {"field": "psr_type", "source": "source"},
        {"field": "interval_start", "source": "Datum von", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
        {"field": "energy", "source": "energy", "unit": "MWh"},
    ],
}


def test_columns_of_a_kind_of_generation_each_become_rows_of_that_kind():
    table = pl.DataFrame(
        {
            "Datum von": ["01.01.2024 00:00", "01.01.2024 00:15"],
            "Datum bis": ["01.01.2024 00:15", "01.01.2024 00:30"],
            "Biomasse [MWh]": ["1088,5", "1090"],
            "Wind Onshore [MWh]": ["5001,25", "-"],
            "Photovoltaik [MWh]": ["0", None],
        }
    )
    config = {**GENERATION}
    shaped = shape(
        table.with_columns(pl.exclude("^Datum.*$").str.replace_all(".", "", literal=True)), config, decimal=","
    )
    midnight, quarter = datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2023, 12, 31, 23, 15, tzinfo=UTC)
    assert shaped.column("psr_type", "interval_start", "energy") == [
        ("B01", midnight, 1088.5),
        ("B19", midnight, 5001.25),
        ("B16", midnight, 0.0),
        ("B01", quarter, 1090.0),
        ("B19", quarter, None),
    ]
    assert shaped.issues == [(5, "energy", "unreadable_number")]


CLOCK = [f"{hour:02}:00" for hour in range(24)]


def test_the_24_hours_of_a_day_of_23_and_of_a_day_of_25():
    table = pl.DataFrame({"day": ["2024-03-31", "2024-10-27"], **{hour: [hour, hour] for hour in CLOCK}})
    table = table.with_columns(pl.when(pl.col("day") != "2024-03-31").then(pl.col("02:00")).alias("02:00"))
    table = table.with_columns(pl.col(*CLOCK).str.slice(0, 2))
    config = {
        "concept": "grid_observation",
        "unpivot": {"label": "hour", "groups": {hour: {"load": hour} for hour in CLOCK}},
        "rules": [
            {
                "field": "interval_start", "source": ["day", "hour"], "format": "%Y-%m-%d %H:%M",
                "zone": "Europe/Brussels", "repeated_hour": "earlier",
            },
            {"field": "power", "source": "load", "unit": "MW"},
        ],
    }  # fmt: skip
    shaped = shape(table, config, cuts=(1,))
    spring, autumn = shaped.rows.filter(pl.col("interval_start").dt.month() == 3), shaped.rows[23:]
    # 31 March: 00:00 and 01:00 are 23:00 and 00:00 UTC, there is no 02:00, and 03:00 to 23:00 are 01:00 to 21:00 UTC
    assert spring["power"].to_list() == [0, 1, *range(3, 24)]
    assert spring["interval_start"].to_list() == [
        datetime(2024, 3, 30, 23, tzinfo=UTC), *[datetime(2024, 3, 31, hour, tzinfo=UTC) for hour in range(22)]
    ]  # fmt: skip
    # 27 October: 00:00 to 02:00 are 22:00 to 00:00 UTC, and 03:00 to 23:00, an hour later, 02:00 to 22:00 UTC
    assert autumn["power"].to_list() == list(range(24))
    assert autumn["interval_start"].to_list() == [
        datetime(2024, 10, 26, 22, tzinfo=UTC), datetime(2024, 10, 26, 23, tzinfo=UTC),
        datetime(2024, 10, 27, 0, tzinfo=UTC), *[datetime(2024, 10, 27, hour, tzinfo=UTC) for hour in range(2, 23)],
    ]  # fmt: skip
    assert shaped.issues == []


def test_25_numbered_hours_count_from_midnight_on_both_days():
    numbers = [str(number) for number in range(1, 26)]
    table = pl.DataFrame({"day": ["2024-03-31", "2024-10-27", "2024-10-28"], **{each: [each] * 3 for each in numbers}})
    # of 31 March the last two hours are empty, of an ordinary day the last
    table = table.with_columns(
        pl.when(pl.col("day") != "2024-03-31").then("24").alias("24"),
        pl.when(pl.col("day") == "2024-10-27").then("25").alias("25"),
    )
    config = {
        "concept": "grid_observation",
        "unpivot": {"label": "hour", "groups": {number: {"load": number} for number in numbers}},
        "rules": [
            {
                "field": "interval_start", "source": ["day", "hour"], "format": "%Y-%m-%d", "zone": "Europe/Brussels",
                "period": "PT1H",
            },
            {"field": "power", "source": "load", "unit": "MW"},
        ],
    }  # fmt: skip
    shaped = shape(table, config, cuts=(1, 2))
    assert shaped.issues == []
    begins = [datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 10, 26, 22, tzinfo=UTC)]
    begins.append(datetime(2024, 10, 27, 23, tzinfo=UTC))
    assert shaped.column("interval_start", "power") == [
        (begin + timedelta(hours=number - 1), number)
        for begin, count in zip(begins, (23, 25, 24), strict=True)
        for number in range(1, count + 1)
    ]


def test_a_group_leaves_empty_what_it_does_not_name() -> None:
    table = pl.DataFrame({"t": ["a"], "P": ["6"], "P1": ["1"], "U1": ["230"]})
    groups = {"total": {"p": "P"}, "L1": {"p": "P1", "u": "U1"}}
    long = unpivot_rows(table, groups, label="phase", keep=["t"], keep_empty=False)
    assert long.rows() == [("a", "total", "6", None), ("a", "L1", "1", "230")]


def test_a_group_without_columns_is_refused() -> None:
    with pytest.raises(ValidationError, match="every group names at least one new column"):
        MapperConfig.model_validate({**PHASES, "unpivot": {"label": "p", "groups": {"a": {"x": "A"}, "b": {}}}})


TEXT = st.sampled_from([None, "", " ", "0", "1.5", "x"])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(*[TEXT] * 4), min_size=1, max_size=12),
    st.sets(st.integers(1, 11)),
    st.permutations(["time", "a1", "b1", "a2", "b2"]),
    st.booleans(),
)
def test_neither_cuts_nor_the_order_of_columns_change_what_is_made(
    cells: list[tuple[Any, ...]], cuts: set[int], order: list[str], keep_empty: bool
):
    table = pl.DataFrame(cells, schema=dict.fromkeys(("a1", "b1", "a2", "b2"), pl.String), orient="row").with_columns(
        pl.Series("time", [f"2024-01-01T{hour:02}:00:00Z" for hour in range(len(cells))])
    )
    config = {
        "concept": "electrical_measurement",
        "unpivot": {
            "label": "phase", "keep_empty": keep_empty,
            "groups": {"L1": {"v": "a1", "i": "b1"}, "L2": {"v": "a2", "i": "b2"}},
        },
        "rules": [
            {"field": "observed_at", "source": "time", "format": "iso8601", "zone": "UTC"},
            {"field": "phase", "source": "phase"},
            {"field": "voltage", "source": "v", "unit": "V"},
            {"field": "current", "source": "i", "unit": "A"},
        ],
    }  # fmt: skip
    expected = [
        (hour, phase, v, i)
        for hour, (a1, b1, a2, b2) in enumerate(cells)
        for phase, v, i in (("L1", a1, b1), ("L2", a2, b2))
        if keep_empty or (v or "").strip() or (i or "").strip()
    ]
    if not expected:
        with pytest.raises(SourceRefused):
            shape(table.select(order), config, cuts=sorted(cuts))
        return
    whole, cut = shape(table, config), shape(table.select(order), config, cuts=sorted(cuts))
    assert [(at.hour, phase) for at, phase in whole.column("observed_at", "phase")] == [row[:2] for row in expected]
    assert whole.raw["v"].to_list() == [row[2] for row in expected]
    assert whole.rows.equals(cut.rows)
    assert whole.issues == cut.issues
    assert all(later == earlier + 1 for earlier, later in pairwise(cut.raw["row_id"]))
