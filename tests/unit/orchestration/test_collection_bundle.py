"""The bundle follows the record of collections, one file each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from include.collection.model import Collection, CollectionConfig, CollectionState
from include.orchestration.bundle_files import BundleFiles, read_description
from include.orchestration.collection_bundle import leaving_collections, write_changed
from tests.factories import COLLECTION_ID, a_collection, a_config
from tests.unit.orchestration.fake_platform import FakeCollections


class Unreadable(FakeCollections):
    """A store in which one collection was saved by a platform that knew other fields."""

    def get(self, collection_id: UUID, version: int | None = None) -> Collection:
        if collection_id == COLLECTION_ID:
            CollectionConfig.model_validate({"title": "x", "colour": "green"})
        return super().get(collection_id, version)


def follow(files: BundleFiles, collections: FakeCollections) -> None:
    write_changed(files, collections, collections.fingerprints())


def test_a_collection_is_read_only_when_it_changed(tmp_path: Path) -> None:
    collections, files = FakeCollections(), BundleFiles(tmp_path)
    for _ in range(3):
        collections.put(a_collection(id=uuid4()))
    follow(files, collections)
    collections.reads = 0

    follow(files, collections)
    assert collections.reads == 0

    changed = next(iter(collections.versions.values()))
    collections.put(replace(changed, version=2, config=a_config(title="Another title")))
    follow(files, collections)
    assert collections.reads == 1
    assert read_description(tmp_path / f"{changed.id}.json").title == "Another title"


def test_a_draft_has_no_file(tmp_path: Path) -> None:
    collections, files = FakeCollections(), BundleFiles(tmp_path)
    collections.put(a_collection(state=CollectionState.DRAFT))

    follow(files, collections)

    assert not files.written


def test_pausing_changes_the_file_although_the_version_stays(tmp_path: Path) -> None:
    collections, files = FakeCollections(), BundleFiles(tmp_path)
    collections.put(a_collection())
    follow(files, collections)

    collections.set_state(COLLECTION_ID, CollectionState.PAUSED)
    follow(files, collections)

    assert read_description(tmp_path / f"{COLLECTION_ID}.json").paused


def test_a_record_that_cannot_be_read_is_broken_by_itself(tmp_path: Path) -> None:
    collections, files = Unreadable(), BundleFiles(tmp_path)
    collections.put(a_collection())
    other = collections.put(a_collection(id=uuid4()))
    with pytest.raises(ValidationError):
        collections.get(COLLECTION_ID)

    follow(files, collections)

    assert read_description(tmp_path / f"{COLLECTION_ID}.json").broken
    assert read_description(tmp_path / f"{other.id}.json").broken is None


def test_what_is_going_or_unknown_leaves_and_nothing_else(tmp_path: Path) -> None:
    collections, files = FakeCollections(), BundleFiles(tmp_path)
    for _ in range(3):
        collections.put(a_collection(id=uuid4()))
    stays, going, unknown = collections.current
    follow(files, collections)
    collections.set_state(going, CollectionState.DELETING)
    del collections.current[unknown]

    assert leaving_collections(files, collections.fingerprints()) == {going, unknown}
    assert stays in files.written


def test_a_collection_that_goes_before_it_had_a_file_gets_none(tmp_path: Path) -> None:
    collections, files = FakeCollections(), BundleFiles(tmp_path)
    collections.put(a_collection(state=CollectionState.DELETING))

    follow(files, collections)

    assert not list(tmp_path.glob("*.json"))


def test_no_dag_file_ever_names_a_definition_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    replace_file = Path.replace

    def watch(self: Path, target: Path) -> Path:
        done = replace_file(self, target)
        seen.extend(module.with_suffix(".json").exists() for module in tmp_path.glob("*.py"))
        return done

    monkeypatch.setattr(Path, "replace", watch)
    files = BundleFiles(tmp_path)
    collections = FakeCollections()
    collections.put(a_collection())
    follow(files, collections)

    assert seen and all(seen)
    assert json.loads((tmp_path / f"{COLLECTION_ID}.json").read_text())["title"]
