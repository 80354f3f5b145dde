"""A clean table in two hundred dialects: detected and read exactly, or refused, or asked about."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import polars as pl
import pytest

from include.cim.numbers import plain_numbers
from include.collection.inspection import Detection
from include.connectors.content import Content
from include.connectors.detection.delimited import detect_delimited
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames
from include.errors import SourceRefused
from tests.unit.connectors.dialects import Written, write_dialect

SEEDS = range(200)


def detect(body: bytes) -> Detection:
    found = detect_delimited(take_sample("meters.csv", lambda: Content.of(body, "meters.csv")), {})
    assert found is not None
    return found


def read(body: bytes, found: Detection, numbers: tuple[int, ...]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Read the main table; the columns of numbers as decimals."""
    form = found.tables[0].form
    frame = pl.concat(list(read_frames(Content.of(body, "meters.csv"), form)))
    plain = frame.with_columns(
        plain_numbers(frame[:, at].str.strip_chars(), form.numbers) for at in numbers if at < frame.width
    )
    rows = [
        tuple(_number(cell) if at in numbers else cell and cell.strip() for at, cell in enumerate(row))
        for row in plain.rows()
    ]
    return tuple(frame.columns), rows


def _number(text: str | None) -> Decimal | str | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return text


def outcome(written: Written) -> str:
    """Say `exact`, `refused` or `asked`, or how what was read differs."""
    try:
        found = detect(written.body)
        names, rows = read(written.body, found, written.numbers)
    except SourceRefused as refused:
        return "refused" if refused.remedy else "refused without a reason"
    if rows == written.cells and names == written.names:
        return "exact"
    if found.questions or found.confidence < 0.7:
        return "asked"
    return f"silently different: {names}, {len(rows)} rows, {found.tables[0].form!r}"


@pytest.mark.parametrize("seed", SEEDS)
def test_no_dialect_is_read_as_something_else(seed: int) -> None:
    written = write_dialect(seed)
    assert outcome(written) in {"exact", "refused", "asked"}, written.how


def test_nearly_every_dialect_is_read_exactly_by_detection_alone() -> None:
    outcomes = [outcome(write_dialect(seed)) for seed in SEEDS]
    assert outcomes.count("exact") >= 0.97 * len(SEEDS)
