"""A plan that passes the check can be carried out on any rows, and leaves every field what the concept says it is."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from include.anonymization.config import FIELD_PLAN, AnonymizationConfig
from include.batch import Stage
from include.cim.concept import FieldType
from include.collection.check_plan import check_plan
from include.pipeline.anonymize import anonymize
from tests.fakes import FixedSecrets, FolderStaging
from tests.staged import READING, a_row, stage_batch

size = st.floats(1e-6, 1e6)
few = st.integers(0, 9)
PLANS = st.one_of(
    st.sampled_from(["pseudonym", "redact", "drop", "swap"]).map(lambda method: {"method": method}),
    st.builds(lambda one: {"method": "hash", "algorithm": one}, st.sampled_from(["sha256", "sha512"])),
    st.builds(lambda equal: {"method": "encrypt", "equal_for_equal": equal}, st.booleans()),
    st.builds(
        lambda first, last: {"method": "mask", "keep_first": first, "keep_last": last},
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    st.builds(lambda value: {"method": "replace", "value": value}, st.sampled_from(["import", "export", "x"])),
    st.builds(lambda width: {"method": "generalise", "width": width}, size),
    st.builds(lambda bins: {"method": "generalise", "bins": sorted(bins)}, st.sets(st.floats(-1e6, 1e6), min_size=1)),
    st.builds(lambda to: {"method": "generalise", "to": to}, st.sampled_from(["hour", "day", "month", "year"])),
    st.builds(lambda first: {"method": "generalise", "first": first}, st.integers(1, 64)),
    st.builds(lambda digits: {"method": "round", "digits": digits}, st.integers(-9, 9)),
    st.builds(lambda scale: {"method": "noise", "scale": scale}, size),
    st.just({"method": "keep", "reason": "for a test"}),
)
CELLS = {
    "meter_id": st.text(min_size=1, max_size=12),
    "energy": st.floats(0, 100),
    "direction": st.sampled_from([None, "import", "export"]),
    "note": st.none() | st.text(max_size=12),
}
DTYPES = {FieldType.FLOAT: pl.Float64, FieldType.TIMESTAMP: pl.Datetime("us", "UTC")}


@settings(max_examples=300)
@given(
    fields=st.dictionaries(st.sampled_from(list(READING.fields)), PLANS, max_size=6),
    cells=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=8),
    gate=st.none() | st.sampled_from(["note", "direction", "energy"]),
)
def test_what_is_checked_can_be_carried_out(
    fields: dict[str, Any], cells: list[dict[str, Any]], gate: str | None
) -> None:
    for plan in fields.values():
        FIELD_PLAN.validate_python(plan)
    plan = AnonymizationConfig.model_validate(
        {
            "fields": {"meter_id": {"method": "pseudonym"}} | fields,
            "k_anonymity": {"quasi_identifiers": [gate], "k": 2, "subject": "meter_id"} if gate else None,
        }
    )
    assume(not list(check_plan(plan, list(READING.fields), READING)))
    rows = [a_row(number, **row) for number, row in enumerate(cells)]
    with TemporaryDirectory() as folder:
        staging = FolderStaging(Path(folder))
        curated, _ = stage_batch(staging, rows, stage=Stage.CURATED)
        batch, _ = anonymize(curated, plan, READING, FixedSecrets(), staging)
        frame = pl.concat([staging.read(path) for path in batch.ref.parts])
    for name, field in READING.fields.items():
        assert frame[name].dtype == DTYPES.get(field.type, pl.String)
        if field.required:
            assert frame[name].null_count() == 0
    assert frame["energy"].is_between(0, 100).all()
    assert set(frame["direction"]) <= {None, "import", "export"}
    assert frame.unique(READING.key).height == frame.height
