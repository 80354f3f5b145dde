"""A held batch is asked about once, and what was answered is carried out and kept."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.access.requestor import Requestor
from include.batch import ValidationReport
from include.collection.run import Review, RunState
from include.errors import StoreUnavailable
from include.orchestration import review
from include.orchestration.tasks import RunKey
from tests.factories import COLLECTION_ID, NOON, a_collection
from tests.unit.orchestration.fake_platform import FakePlatform

KEY = RunKey(COLLECTION_ID, "manual__1")
SENTENCE = "expect_x of energy: 3 of 5 rows break it."


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Any:
    platform = cast(Any, FakePlatform())
    platform.settings = SimpleNamespace(review_for=timedelta(days=7))
    platform.runs.start(platform.collections.put(a_collection()), KEY.run_id, NOON)
    monkeypatch.setattr(review.AirflowDirectory, "holders", lambda *_: [Requestor("9", "stella")])
    return platform


def report(platform: Any, *held: str) -> None:
    platform.runs.add_report(COLLECTION_ID, KEY.run_id, ValidationReport(5, 5, 0, 0, 0, held=held))


def test_a_batch_that_no_rule_holds_is_asked_about_by_nobody(platform: Any) -> None:
    report(platform)
    assert review.ask(platform, KEY) is None
    assert platform.runs.runs[KEY.run_id].state is RunState.RUNNING
    assert platform.outbox.events == []


def test_a_held_batch_is_asked_about_and_its_owner_hears_of_it_once(platform: Any) -> None:
    report(platform, SENTENCE)
    questions = [review.ask(platform, KEY) for _ in range(2)]
    assert questions[0] == questions[1]
    assert questions[0].sentences == (SENTENCE,)
    assert [each["id"] for each in questions[0].asked] == ["7", "9"]
    assert platform.runs.runs[KEY.run_id].state is RunState.AWAITING_REVIEW
    [(kind, recipient, facts)] = platform.outbox.events
    assert (kind, recipient, facts["held"], facts["days"]) == ("run.held", "7", [SENTENCE], 7)


def test_the_owner_is_asked_where_the_stewards_are_not_known(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("Airflow's database", "does not answer")

    monkeypatch.setattr(review.AirflowDirectory, "holders", away)
    report(platform, SENTENCE)
    assert [each["id"] for each in review.ask(platform, KEY).asked] == ["7"]


def test_who_tries_again_after_an_approval_asks_nobody(platform: Any) -> None:
    report(platform, SENTENCE)
    review.ask(platform, KEY)
    review.carry_out(platform, KEY, Review(True, "olive", NOON))
    assert review.ask(platform, KEY) is None
    assert platform.runs.runs[KEY.run_id].state is RunState.RUNNING


@pytest.mark.parametrize(
    ("by", "chosen", "note", "said"),
    [
        pytest.param({"id": "7", "name": "olive"}, "Reject", "Read again.", "Rejected by olive: Read again.", id="no"),
        pytest.param({"id": "7", "name": "olive"}, "Reject", "", "Rejected by olive.", id="no, and no more"),
        pytest.param(None, "Reject", "", "Rejected: Nobody answered in time.", id="nobody"),
    ],
)
def test_a_no_ends_the_run(platform: Any, by: Any, chosen: str, note: str, said: str) -> None:
    report(platform, SENTENCE)
    review.ask(platform, KEY)
    event = {"chosen_options": [chosen], "params_input": {"note": note}, "responded_at": NOON, "responded_by_user": by}

    with pytest.raises(AirflowFailException):
        review.carry_out(platform, KEY, review.read_answer(event))

    run = platform.runs.runs[KEY.run_id]
    assert (run.state, run.note, run.review.approved) == (RunState.REJECTED, said, False)
    assert platform.staging.removed == [COLLECTION_ID]
