"""Files on their way in: what has arrived stays, one writer at a time, no more than the quota."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from include.collection.model import Collection, CollectionState
from include.collection.run import RunState
from include.collection.upload import Checksum, Incoming
from include.errors import ChecksumWrong, Conflict, Locked, NotFound, StoreUnavailable, TooLarge
from include.storage.collection_store import PostgresCollectionStore
from include.storage.incoming_store import MOST_UNFINISHED, FileIncomingStore
from include.storage.run_store import PostgresRunStore
from include.storage.upload_store import FileUploadStore
from tests.factories import NOON, a_config

CONTENT = bytes(range(256)) * 40
MOST, QUOTA = 1 << 20, 3 << 20


@pytest.fixture
def store(loader: Engine, tmp_path: Path) -> FileIncomingStore:
    return FileIncomingStore(tmp_path / "uploads", loader, MOST, QUOTA)


@pytest.fixture
def uploads(loader: Engine, tmp_path: Path) -> FileUploadStore:
    return FileUploadStore(tmp_path / "uploads", loader)


@pytest.fixture
def begun(store: FileIncomingStore) -> Callable[..., Incoming]:
    def begin(**changes: Any) -> Incoming:
        expected = Incoming(
            uuid4(), uuid4().hex, "meters.csv", None, len(CONTENT), None, False, NOON, NOON + timedelta(days=7)
        )
        expected = replace(expected, **changes)
        store.begin(expected)
        return expected

    return begin


def send(store: FileIncomingStore, incoming: Incoming, content: bytes, offset: int = 0) -> None:
    writer = store.open(incoming, offset)
    writer.write(content)
    writer.close()


def test_a_file_goes_in_piece_by_piece_and_lies_where_uploads_lie(store, uploads, begun):
    incoming = begun()
    send(store, incoming, CONTENT[:1000])
    assert store.received(incoming) == 1000
    send(store, incoming, CONTENT[1000:], 1000)
    upload = store.finish(incoming)
    assert upload.id == hashlib.sha256(CONTENT).hexdigest()
    assert uploads.path(upload.id).read_bytes() == CONTENT
    assert uploads.get(upload.id, incoming.owner_id) == upload
    assert store.get(incoming.id).upload == upload.id
    assert list(uploads.path(upload.id).parent.glob("incoming/*")) == []
    with pytest.raises(NotFound):
        store.open(incoming, len(CONTENT))


def test_another_process_goes_on_where_the_first_was_killed(store, begun, loader, tmp_path):
    incoming = begun()
    writer = store.open(incoming, 0)
    writer.write(CONTENT[:5000])
    os.close(writer._handle)  # what the system does for a process that is gone
    other = FileIncomingStore(tmp_path / "uploads", loader, MOST, QUOTA)
    assert other.received(incoming) == 5000
    send(other, incoming, CONTENT[5000:], 5000)
    assert other.finish(incoming).id == hashlib.sha256(CONTENT).hexdigest()


def test_a_finish_that_was_cut_off_is_finished_the_next_time(store, uploads, begun, monkeypatch):
    incoming = begun()
    send(store, incoming, CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr("include.storage.incoming_store.update", lambda _table: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.finish(incoming)
    assert store.received(incoming) == len(CONTENT)
    assert uploads.path(store.finish(incoming).id).read_bytes() == CONTENT


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["kept", "wrong", "killed"])), max_size=12))
def test_whatever_breaks_the_offset_is_the_truth(store, begun, loader, tmp_path, pieces):
    incoming, sent = begun(), 0
    for length, fate in pieces:
        piece = CONTENT[sent : sent + length]
        digest = hashlib.sha1(b"no" if fate == "wrong" else piece).digest()
        writer = store.open(incoming, sent, Checksum("sha1", digest))
        writer.write(piece)
        if fate == "killed":
            os.close(writer._handle)
            store = FileIncomingStore(tmp_path / "uploads", loader, MOST, QUOTA)
        else:
            try:
                writer.verify()
            except ChecksumWrong:
                assert fate == "wrong"
            writer.close()
        sent += len(piece) if fate == "kept" else 0
        assert store.received(incoming) == sent
    send(store, incoming, CONTENT[sent:], sent)
    assert store.finish(incoming).id == hashlib.sha256(CONTENT).hexdigest()


def test_two_writers_never_meet(store, begun):
    incoming = begun()
    writer = store.open(incoming, 0)
    for attempt in (lambda: store.open(incoming, 0), lambda: store.finish(incoming)):
        with pytest.raises(Locked):
            attempt()
    writer.close()
    with ThreadPoolExecutor(8) as workers:

        def take(_number: int) -> bool:
            try:
                send(store, incoming, CONTENT)
            except Conflict:
                return False
            return True

        assert sum(workers.map(take, range(16))) == 1
    assert store.finish(incoming).id == hashlib.sha256(CONTENT).hexdigest()


def test_a_wrong_offset_names_the_right_one(store, begun):
    incoming = begun()
    send(store, incoming, CONTENT[:10])
    with pytest.raises(Conflict, match="10 bytes have arrived, not 11"):
        store.open(incoming, 11)
    send(store, incoming, CONTENT[10:20], 10)


def test_what_is_too_long_or_not_all_there_is_no_upload(store, begun):
    incoming = begun()
    writer = store.open(incoming, 0)
    with pytest.raises(TooLarge):
        writer.write(CONTENT + b"x")
    writer.close()
    with pytest.raises(Conflict, match="not all arrived"):
        store.finish(incoming)


def test_what_is_not_the_announced_file_goes(store, begun):
    incoming = begun(sha256="0" * 64)
    send(store, incoming, CONTENT)
    with pytest.raises(ChecksumWrong):
        store.finish(incoming)
    with pytest.raises(NotFound):
        store.get(incoming.id)


def test_a_full_disk_keeps_what_arrived_before(store, begun, monkeypatch):
    incoming, writer = begun(), None
    send(store, incoming, CONTENT[:100])
    writer = store.open(incoming, 100)
    real, calls = os.write, []

    def half_and_no_more(handle: int, block: Any) -> int:
        calls.append(handle)
        if len(calls) > 1:
            raise OSError(28, "no space left")
        return real(handle, bytes(block)[: len(block) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half_and_no_more)
        with pytest.raises(StoreUnavailable, match="full"):
            writer.write(CONTENT[100:])
    writer.close()
    assert store.received(incoming) == 100
    send(store, incoming, CONTENT[100:], 100)
    assert store.finish(incoming).id == hashlib.sha256(CONTENT).hexdigest()


def test_a_real_full_disk_is_no_crash(store, begun, tmp_path):
    incoming = begun()
    path = tmp_path / "uploads" / "incoming" / str(incoming.id)
    writer = store.open(incoming, 0)
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        os.dup2(full, writer._handle)
        with pytest.raises((StoreUnavailable, OSError)):
            writer.write(CONTENT)
    finally:
        os.close(full)
    assert path.stat().st_size == 0


def test_the_quota_holds_for_many_requests_at_once(store, begun):
    owner = uuid4().hex
    with ThreadPoolExecutor(8) as workers:

        def try_one(_number: int) -> bool:
            try:
                begun(owner_id=owner, bytes=MOST)
            except TooLarge:
                return False
            return True

        assert sum(workers.map(try_one, range(12))) == 3
    assert store.used_bytes(owner) == QUOTA
    store.remove(store.find(owner)[0].id)
    assert store.used_bytes(owner) == QUOTA - MOST


def test_nobody_begins_without_end(begun):
    owner = uuid4().hex
    for _ in range(MOST_UNFINISHED):
        begun(owner_id=owner, bytes=1)
    with pytest.raises(TooLarge, match="have begun and not ended"):
        begun(owner_id=owner, bytes=1)
    begun(bytes=1)


def test_the_same_content_again_is_the_same_upload_and_of_others_another(store, uploads, begun):
    content = uuid4().bytes  # the database remembers what other tests handed over
    first = begun(bytes=16)
    send(store, first, content)
    one = store.finish(first)
    second = begun(owner_id=first.owner_id, name="again.csv", bytes=16)
    send(store, second, content)
    assert store.finish(second) == one
    assert one.stored < (store.get(second.id).finished or NOON)
    third = begun(bytes=16)
    send(store, third, content)
    others = store.finish(third)
    assert (others.id, others.owner_id) == (one.id, third.owner_id)
    assert others.stored == store.get(third.id).finished
    uploads.remove(one.id, first.owner_id)
    assert uploads.path(one.id).is_file()
    assert not uploads.has(one.id, first.owner_id)
    uploads.remove(one.id, third.owner_id)
    with pytest.raises(NotFound):
        uploads.path(one.id)
    with pytest.raises(NotFound):
        uploads.remove(one.id, third.owner_id)


def test_adding_and_removing_at_once_leaves_no_owner_without_bytes(store, uploads, begun):
    def come_and_go(number: int) -> None:
        incoming = begun(owner_id=f"{number}")
        send(store, incoming, CONTENT)
        upload = store.finish(incoming)
        if number % 2:
            uploads.remove(upload.id, f"{number}")

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(come_and_go, range(24)))
    upload = hashlib.sha256(CONTENT).hexdigest()
    assert uploads.path(upload).read_bytes() == CONTENT
    assert [uploads.has(upload, f"{number}") for number in range(24)] == [number % 2 == 0 for number in range(24)]


def test_what_a_collection_reads_stays(
    store: FileIncomingStore,
    uploads: FileUploadStore,
    begun: Callable[..., Incoming],
    a_stored_collection: Callable[..., Collection],
    collections: PostgresCollectionStore,
    loader: Engine,
) -> None:
    incoming = begun()
    send(store, incoming, CONTENT)
    upload = store.finish(incoming, expires=NOON + timedelta(days=1))
    source = {"kind": "file", "upload": upload.id, "format": {"kind": "csv"}}
    reading = a_stored_collection(owner_id=incoming.owner_id, config=a_config(ingester=source))
    runs = PostgresRunStore(loader)
    runs.queue(reading, "run-1", "olive", NOON)
    with pytest.raises(Conflict, match="a collection reads it"):
        uploads.remove(upload.id, incoming.owner_id)
    collections.replace(replace(reading, version=2, config=a_config()), 1)
    assert uploads.remove_expired(NOON + timedelta(days=2)) == 0, "a run that has begun reads the older version"
    runs.finish(reading.id, "run-1", RunState.SUCCEEDED, NOON)
    assert uploads.remove_expired(NOON + timedelta(hours=23)) == 0
    assert uploads.remove_expired(NOON + timedelta(days=2)) == 1
    assert not uploads.has(upload.id, incoming.owner_id)
    collections.set_state(reading.id, CollectionState.DELETING)


def test_what_was_there_for_a_time_is_handed_over_for_good(store, uploads, begun):
    first = begun()
    send(store, first, CONTENT)
    sample = store.finish(first, expires=NOON + timedelta(days=1))
    second = begun(owner_id=first.owner_id, name="for good.csv")
    send(store, second, CONTENT)
    kept = store.finish(second)
    assert (kept.name, kept.expires) == ("for good.csv", None)
    assert kept.stored == store.get(second.id).finished, "a sample is nothing that was handed over earlier"
    third = begun(owner_id=first.owner_id)
    send(store, third, CONTENT)
    assert store.finish(third, expires=NOON + timedelta(days=1)) == kept
    assert uploads.remove_expired(sample.expires + timedelta(days=9)) == 0


def test_housekeeping_removes_what_never_ended_and_what_nobody_knows(store, begun, tmp_path):
    old, young, done = begun(), begun(expires=NOON + timedelta(days=30)), begun()
    send(store, old, CONTENT[:10])
    send(store, done, CONTENT)
    store.finish(done)
    folder = tmp_path / "uploads" / "incoming"
    (folder / str(uuid4())).write_bytes(b"of a process that was killed before it had noted the file")
    later = NOON + timedelta(days=20)
    for path in folder.iterdir():
        os.utime(path, (later.timestamp(), later.timestamp()))
    assert store.remove_expired(later) == 0, "files of this very moment may be about to be noted"
    for path in folder.iterdir():
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert store.remove_expired(later) == 2
    assert [path.name for path in folder.iterdir()] == [str(young.id)]
    for gone in (old, done):
        with pytest.raises(NotFound):
            store.get(gone.id)
