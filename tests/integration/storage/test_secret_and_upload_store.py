"""Keys are made once and never lie open; uploads are named after their bytes."""

from __future__ import annotations

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from include.errors import ConfigurationInvalid, NotFound
from include.storage.secret_store import SealedSecretStore
from include.storage.upload_store import FileUploadStore
from tests.postgres import Database


def test_a_dataset_keeps_its_key(loader: Engine) -> None:
    dataset_id, keys = uuid4(), [Fernet.generate_key().decode()]
    with ThreadPoolExecutor(8) as workers:
        asked = list(workers.map(SealedSecretStore(loader, keys).dataset_key, [dataset_id] * 8))
    assert len(set(asked)) == 1
    key_id, key = asked[0]
    assert (key_id, len(key)) == ("p1", 32)
    assert SealedSecretStore(loader, keys).dataset_key(uuid4())[1] != key


def test_keys_are_sealed_at_rest_and_outlive_the_master_key(loader: Engine, database: Database) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    dataset_id = uuid4()
    _, key = SealedSecretStore(loader, [old]).dataset_key(dataset_id)
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute("SELECT sealed FROM cdmp.secret WHERE subject = %s", (dataset_id,)).fetchone()
    assert row is not None
    assert key not in row[0]
    assert SealedSecretStore(loader, [new, old]).dataset_key(dataset_id) == ("p1", key)
    with pytest.raises(ConfigurationInvalid, match="no key opens"):
        SealedSecretStore(loader, [new]).dataset_key(dataset_id)


def test_a_wrong_master_key_is_told_without_showing_it(loader: Engine) -> None:
    with pytest.raises(ConfigurationInvalid, match="CDMP_MASTER_KEYS") as refused:
        SealedSecretStore(loader, ["canary-key"])
    assert "canary" not in str(refused.value)


def test_sealing_twice_gives_different_texts(loader: Engine) -> None:
    store = SealedSecretStore(loader, [Fernet.generate_key().decode()])
    assert store.seal(b"row") != store.seal(b"row")
    assert store.unseal(store.seal(b"row")) == b"row"


def test_an_upload_is_kept_once_under_its_digest(loader: Engine, tmp_path: Path) -> None:
    uploads = FileUploadStore(tmp_path / "uploads", loader)
    source = tmp_path / "meters.csv"
    source.write_bytes(b"a;b\n" * 1_000_000)
    upload = uploads.add(source, "../../etc/passwd", "7")
    assert upload == hashlib.sha256(source.read_bytes()).hexdigest()
    assert uploads.add(source, "renamed.csv", "8") == upload
    assert uploads.path(upload).read_bytes() == source.read_bytes()
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [upload]
    assert stat.S_IMODE((tmp_path / "uploads").stat().st_mode) == 0o700
    assert stat.S_IMODE(uploads.path(upload).stat().st_mode) == 0o600
    assert uploads.has(upload, "7")
    assert not uploads.has(upload, "9")


@pytest.mark.parametrize("upload", ["0" * 64, "../secret", "/etc/passwd", "", "a" * 63 + "\n", "A" * 64])
def test_what_is_no_upload_is_not_found(loader: Engine, tmp_path: Path, upload: str) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "uploads").mkdir()
    with pytest.raises(NotFound):
        FileUploadStore(tmp_path / "uploads", loader).path(upload)
