"""A personal value appears in no report, no log record, no output and no exception, whatever becomes of its row."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from include.anonymization.config import AnonymizationConfig
from include.collection.suite import suite_of
from include.errors import BatchRefused, ConfigurationInvalid
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.expectations.library import load_library
from include.expectations.run_suite import find_breaches
from include.pipeline.anonymize import anonymize
from include.pipeline.validate import validate
from tests.fakes import FixedSecrets, FolderStaging
from tests.staged import READING, a_frame, a_row, stage_batch

CANARY = "Annelies-Canary-0470123456"
ROWS = [
    a_row(0, meter_id=CANARY, note=CANARY),
    a_row(1, meter_id=CANARY, note=CANARY, energy=-1.0),
    a_row(2, direction=CANARY),
    a_row(0, meter_id=CANARY, note=CANARY),
]
MATCH = CurationRule(type="expect_column_values_to_not_match_regex", kwargs={"column": "note", "regex": "[0-9]{6}"})


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    load_library()
    for name in ["", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def spoken(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], *more: object) -> str:
    captured = capfd.readouterr()
    return "\n".join([caplog.text, captured.out, captured.err, *map(repr, more)])


def run(staging: FolderStaging, *rules: CurationRule) -> tuple[Any, ...]:
    mapped, raw = stage_batch(staging, ROWS, cuts=[2], issues=[(3, "direction", "not_in_values")])
    suite = suite_of(READING, CuratorConfig(rules=rules), list(READING.fields))
    outcome, report = validate(mapped, raw, suite, READING, staging, seal=bytes)
    plan = AnonymizationConfig.model_validate(
        {"fields": {"meter_id": {"method": "pseudonym"}, "note": {"method": "redact"}}}
    )
    batch, counts = anonymize(outcome.ref, plan, READING, FixedSecrets(), staging)
    return outcome, report, batch, counts


def test_the_canary_is_silent_when_rows_pass_and_when_they_break_rules(
    tmp_path: Path, everything_logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    staging = FolderStaging(tmp_path)
    outcome, report, batch, counts = run(staging)
    assert (report.rows_out, report.rows_quarantined) == (1, 3)
    assert "rows validated" in everything_logged.text  # the log is being listened to
    assert CANARY not in spoken(everything_logged, capfd, outcome, report, batch, counts)
    assert CANARY not in json.dumps([asdict(report), batch.ref.to_json()])
    assert CANARY not in "".join(staging.read(path).write_csv() for path in batch.ref.parts)
    kept = [row for path in batch.ref.aside for row in staging.read(path)["sealed"]]
    assert CANARY.encode() in b"".join(kept)  # where its owner finds it


def test_the_canary_is_silent_when_the_batch_is_refused(
    tmp_path: Path, everything_logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BatchRefused) as caught:
        run(FolderStaging(tmp_path), MATCH.model_copy(update={"on_violation": Action.FAIL}))
    assert CANARY not in spoken(everything_logged, capfd, caught.value, caught.value.__context__)


def test_the_canary_is_silent_when_a_rule_raises(
    everything_logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rule = CurationRule(
        type="expect_multicolumn_sum_to_equal", kwargs={"column_list": ["note", "energy"], "sum_total": 1}
    )
    with pytest.raises(ConfigurationInvalid) as caught:
        find_breaches(a_frame(ROWS), [rule])
    assert CANARY not in spoken(everything_logged, capfd, caught.value, caught.value.__context__)
