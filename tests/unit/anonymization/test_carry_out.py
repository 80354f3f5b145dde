"""Every method keeps nulls, order, length and the field's type, and gives the same wherever a batch is cut."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.anonymization.carry_out import Known, Task, hide, swap_values
from include.anonymization.config import FIELD_PLAN
from include.anonymization.key import Key
from include.anonymization.methods import decrypt

KEY = Key("p1", b"k" * 32)
BATCH = UUID(int=1).bytes

TEXT_PLANS: list[dict[str, Any]] = [
    {"method": "pseudonym"},
    {"method": "hash"},
    {"method": "encrypt", "equal_for_equal": True},
    {"method": "mask", "keep_first": 1, "keep_last": 2},
    {"method": "replace", "value": "x"},
    {"method": "redact"},
    {"method": "drop"},
    {"method": "generalise", "first": 2},
    {"method": "keep", "reason": "for a test"},
]
NUMBER_PLANS: list[dict[str, Any]] = [
    {"method": "generalise", "width": 7.5},
    {"method": "generalise", "bins": [-10, 0, 10, 55.5]},
    {"method": "generalise", "grid_degrees": 0.25},
    {"method": "round", "digits": 1},
    {"method": "round", "digits": -1},
    {"method": "noise", "scale": 20},
]


def task(plan: dict[str, Any], key: Key = KEY, minimum: float | None = None, maximum: float | None = None) -> Task:
    return Task("field", FIELD_PLAN.validate_python(plan), key, minimum, maximum)


def records_of(count: int, first: int = 0) -> pl.DataFrame:
    """Name records by a meter and a time, three meters at each time."""
    numbers = pl.Series("at", range(first, first + count), dtype=pl.Int64)
    times = (numbers // 3).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"meter": (numbers % 3).cast(pl.String), "at": times})


def done(column: pl.Series, plan: dict[str, Any], cuts: tuple[int, ...] = (), **bounds: Any) -> pl.Series:
    work = task(plan, **bounds)
    ends = [*cuts, column.len()]
    names = records_of(column.len())
    return pl.concat([hide(column[a:b], work, names[a:b]) for a, b in zip([0, *ends], ends, strict=False)])


SWAP = task({"method": "swap"})

texts = st.lists(st.none() | st.text(string.printable, max_size=8), min_size=1, max_size=30)
numbers = st.lists(st.none() | st.floats(-50, 50), min_size=1, max_size=30)


@pytest.mark.parametrize("plan", TEXT_PLANS, ids=str)
@given(values=texts, cut=st.integers(0, 30))
def test_texts_keep_nulls_and_cutting_changes_nothing(plan: dict[str, Any], values: list[str | None], cut: int) -> None:
    column = pl.Series("field", values, dtype=pl.String)
    whole = done(column, plan)
    assert (whole.dtype, whole.len()) == (pl.String, column.len())
    if plan["method"] != "drop":
        assert whole.is_null().to_list() == column.is_null().to_list()
    assert whole.equals(done(column, plan, (min(cut, len(values)),)))


@pytest.mark.parametrize("plan", NUMBER_PLANS, ids=str)
@pytest.mark.parametrize("dtype", [pl.Float64, pl.Int64], ids=str)
@given(values=numbers, cut=st.integers(0, 30))
def test_numbers_keep_nulls_bounds_and_type_and_cutting_changes_nothing(
    plan: dict[str, Any], dtype: Any, values: list[float | None], cut: int
) -> None:
    column = pl.Series("field", values, dtype=pl.Float64).cast(dtype)
    whole = done(column, plan, minimum=-50, maximum=50)
    assert (whole.dtype, whole.is_null().to_list()) == (dtype, column.is_null().to_list())
    assert whole.drop_nulls().is_between(-50, 50).all()
    assert whole.equals(done(column, plan, (min(cut, len(values)),), minimum=-50, maximum=50))


@pytest.mark.parametrize("dtype", [pl.String, pl.Float64, pl.Boolean, pl.Datetime("us", "UTC")], ids=str)
@given(values=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=30))
def test_swapping_keeps_the_values_and_where_nulls_are(dtype: Any, values: list[int | None]) -> None:
    column = pl.Series("field", values, dtype=pl.Int64).cast(dtype)
    swapped = swap_values(column, SWAP, BATCH)
    assert swapped.dtype == dtype
    assert swapped.is_null().to_list() == column.is_null().to_list()
    assert swapped.sort().equals(column.sort())


def test_swapping_moves_values_and_a_retry_moves_them_alike() -> None:
    column = pl.Series("field", range(1000))
    first, again = (swap_values(column, SWAP, BATCH) for _ in range(2))
    assert first.equals(again)
    assert (first == column).sum() < 20
    assert not first.equals(swap_values(column, SWAP, UUID(int=2).bytes))
    assert not first.equals(swap_values(column, task({"method": "swap"}, Key("p1", b"o" * 32)), BATCH))


def test_noise_has_its_stated_scale_and_tells_nothing_of_its_neighbours() -> None:
    noise = done(pl.Series("field", [0.0] * 100_000), {"method": "noise", "scale": 3.0})
    assert noise.mean() == pytest.approx(0, abs=0.05)
    assert noise.abs().mean() == pytest.approx(3.0, rel=0.02)  # type: ignore[arg-type]
    assert noise.abs().median() == pytest.approx(3.0 * 0.693, rel=0.02)  # type: ignore[arg-type]
    assert noise.n_unique() == 100_000


def test_a_record_has_its_noise_wherever_it_comes_and_shares_it_with_no_other() -> None:
    zeros, work = pl.Series("field", [0.0] * 9_000), task({"method": "noise", "scale": 3.0})
    records = records_of(9_000)
    noise = hide(zeros, work, records)
    assert noise.n_unique() == 9_000
    # other rows are gone, and the order is another: a batch that is loaded again, rows that come out of quarantine
    some = records.with_columns(noise=noise).gather(range(8_999, -1, -7))
    assert hide(zeros[: some.height], work, some.drop("noise")).equals(some["noise"].rename("field"))
    again = hide(zeros, task({"method": "noise", "scale": 3.0}, Key("p1", b"o" * 32)), records)
    assert (again - noise).abs().min() > 0  # type: ignore[operator]
    other = hide(zeros, replace(work, field="other"), records)
    assert abs(np.corrcoef(other.to_numpy(), noise.to_numpy())[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("plan", "values", "becomes"),
    [
        pytest.param({"first": 2}, ["1050", "9", None], ["10", "9", None], id="the begin of a postal code"),
        pytest.param({"width": 10}, [0.0, 9.9, 10.0, -0.1], [0, 0, 10, -10], id="equal bins"),
        pytest.param({"bins": [0, 3, 6]}, [-1.0, 0.0, 2.9, 3.0, 99.0, None], [0, 0, 0, 3, 6, None], id="own bins"),
        pytest.param({"grid_degrees": 0.5}, [50.85, 4.35, -0.3], [51.0, 4.5, -0.5], id="a grid"),
    ],
)
def test_generalising_makes_coarser(plan: dict[str, Any], values: list[Any], becomes: list[Any]) -> None:
    assert done(pl.Series("field", values), {"method": "generalise", **plan}).to_list() == becomes


@pytest.mark.parametrize(
    ("step", "becomes"),
    [
        ("hour", datetime(2024, 5, 17, 13, tzinfo=UTC)),
        ("day", datetime(2024, 5, 17, tzinfo=UTC)),
        ("month", datetime(2024, 5, 1, tzinfo=UTC)),
        ("year", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_become_the_begin_of_a_step(step: str, becomes: datetime) -> None:
    column = pl.Series("field", [datetime(2024, 5, 17, 13, 45, tzinfo=UTC), None], dtype=pl.Datetime("us", "UTC"))
    coarse = done(column, {"method": "generalise", "to": step})
    assert (coarse.to_list(), coarse.dtype) == ([becomes, None], column.dtype)


@pytest.mark.parametrize(
    ("text", "becomes"), [("0470123456", "0*******56"), ("abc", "***"), ("ab", "**"), ("", ""), ("abcd", "a*cd")]
)
def test_masking_keeps_the_ends_and_never_a_whole_value(text: str, becomes: str) -> None:
    assert done(pl.Series("field", [text]), {"method": "mask", "keep_first": 1, "keep_last": 2})[0] == becomes


@given(text=st.text())
def test_who_holds_the_key_reads_what_was_encrypted(text: str) -> None:
    for equal in (True, False):
        sealed = done(pl.Series("field", [text, text]), {"method": "encrypt", "equal_for_equal": equal})
        assert (sealed[0] == sealed[1]) is equal
        assert sealed[0].startswith("p1_")
        assert decrypt(sealed[0], KEY) == text
        assert decrypt(sealed[0], Key("p1", b"o" * 32)) is None
        changed = sealed[0][:-6] + ("A" if sealed[0][-6] != "A" else "B") + sealed[0][-5:]
        assert decrypt(changed, KEY) is None


def test_a_keyed_hash_is_not_found_in_a_dictionary_and_an_unsalted_one_would_be() -> None:
    import hashlib

    phones = [f"04701{number:05d}" for number in range(2_000)]
    dictionary = {hashlib.sha256(phone.encode()).hexdigest() for phone in phones}
    keyed = set(done(pl.Series("field", phones), {"method": "hash"}))
    assert len(keyed) == 2_000
    assert keyed & dictionary == set()
    unsalted = {hashlib.sha256(phone.encode()).hexdigest() for phone in phones[:10]}  # what is not offered
    assert len(unsalted & dictionary) == 10


def test_free_text_keeps_what_names_nobody() -> None:
    column = pl.Series("field", ["Call anna.peeters@example.org about the meter", "meter replaced", None])
    scanned = done(column, {"method": "scan"}).to_list()
    assert scanned == ["Call <EMAIL_ADDRESS> about the meter", "meter replaced", None]


def test_the_key_is_not_shown() -> None:
    assert "kkkk" not in repr(KEY)


def test_a_value_of_an_earlier_part_is_not_changed_again() -> None:
    asked: list[list[str]] = []

    def change(values: pl.Series) -> pl.Series:
        asked.append(sorted(values))
        return values + "!"

    known = Known()
    assert known.change(pl.Series("a", ["x", None, "y", "x"]), change).to_list() == ["x!", None, "y!", "x!"]
    assert known.change(pl.Series("a", ["z", "y", None]), change).to_list() == ["z!", "y!", None]
    assert known.change(pl.Series("a", [None], dtype=pl.String), change).to_list() == [None]
    assert asked == [["x", "y"], ["z"], []]
