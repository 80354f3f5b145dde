"""Names that a file brings along are told in messages, but for those that may be somebody's."""

from __future__ import annotations

import pytest

from include.anonymization.telling import HIDDEN, list_names, tell_name


@pytest.mark.parametrize(
    "name",
    [
        "energy_kwh", "Gesamtverbrauch (Netzlast) [MWh]", "Max Power", "April 2024", "2024-01-01T00:15:00Z",
        "01/02/2024 00:00", "20240101 0015", "Jan", "P1D_Temp_2m", "Volume (m³)", "1-0:1.8.0", "",
    ],
)  # fmt: skip
def test_what_a_column_is_called_is_told(name: str) -> None:
    assert tell_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "anna.peeters@example.org", "0470123456", "+32 470 12 34 56", "541448820000000001 import", "Anna Peeters",
        "kWh of Mrs. Anna Peeters", "Verbrauch_Anna_Vogel", "85.07.30-033.28", "BE31 4354 1116 1155",
    ],
)  # fmt: skip
def test_what_may_be_a_person_is_not(name: str) -> None:
    assert tell_name(name) == HIDDEN


def test_a_list_says_how_many_it_leaves_out() -> None:
    assert list_names(["kWh", "0470123456", *map(str, range(30))], most=3) == f"'kWh', {HIDDEN}, '0' and 29 more"
