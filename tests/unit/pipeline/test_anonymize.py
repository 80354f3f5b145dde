"""Anonymisation carries out the plan, and writes nothing where the plan leaves a person named."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from include.anonymization.config import AnonymizationConfig
from include.batch import FLAGS, ROW_ID, AnonymizedBatch, Stage
from include.errors import ConfigurationInvalid
from include.pipeline.anonymize import anonymize
from tests.fakes import FixedSecrets, FolderStaging
from tests.staged import DATASET, OTHER_DATASET, READING, a_row, stage_batch

PSEUDONYM = {"meter_id": {"method": "pseudonym"}}


@pytest.fixture
def staging(tmp_path: Path) -> FolderStaging:
    return FolderStaging(tmp_path)


def run(
    staging: FolderStaging, rows: list[dict[str, Any]], plan: dict[str, Any], dataset: UUID = DATASET, **how: Any
) -> tuple[AnonymizedBatch, dict[str, int], pl.DataFrame]:
    curated, _ = stage_batch(staging, rows, stage=Stage.CURATED, dataset=dataset, **how)
    config = AnonymizationConfig.model_validate({"fields": plan})
    batch, counts = anonymize(curated, config, READING, FixedSecrets(), staging)
    return batch, counts, pl.concat([staging.read(path) for path in batch.ref.parts])


def test_the_plan_is_carried_out_and_everything_else_stays(staging: FolderStaging) -> None:
    rows = [a_row(0, note="Anna"), a_row(1), a_row(2, meter_id="other")]
    batch, counts, frame = run(staging, rows, PSEUDONYM | {"note": {"method": "redact"}, "end": {"method": "drop"}})
    assert frame["meter_id"].str.starts_with("p1_").all()
    assert frame["meter_id"].n_unique() == 2
    assert frame["note"].to_list() == ["", None, None]
    assert frame["end"].to_list() == [None] * 3
    assert frame[ROW_ID].to_list() == [1, 2, 3]
    assert frame["energy"].to_list() == [1.5] * 3
    assert counts == {"cells_pseudonymised": 3, "cells_redacted": 1, "cells_dropped": 3}
    assert (batch.ref.stage, batch.ref.rows) == (Stage.ANONYMIZED, 3)


def test_a_value_has_one_pseudonym_in_every_part_of_a_dataset(staging: FolderStaging) -> None:
    _, _, frame = run(staging, [a_row(number) for number in range(5)], PSEUDONYM, cuts=[1, 3])
    assert frame["meter_id"].n_unique() == 1


def test_a_value_has_another_pseudonym_in_another_dataset(staging: FolderStaging) -> None:
    _, _, here = run(staging, [a_row()], PSEUDONYM)
    _, _, there = run(staging, [a_row()], PSEUDONYM, dataset=OTHER_DATASET)
    assert here["meter_id"].to_list() != there["meter_id"].to_list()


def test_the_mark_of_a_flagged_row_stays_with_it(staging: FolderStaging) -> None:
    curated, _ = stage_batch(staging, [a_row(0), a_row(1)], stage=Stage.CURATED)
    (path,) = curated.parts
    marked = staging.read(path).with_columns(pl.Series(FLAGS, [None, '["a rule"]']))
    staging.write(curated.collection_id, curated.batch_id, Stage.CURATED, Path(path).stem, marked)
    plan = AnonymizationConfig.model_validate({"fields": PSEUDONYM})
    batch, _ = anonymize(curated, plan, READING, FixedSecrets(), staging)
    assert staging.read(batch.ref.parts[0])[FLAGS].to_list() == [None, '["a rule"]']


def test_keep_with_a_reason_leaves_the_field(staging: FolderStaging) -> None:
    plan = {"meter_id": {"method": "keep", "reason": "a public transformer, nobody's home"}}
    _, counts, frame = run(staging, [a_row()], plan)
    assert frame["meter_id"].to_list() == [a_row()["meter_id"]]
    assert counts == {}


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        pytest.param({}, "meter_id names a person or their device", id="no method for a person"),
        pytest.param(
            PSEUDONYM | {"energy": {"method": "pseudonym"}}, "energy holds float", id="a pseudonym of a number"
        ),
        pytest.param(PSEUDONYM | {"direction": {"method": "redact"}}, "direction holds enum", id="a redacted choice"),
        pytest.param({"meter_id": {"method": "drop"}}, "part of the key", id="a required field dropped"),
        pytest.param({"meter_id": {"method": "redact"}}, "part of the key", id="a redacted key"),
        pytest.param(PSEUDONYM | {"name": {"method": "drop"}}, "no such field", id="an unknown field"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_anything_is_written(
    staging: FolderStaging, tmp_path: Path, plan: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationInvalid, match=sentence):
        run(staging, [a_row()], plan)
    assert list(tmp_path.rglob("anonymized")) == []


def test_a_plan_may_speak_of_fields_that_are_not_mapped(staging: FolderStaging) -> None:
    row = a_row()
    del row["note"]
    _, _, frame = run(staging, [row], PSEUDONYM | {"note": {"method": "redact"}})
    assert "note" not in frame.columns


def test_a_personal_field_that_no_rule_fills_needs_no_method(staging: FolderStaging) -> None:
    _, counts, frame = run(staging, [a_row(0, meter_id=None), a_row(1, meter_id=None)], {})
    assert frame["meter_id"].null_count() == 2
    assert counts == {}


def test_a_personal_field_that_only_the_last_part_fills_needs_one(staging: FolderStaging) -> None:
    with pytest.raises(ConfigurationInvalid, match="meter_id names a person"):
        run(staging, [a_row(0, meter_id=None), a_row(1, meter_id=None), a_row(2)], {}, cuts=[1, 2])
