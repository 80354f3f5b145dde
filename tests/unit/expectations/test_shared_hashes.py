"""Rows with equal keys share a hash, wherever the batch is cut and however many rounds it takes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.expectations import shared_hashes
from include.expectations.shared_hashes import find_shared_hashes

KEYS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["a", "b"])), max_size=30)


@given(KEYS, st.integers(1, 31), st.sampled_from([1, 4, 1_000]))
def test_equal_rows_share_a_hash_and_others_do_not(keys: list[tuple[int, str]], cut: int, at_once: int) -> None:
    rows = pl.DataFrame(keys, schema={"number": pl.Int64, "word": pl.String}, orient="row")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_hashes, "_AT_ONCE", at_once)
        found = find_shared_hashes([part.lazy() for part in rows.iter_slices(cut)], ["number", "word"])
    repeated = rows.filter(rows.is_duplicated()).unique()
    assert sorted(found) == sorted(repeated.hash_rows())


def test_no_parts_share_nothing() -> None:
    assert find_shared_hashes([], ["number"]).is_empty()
