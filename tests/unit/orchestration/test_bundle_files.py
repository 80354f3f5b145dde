"""The generated files hold nothing that a user typed, and are seen whenever they change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from include.collection.model import CollectionState
from include.orchestration.bundle_files import BundleFiles
from include.orchestration.description import DagDescription
from tests.factories import COLLECTION_ID, a_collection, a_config


class SetClock:
    def __init__(self, now: float = 1_800_000_000.25) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def files(tmp_path: Path, clock: SetClock) -> BundleFiles:
    return BundleFiles(tmp_path, clock)


def a_description(version: int = 1, **config: object) -> DagDescription:
    return DagDescription.of(a_collection(version=version, config=a_config(**config)))


def module(folder: Path) -> Path:
    return folder / f"{COLLECTION_ID}.py"


def test_nothing_that_a_user_typed_is_in_the_dag_file(files: BundleFiles, tmp_path: Path) -> None:
    files.write(a_description(title="'''+__import__('os')", description="{{ 7*7 }}", tags=["\u2028import os"]))

    text = module(tmp_path).read_text()

    assert "__import__" not in text and "7*7" not in text and "import os" not in text
    assert str(COLLECTION_ID) in text


def test_the_definition_holds_what_the_user_typed_as_data(files: BundleFiles, tmp_path: Path) -> None:
    wanted = a_description(title="line\u2028end \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
    files.write(wanted)

    assert DagDescription.from_json(json.loads((tmp_path / f"{COLLECTION_ID}.json").read_text())) == wanted


def test_a_file_that_is_written_again_is_newer_than_any_parse_of_the_old_text_and_in_a_second_of_its_own(
    files: BundleFiles, tmp_path: Path, clock: SetClock
) -> None:
    files.write(a_description(1))
    stamps = []
    for version in (2, 3, 4):  # three changes within one second
        files.write(a_description(version))
        stamps.append(module(tmp_path).stat().st_mtime)
        clock.now += 0.1

    assert stamps[0] >= clock.now + 1.5
    assert len({int(stamp) for stamp in stamps}) == 3
    assert stamps == sorted(stamps)


def test_a_file_that_was_written_again_is_touched_once_more_after_a_minute(
    files: BundleFiles, tmp_path: Path, clock: SetClock
) -> None:
    files.write(a_description(1))
    files.write(a_description(2))
    first = module(tmp_path).stat().st_mtime

    clock.now += 59
    files.touch_again()
    assert module(tmp_path).stat().st_mtime == first

    clock.now += 2
    files.touch_again()
    assert module(tmp_path).stat().st_mtime == clock.now

    touched = clock.now
    clock.now += 100
    files.touch_again()
    assert module(tmp_path).stat().st_mtime == touched


def test_a_new_file_is_not_touched_again(files: BundleFiles, tmp_path: Path, clock: SetClock) -> None:
    files.write(a_description(1))
    first = module(tmp_path).stat().st_mtime

    clock.now += 100
    files.touch_again()

    assert module(tmp_path).stat().st_mtime == first


def test_after_a_restart_it_is_known_what_the_files_were_written_from(files: BundleFiles, tmp_path: Path) -> None:
    description = a_description(3)
    files.write(description)

    assert BundleFiles(tmp_path).written == {COLLECTION_ID: description.fingerprint}


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"fingerprint": [1, "flying"]}'])
def test_after_a_restart_a_definition_that_cannot_be_read_is_to_be_written_again(
    files: BundleFiles, tmp_path: Path, text: str
) -> None:
    files.write(a_description())
    (tmp_path / f"{COLLECTION_ID}.json").write_text(text)

    assert BundleFiles(tmp_path).written == {COLLECTION_ID: None}


def test_nothing_of_a_removed_collection_stays(files: BundleFiles, tmp_path: Path) -> None:
    other = replace(a_description(), id=uuid4())
    files.write(a_description())
    files.write(other)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / f"{COLLECTION_ID}.cpython-311.pyc").touch()

    files.remove(COLLECTION_ID)

    assert not [file for file in tmp_path.rglob("*") if str(COLLECTION_ID) in file.name]
    assert files.written == {other.id: other.fingerprint}


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "by_hand.py").write_text("mine = 1")

    assert BundleFiles(tmp_path).written == {}
    assert (tmp_path / "by_hand.py").exists()


@pytest.mark.parametrize("state", [CollectionState.PAUSED, CollectionState.DELETING])
def test_the_schedule_of_a_collection_that_is_paused_or_going_rests(state: CollectionState) -> None:
    assert DagDescription.of(a_collection(state=state)).paused
