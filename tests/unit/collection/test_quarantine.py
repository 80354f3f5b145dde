"""Rows in quarantine are named by text that tells nothing, and chosen in exactly one way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.collection.quarantine import MOST_ROWS, Replay, RowKey, Selection
from include.errors import ConfigurationInvalid

BATCH = UUID("00000000-0000-4000-8000-0000000000f3")
KEY = RowKey(BATCH, 7)


@given(st.uuids(), st.integers(-(2**63), 2**63 - 1))
def test_a_name_is_read_back(batch_id: UUID, row_id: int) -> None:
    key = RowKey(batch_id, row_id)
    assert RowKey.read(str(key)) == key
    assert str(key).replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=50))
def test_any_other_text_names_no_row(text: str) -> None:
    try:
        assert str(RowKey.read(text)) == text
    except ValueError as error:
        assert str(error) == "it names no row"


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param((None, None, False), id="nothing"),
        pytest.param(((), None, False), id="no rows"),
        pytest.param(((str(KEY),), BATCH, False), id="rows and a batch"),
        pytest.param((None, BATCH, True), id="a batch and all"),
        pytest.param((("x",), None, False), id="no row's name"),
        pytest.param((tuple(map(str, range(MOST_ROWS + 1))), None, False), id="too many"),
    ],
)
def test_what_is_not_one_choice_is_refused(chosen: Any) -> None:
    with pytest.raises(ConfigurationInvalid):
        Selection.of(*chosen)


@pytest.mark.parametrize("selection", [Selection((KEY,)), Selection(batch_id=BATCH), Selection()])
def test_a_replay_goes_with_its_run(selection: Selection) -> None:
    replay = Replay(selection, release=True, note="Why.")
    assert Replay.from_json(replay.to_json()) == replay
