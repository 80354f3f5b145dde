"""A dataset's table follows its concept."""

from __future__ import annotations

from uuid import UUID

import pytest

from include.cim.concept import Concept, FieldType, time_field
from include.storage.table import comment_table, create_table, quoted, table_of
from tests.factories import a_concept, a_field

DATASET = UUID("00000000-0000-4000-8000-0000000da7a5")
ID = a_field("session_id", type=FieldType.ID, required=True)
CONNECTED = a_field("connected_at", type=FieldType.TIMESTAMP, required=True)
PUBLISHED = a_field("published_at", type=FieldType.TIMESTAMP)


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        pytest.param(a_concept(), "interval_start", id="the timestamp of the key"),
        pytest.param(a_concept(ID, CONNECTED, key=("session_id",)), "connected_at", id="else the first required one"),
        pytest.param(a_concept(PUBLISHED, ID, key=("session_id",)), None, id="an optional one is none"),
    ],
)
def test_the_time_of_a_row_is(concept: Concept, expected: str | None) -> None:
    assert time_field(concept) == expected


def test_names_and_comments_cannot_break_out() -> None:
    odd = a_field('x"; DROP TABLE t; --', description="it's 50 % of $1", unit="%")
    table = table_of(DATASET, a_concept(ID, odd, key=("session_id",)))
    assert '"x""; DROP TABLE t; --" DOUBLE PRECISION' in create_table(table)
    assert any(statement.endswith("IS 'it''s 50 % of $1 [%]'") for statement in comment_table(table))
    assert quoted(['a"b', "order"]) == '"a""b", "order"'


def test_the_table_is_named_after_the_dataset_and_nothing_else() -> None:
    assert table_of(DATASET, a_concept()).fullname == f"data.d_{DATASET.hex}"
