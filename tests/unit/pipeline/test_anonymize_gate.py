"""The gate: what is too small goes, counted on what the plan gives, and the same wherever a batch is cut."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.anonymization.config import AnonymizationConfig, KAnonymity
from include.anonymization.k_anonymity import assess_rows, count_singled_out
from include.batch import ROW_ID, Stage
from include.errors import BatchRefused
from include.pipeline.anonymize import anonymize
from tests.fakes import FixedSecrets, FolderStaging
from tests.staged import READING, a_row, stage_batch

PSEUDONYM = {"meter_id": {"method": "pseudonym"}}
GATE = {"quasi_identifiers": ["direction", "note"], "k": 3}
EVERYTHING = {
    "energy": {"method": "noise", "scale": 5},
    "direction": {"method": "swap"},
    "note": {"method": "mask", "keep_first": 1},
    "end": {"method": "generalise", "to": "day"},
}
ROWS = [
    a_row(n, energy=float(n), direction=("import", "export", None)[n % 3], note=None if n % 4 else f"note {n}")
    for n in range(40)
]


@pytest.fixture
def staging(tmp_path: Path) -> FolderStaging:
    return FolderStaging(tmp_path)


def run(
    staging: FolderStaging, rows: list[dict[str, Any]], fields: dict[str, Any], **how: Any
) -> tuple[dict[str, int], pl.DataFrame]:
    plan = AnonymizationConfig.model_validate({"fields": PSEUDONYM | fields, "k_anonymity": how.pop("gate", None)})
    curated, _ = stage_batch(staging, rows, stage=Stage.CURATED, **how)
    batch, counts = anonymize(curated, plan, READING, FixedSecrets(), staging)
    frame = pl.concat([staging.read(path) for path in batch.ref.parts])
    assert batch.ref.rows == frame.height
    return counts, frame


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 40), max_size=6).map(sorted))
def test_where_a_batch_is_cut_changes_nothing(cuts: list[int]) -> None:
    gate = {"quasi_identifiers": ["direction", "note"], "k": 4}
    with TemporaryDirectory() as folder:
        whole_counts, whole = run(FolderStaging(Path(folder, "whole")), ROWS, EVERYTHING, gate=gate)
        counts, cut = run(FolderStaging(Path(folder, "cut")), ROWS, EVERYTHING, gate=gate, cuts=cuts)
    assert cut.equals(whole)
    assert counts == whole_counts
    assert counts["cells_noised"] == 40
    assert 0 < counts["rows_suppressed"] < 40


def test_two_rows_of_one_row_of_the_source_are_moved_apart(staging: FolderStaging) -> None:
    rows = [a_row(n, energy=50.0) for n in range(10)]
    curated, _ = stage_batch(staging, rows, stage=Stage.CURATED)
    (path,) = curated.parts
    frame = staging.read(path).with_columns(pl.lit(1, pl.Int64).alias(ROW_ID))  # as after an unpivot
    staging.write(curated.collection_id, curated.batch_id, Stage.CURATED, Path(path).stem, frame)
    plan = AnonymizationConfig.model_validate({"fields": PSEUDONYM | {"energy": {"method": "noise", "scale": 1}}})
    batch, _ = anonymize(curated, plan, READING, FixedSecrets(), staging)
    assert staging.read(batch.ref.parts[0])["energy"].n_unique() == 10


def test_a_row_that_comes_out_of_quarantine_has_no_other_rows_noise(staging: FolderStaging) -> None:
    plan = {"energy": {"method": "noise", "scale": 1}}
    rows = [a_row(n, energy=50.0) for n in range(10)]
    _, first = run(staging, rows[:6], plan)
    _, replayed = run(staging, rows[6:], plan)  # of the same batch
    assert pl.concat([first["energy"], replayed["energy"]]).n_unique() == 10
    _, loaded_again = run(staging, rows[3:], plan)
    assert loaded_again["energy"].to_list()[:3] == first["energy"].to_list()[3:]


def a_group(size: int, first: int, **values: Any) -> list[dict[str, Any]]:
    return [a_row(first + number, **values) for number in range(size)]


def test_groups_below_k_are_taken_out_and_null_is_a_value(staging: FolderStaging) -> None:
    rows = [
        *a_group(3, 0, direction="import", note=None),
        *a_group(2, 10, direction="export", note=None),
        *a_group(4, 20, direction=None, note=None),
        *a_group(1, 30, direction="import", note="x"),
    ]
    counts, frame = run(staging, rows, {}, gate=GATE, cuts=[2, 4, 9])
    assert frame[ROW_ID].to_list() == [1, 2, 3, 6, 7, 8, 9]
    assert {name: counts[name] for name in counts if not name.startswith("cells")} == {
        "k_before": 1, "k_after": 3, "unique_rows_before": 1, "unique_rows_after": 0, "rows_suppressed": 3,
    }  # fmt: skip


def test_k_is_counted_on_what_the_plan_gives(staging: FolderStaging) -> None:
    rows = [a_row(n, note=f"105{n}") for n in range(3)]
    counts, _ = run(staging, rows, {"note": {"method": "generalise", "first": 2}}, gate=GATE)
    assert (counts["k_before"], counts["rows_suppressed"]) == (3, 0)


def test_rows_of_one_meter_are_one_person(staging: FolderStaging) -> None:
    rows = [*a_group(9, 0, direction="import"), *[a_row(n, direction="export", meter_id=str(n)) for n in range(3)]]
    counts, frame = run(staging, rows, {}, gate=GATE | {"subject": "meter_id"})
    assert set(frame["direction"]) == {"export"}
    assert (counts["k_before"], counts["k_after"], counts["unique_rows_before"]) == (1, 3, 9)


def test_a_group_that_knows_only_one_answer_is_taken_out(staging: FolderStaging) -> None:
    rows = [*a_group(3, 0, note="a", energy=1.0), *[a_row(10 + n, note="b", energy=float(n % 2)) for n in range(3)]]
    gate = {"quasi_identifiers": ["note"], "k": 2, "l_diversity": {"field": "energy", "l": 2}}
    counts, frame = run(staging, rows, {}, gate=gate)
    assert set(frame["note"]) == {"b"}
    assert (counts["l_before"], counts["l_after"], counts["rows_suppressed"]) == (1, 2, 3)


def test_every_row_under_the_key_of_a_suppressed_row_goes(staging: FolderStaging) -> None:
    rows = [*a_group(3, 0, note="a"), a_row(9, note="b"), a_row(9, note="a")]
    _, frame = run(staging, rows, {}, gate=GATE)
    assert frame[ROW_ID].to_list() == [1, 2, 3], "else the second row of the key would be loaded uncounted"


def test_a_batch_may_lose_all_its_rows(staging: FolderStaging) -> None:
    counts, frame = run(staging, [a_row()], {}, gate=GATE)
    assert frame.height == 0
    assert (counts["k_after"], counts["rows_suppressed"]) == (0, 1)


def test_a_gate_that_fails_names_numbers_and_no_values(staging: FolderStaging) -> None:
    rows = [*a_group(3, 0, note="a"), a_row(9, note="Anna")]
    with pytest.raises(BatchRefused, match="1 rows are in groups of fewer than 3; the smallest has 1") as raised:
        run(staging, rows, {}, gate=GATE | {"on_violation": "fail"})
    assert "Anna" not in str(raised.value)


def test_a_batch_without_parts_has_no_groups(staging: FolderStaging) -> None:
    curated, _ = stage_batch(staging, [a_row()], stage=Stage.CURATED)
    plan = AnonymizationConfig.model_validate({"fields": PSEUDONYM, "k_anonymity": GATE})
    batch, counts = anonymize(replace(curated, parts=(), rows=0), plan, READING, FixedSecrets(), staging)
    assert (batch.ref.parts, batch.ref.rows) == ((), 0)
    assert "rows_suppressed" not in counts


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from("abc"), st.sampled_from([None, "x", "y"]), st.integers(0, 3)),
        min_size=1,
        max_size=40,
    ),
    k=st.integers(2, 5),
    l=st.integers(0, 3),
    by_subject=st.booleans(),
)
def test_the_gate_does_what_counting_by_hand_does(
    rows: list[tuple[int, str, str | None, int]],
    k: int,
    l: int,  # noqa: E741
    by_subject: bool,
) -> None:
    frame = pl.DataFrame(
        rows, schema={"key": pl.Int64, "who": pl.String, "quasi": pl.String, "illness": pl.Int64}, orient="row"
    )
    frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW_ID))
    gate = KAnonymity.model_validate(
        {"quasi_identifiers": ["quasi"], "k": k, "subject": "who" if by_subject else None}
        | ({"l_diversity": {"field": "illness", "l": l}} if l >= 2 else {})
    )
    found = assess_rows(frame, gate, ["key"])
    first = {}
    for number, row in enumerate(rows):
        first.setdefault(row[0], (number, row))
    groups = defaultdict(list)
    for number, (_, who, quasi, illness) in first.values():
        groups[quasi].append((number, who, illness))
    sizes = {
        quasi: len({who for _, who, _ in members}) if by_subject else len(members) for quasi, members in groups.items()
    }
    small = {
        quasi
        for quasi, members in groups.items()
        if sizes[quasi] < k or (l >= 2 and len({illness for *_, illness in members}) < l)
    }
    keys = {key for key, (_, row) in first.items() if row[2] in small}
    assert set(found.suppressed) == {number + 1 for number, row in enumerate(rows) if row[0] in keys}
    assert found.before.smallest == min(sizes.values())
    assert found.after.smallest == min((sizes[quasi] for quasi in groups if quasi not in small), default=0)
    assert found.after.rows == sum(len(members) for quasi, members in groups.items() if quasi not in small)


def test_what_one_attribute_more_would_single_out_is_counted() -> None:
    rows = pl.LazyFrame({"town": ["a", "a", "a", "b"], "age": [1, 1, 2, 3], "sex": ["f", "m", "m", "m"]})
    assert count_singled_out(rows, ["town"], ["age", "sex"]) == {"age": 2, "sex": 2}
    assert count_singled_out(rows, [], ["age", "sex", "town"]) == {"age": 2, "sex": 1, "town": 1}


def test_a_person_is_singled_out_with_all_rows() -> None:
    rows = pl.LazyFrame({"who": ["p", "p", "q", "r"], "heat": ["gas", "gas", "oil", "oil"]})
    assert count_singled_out(rows, [], ["heat"]) == {"heat": 0}
    assert count_singled_out(rows, [], ["heat"], subject="who") == {"heat": 2}
