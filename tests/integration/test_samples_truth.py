"""Ten real files, inspected as their owners do, against what is known of them by other means."""

from __future__ import annotations

import pytest

from tests.samples import FILES, PAGE, SampleFile, inspect_sample, page

EACH = pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.file.name) for sample in FILES])


@EACH
def test_a_file_is_read_to_its_truth(sample: SampleFile) -> None:
    found = inspect_sample(sample)
    table = found.tables[0]
    columns = {column.name: column for column in table.columns}
    assert (table.rows, len(columns)) == (sample.rows, sample.columns)
    assert {name: str(columns[name].total) for name in sample.sums} == dict(sample.sums)
    assert {name: column.nulls for name, column in columns.items() if column.nulls} == dict(sample.nulls)
    assert {name: columns[name].unit for name in sample.units} == dict(sample.units)
    if sample.span is None:
        assert found.time is None
    else:
        assert found.time is not None
        assert (found.time.first, found.time.last) == sample.span
        assert (found.time.resolution, found.time.zone) == (sample.resolution, sample.zone)


@EACH
def test_what_a_file_cannot_tell_is_asked(sample: SampleFile) -> None:
    asked = {question.key for question in inspect_sample(sample, settings=False).questions}
    assert set(sample.settings) <= asked


def test_the_page_shows_what_the_files_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.samples writes it"
