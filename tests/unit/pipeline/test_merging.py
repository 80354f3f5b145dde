"""Rows with one key become one row, wherever in the batch they are."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.cim.definition import load_definition
from include.cim.reshape import merge_rows
from include.collection.suite import suite_of
from include.errors import SourceRefused
from include.pipeline import merge_parts
from include.pipeline.validate import validate
from tests.fakes import FolderStaging
from tests.reshaping import shape

PRICES = {
    "concept": "market_price",
    "merge_rows": True,
    "rules": [
        {"field": "market_area", "source": "zone"},
        {"field": "product", "constant": "day_ahead"},
        {"field": "auction_sequence", "constant": 1},
        {"field": "interval_start", "source": "time", "format": "iso8601"},
        {"field": "price", "source": "value", "unit": "1/MWh", "where": {"concept": ["Precio marginal", "Preço"]}},
        {"field": "volume", "source": "value", "unit": "MWh", "where": {"concept": "Energía"}},
    ],
}


def long(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    schema = dict.fromkeys(("time", "zone", "concept", "value"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


T0, T1 = "2024-05-01T00:00:00Z", "2024-05-01T01:00:00Z"
OMIE = long(
    (T0, "ES", "Precio marginal", "41.5"),
    (T0, "PT", "Preço", "42"),
    (T1, "ES", "Precio marginal", "39"),
    (T0, "ES", "Energía", "20100.5"),
    (T1, "ES", "Energía", "19800"),
    (T1, "PT", "Preço", "-0.5"),
    (T1, "PT", "Comentario", "x"),
)
WIDE = [("ES", 41.5, 20100.5), ("PT", 42.0, None), ("ES", 39.0, 19800.0), ("PT", -0.5, None)]


@pytest.mark.parametrize("cuts", [(), (1, 2, 3, 4, 5, 6), (4,)], ids=["one part", "a part for each row", "two parts"])
def test_quantities_in_rows_of_their_own_become_fields_of_one_row(cuts: tuple[int, ...]):
    shaped = shape(OMIE, PRICES, cuts=cuts)
    assert shaped.column("market_area", "price", "volume") == WIDE
    assert shaped.rows[ROW_ID].to_list() == [1, 2, 3, 6], "the number of the first of its rows"
    assert (shaped.counts["rows_read"], shaped.counts["rows_mapped"], shaped.counts["rows_merged"]) == (7, 4, 3)
    assert shaped.ref.rows == 4
    assert shaped.issues == []
    raw = [range(0)] + [range(part[ROW_ID].min(), part[ROW_ID].max() + 1) for part in shaped.parts if part.height]
    assert sum(map(len, raw)) >= 4
    assert len(shaped.parts) == len(cuts) + 1, "a part has rows of its own raw part only, be there none"
    assert len(shaped.origins) == len(shaped.parts)
    assert {first: rows for part in shaped.origins for first, rows in part.items()} == {1: [1, 4], 3: [3, 5], 6: [6, 7]}


def test_a_row_that_contradicts_an_earlier_one_is_an_issue_and_counts_for_nothing():
    table = long(
        (T0, "ES", "Precio marginal", "41.5"),
        (T0, "ES", "Energía", "7"),
        (T0, "ES", "Preço", "41.6"),
        (T0, "ES", "Preço", "41.5"),
        (T1, "ES", "Energía", "8"),
    )
    for cuts in ((), (1, 2, 3, 4)):
        shaped = shape(table, PRICES, cuts=cuts)
        assert shaped.issues == [(3, "price", "conflicting_value")]
        assert shaped.column(ROW_ID, "price", "volume") == [(1, 41.5, 7.0), (3, 41.6, None), (5, None, 8.0)]
        assert {first: rows for part in shaped.origins for first, rows in part.items()} == {1: [1, 2, 4]}


def test_a_row_without_a_whole_key_stays_as_it_is():
    table = long((T0, None, "Precio marginal", "1"), (T0, " ", "Energía", "2"), (T0, "ES", "Energía", "3"))
    shaped = shape(table, PRICES)
    assert shaped.column("market_area", "price", "volume") == [(None, 1.0, None), (None, None, 2.0), ("ES", None, 3.0)]
    assert shaped.counts["rows_merged"] == 0


def test_a_row_that_cannot_be_read_is_set_aside_by_itself():
    table = long((T0, "ES", "Precio marginal", "41.5"), (T0, "ES", "Energía", "much"), (T0, "ES", "Comentario", "-"))
    shaped = shape(table, PRICES)
    assert shaped.issues == [(2, "volume", "unreadable_number")]
    assert shaped.column(ROW_ID, "price", "volume") == [(1, 41.5, None), (2, None, None)]
    evolved = shape(table, PRICES, contract={"retype": "evolve"})
    assert evolved.issues == []
    assert evolved.column(ROW_ID, "price", "volume") == [(1, 41.5, None)]


def test_quarantine_shows_the_very_row_of_the_source(tmp_path: Path):
    staging, concept = FolderStaging(tmp_path), load_definition().concept("market_price")
    table = pl.concat([OMIE, long((T0, "PT", "Preço", "43"), (None, "PT", "Energía", "5"))])
    shaped = shape(table, PRICES, cuts=(2, 5, 7), staging=staging)
    suite = suite_of(concept, a_curator(), {rule["field"] for rule in PRICES["rules"]})
    outcome, report = validate(shaped.ref, shaped.raw_ref, suite, concept, staging, seal=bytes)
    aside = pl.concat([staging.read(path) for path in outcome.ref.aside]).sort(ROW_ID)
    assert aside[ROW_ID].to_list() == [8, 9]
    assert b'"value":"43"' in aside["sealed"][0]
    assert "conflicting_value" in aside["reasons"][0]
    assert b'"value":"5"' in aside["sealed"][1]
    assert (report.rows_in, report.rows_out, report.rows_quarantined) == (6, 4, 2)


def a_curator() -> Any:
    from include.expectations.config import CuratorConfig

    return CuratorConfig()


def test_a_key_that_millions_of_rows_have_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(merge_parts, "BUCKET_ROWS", 10)
    monkeypatch.setattr(merge_parts, "MOST_BUCKET_ROWS", 40)
    table = pl.concat([OMIE] * 20)
    with pytest.raises(SourceRefused, match=r"mapper\.merge_rows.*interval_start"):
        shape(table.with_columns(pl.lit("ES").alias("zone"), pl.lit(T0).alias("time")), PRICES)


QUANTITIES = ("Precio marginal", "Preço", "Energía", "Comentario")
ROWS = st.lists(
    st.tuples(
        st.sampled_from([T0, T1]),
        st.sampled_from(["ES", "PT", None]),
        st.sampled_from(QUANTITIES),
        st.sampled_from(["1", "2", None, "x"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.sets(st.integers(1, 24)), st.integers(1, 6), st.permutations(["time", "zone", "concept", "value"]))
def test_neither_cuts_nor_buckets_nor_the_order_of_columns_change_anything(
    rows: list[tuple[str | None, ...]], cuts: set[int], bucket_rows: int, order: list[str]
):
    expected = one_by_one(rows)
    whole = shape(long(*rows), PRICES)
    assert whole.rows.select(ROW_ID, "price", "volume").rows() == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge_parts, "BUCKET_ROWS", bucket_rows)
        cut = shape(long(*rows).select(order), PRICES, cuts=sorted(cuts))
    assert cut.rows.equals(whole.rows)
    assert cut.issues == whole.issues
    assert cut.counts == whole.counts


def one_by_one(rows: list[tuple[str | None, ...]]) -> list[tuple[int, float | None, float | None]]:
    """What the rows should become, in plain Python: row, price, volume."""
    read, alone = [], []
    for number, (time, zone, concept, value) in enumerate(rows, start=1):
        number_of = {"1": 1.0, "2": 2.0}.get(value or "")
        price = number_of if concept in ("Precio marginal", "Preço") else None
        volume = number_of if concept == "Energía" else None
        bad = value == "x" and concept != "Comentario"
        (alone if zone is None or bad else read).append((number, (time, zone), [price, volume]))
    firsts: dict[Any, list[float | None]] = {}
    for _, key, cells in read:
        first = firsts.setdefault(key, [None, None])
        firsts[key] = [old if old is not None else new for old, new in zip(first, cells, strict=True)]
    merged: dict[Any, tuple[int, list[float | None]]] = {}
    for number, key, cells in read:
        if any(cell is not None and cell != first for cell, first in zip(cells, firsts[key], strict=True)):
            alone.append((number, key, cells))
            continue
        at, old = merged.setdefault(key, (number, [None, None]))
        merged[key] = at, [a if a is not None else b for a, b in zip(old, cells, strict=True)]
    out = [(number, *cells) for number, cells in merged.values()]
    return sorted(out + [(number, *cells) for number, _, cells in alone])  # type: ignore[arg-type]


def test_unpivoting_and_merging_give_the_table_back():
    table = pl.DataFrame(
        {
            "time": [T0, T1], "zone": ["ES", "ES"], "price": ["1", None], "volume": ["3", "4"],
        }
    )  # fmt: skip
    config = {
        **PRICES,
        "unpivot": {"label": "what", "groups": {name: {"value": name} for name in ("price", "volume")}},
        "rules": [
            *PRICES["rules"][:4],
            {"field": "price", "source": "value", "unit": "1/MWh", "where": {"what": "price"}},
            {"field": "volume", "source": "value", "unit": "MWh", "where": {"what": "volume"}},
        ],
    }
    shaped = shape(table, config, cuts=(1,))
    assert shaped.column("market_area", "price", "volume") == [("ES", 1.0, 3.0), ("ES", None, 4.0)]


def test_merging_does_not_depend_on_types():
    rows = pl.DataFrame(
        {
            ROW_ID: [1, 2, 3],
            "k": ["a", "a", "a"],
            "flag": [None, False, True],
            "text": ["x", None, "x"],
            "n": [None] * 3,
        }
    )
    merged = merge_rows(rows, ["k"])
    assert merged.rows.rows() == [(1, "a", False, "x", None), (3, "a", True, "x", None)]
    assert merged.issues.rows() == [(3, "flag", "conflicting_value")]


def test_rows_in_any_order_find_one_another():
    rows = [(f"2024-05-01T{hour:02}:00:00Z", zone, what, str(hour)) for hour in range(24) for zone in ("ES", "PT")
            for what in QUANTITIES[1:3]]  # fmt: skip
    random.Random(5).shuffle(rows)
    shaped = shape(long(*rows), PRICES, cuts=range(1, 96, 7))
    assert shaped.rows.height == 48
    assert (shaped.rows["price"] == shaped.rows["volume"]).all()
