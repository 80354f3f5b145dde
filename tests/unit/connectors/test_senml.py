"""SenML records (RFC 8428) are resolved: the base values are written into the records that they hold for."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.connectors.detection.inspect import inspect_source
from include.errors import SourceRefused
from tests.unit.connectors.documents import read_tables


def rows(records: list[dict[str, Any]], **given: Any) -> list[dict[str, str | None]]:
    return read_tables(json.dumps(records).encode(), **given)["records"].to_dicts()


def test_the_example_of_the_standard_is_resolved() -> None:
    """RFC 8428, section 5.1.2, against its section 5.1.4."""
    pack = (
        '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,'
        '"n":"voltage","u":"V","v":120.1},'
        '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","v":1.7}]'
    )
    found = read_tables(pack.encode())["records"]
    name = "urn:dev:ow:10e2073a0108006:"
    assert found.rows() == [
        (f"{name}voltage", "1276020076.001", "V", "120.1"),
        (f"{name}current", "1276020071.001", "A", "1.2"),
        (f"{name}current", "1276020072.001", "A", "1.3"),
        (f"{name}current", "1276020076.001", "A", "1.7"),
    ]


def test_base_values_are_added_until_another_comes_and_a_record_of_them_alone_is_none() -> None:
    found = rows(
        [
            {"bn": "a:", "bt": 1700000000, "bv": 20, "bs": 100, "bu": "W"},
            {"n": "x", "v": 0.1, "s": 1},
            {"n": "x", "t": 60},
            {"bn": "b:", "bv": -0.1, "n": "y", "v": 0.3},
            {"n": "door", "vb": True},
        ]
    )
    assert [(row["name"], row["time"], row["value"], row["sum"]) for row in found] == [
        ("a:x", "1700000000", "20.1", "101"),
        ("a:x", "1700000060", "20", "100"),
        ("b:y", "1700000000", "0.2", "100"),
        ("b:door", "1700000000", None, "100"),
    ]
    assert found[3]["boolean_value"] == "true"


def test_the_time_the_unit_and_the_sum_are_of_resolved_records(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    records = [{"t": 60 * at, "v": at} for at in range(1, 30)]
    path.write_text(json.dumps([{"bn": "meter", "bt": 1320000000.5, "bu": "W", "bv": 100, "v": 0}, *records]))
    found = inspect_source(path, "pack.json", {})
    value = next(column for column in found.tables[0].columns if column.name == "value")
    assert (value.unit, value.total) == ("W", Decimal(30 * 100 + sum(range(30))))
    assert found.time
    assert (found.time.columns, found.time.first) == (("time",), "2011-10-30T18:40:00.500000+00:00")
    assert found.time.resolution == "PT1M"
    assert any("SenML" in issue.what for issue in found.issues)
    left = inspect_source(path, "pack.json", {"senml": "false"})
    assert "bt" in [column.name for column in left.tables[0].columns]


def test_times_relative_to_the_sending_are_told(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    path.write_text('[{"bn": "meter", "bu": "W", "v": 1, "t": -60}, {"v": 2}]')
    found = inspect_source(path, "pack.json", {})
    assert any("2 records are relative" in issue.what for issue in found.issues)


@pytest.mark.parametrize(
    ("records", "says"),
    [
        pytest.param([{"bn": "a", "bt": "noon", "v": 1}], "no numbers", id="a base time that is a text"),
        pytest.param([{"bn": "a", "bv": True, "v": 1}], "no numbers", id="a base value that is a truth"),
        pytest.param([{"bn": "a", "v": 1, "must_": 1}], "has to be understood", id="a member that nobody knows"),
    ],
)
def test_what_cannot_be_resolved_is_refused(records: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        rows(records)


def test_a_sum_of_a_thousand_digits_is_refused() -> None:
    with pytest.raises(SourceRefused, match="no numbers"):
        read_tables(b'[{"bn": "a", "bv": 1e300, "v": 1e-300}]')
