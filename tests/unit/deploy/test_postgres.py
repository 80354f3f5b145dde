"""The embedded PostgreSQL: which one is chosen, and that it starts from any folder, as root too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy import postgres
from deploy.credentials import Secrets, ensure_secrets
from deploy.layout import Layout
from deploy.postgres import OUT_OF_REACH, Binaries, candidates, find_binaries, start_postgres
from deploy.processes import running, stop
from deploy.progress import Progress
from tests.ports import free_port

ALL = list(candidates(os.environ["PATH"]))


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    made = Layout(tmp_path / "private" / "var")
    made.make()
    made.var.parent.chmod(0o700)  # as root: nobody else gets through, as with a clone below /root
    yield made
    for started in running(made).values():
        stop(made, started)
    if made.postgres.is_symlink():
        shutil.rmtree(made.postgres.resolve())


def start(layout: Layout, secrets: Secrets) -> str:
    port = free_port()
    start_postgres(layout, secrets, port, os.environ, Progress())
    return f"127.0.0.1:{port}"


@pytest.mark.parametrize("packaged", [pytest.param(False, id="the machine's"), pytest.param(True, id="the package's")])
def test_it_starts_from_a_private_folder_and_keeps_its_data(
    packaged: bool, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [binaries for binaries in ALL if binaries.packaged is packaged]
    if not chosen:
        pytest.skip("this machine has no PostgreSQL of its own")
    monkeypatch.setattr(postgres, "candidates", lambda path: iter(chosen))
    secrets = ensure_secrets(layout)
    address = start(layout, secrets)
    with psycopg.connect(f"postgresql://cdmp_owner:{secrets.owner}@{address}/cdmp") as connection:
        connection.execute("CREATE SCHEMA s")
        connection.execute("CREATE TABLE s.t AS SELECT 1")
        assert connection.execute("SHOW wal_level").fetchone() == ("minimal",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SELECT lower('Ü')").fetchone() == ("ü",)
    for role, password in (("cdmp_loader", secrets.loader), ("cdmp_reader", secrets.reader)):
        psycopg.connect(f"postgresql://{role}:{password}@{address}/cdmp").close()
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"postgresql://{role}:{password}@{address}/airflow")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(f"postgresql://cdmp_owner:wrong@{address}/cdmp")
    assert layout.postgres.is_symlink() == (os.geteuid() == 0)
    assert not layout.postgres.is_symlink() or layout.postgres.resolve().parent == OUT_OF_REACH

    stop(layout, running(layout)["postgres"])
    address = start(layout, secrets)
    with psycopg.connect(f"postgresql://cdmp_owner:{secrets.owner}@{address}/cdmp") as connection:
        assert connection.execute("SELECT * FROM s.t").fetchone() == (1,)


def test_passwords_that_do_not_fit_the_data_are_told_apart_from_a_slow_start(layout: Layout) -> None:
    start(layout, Secrets())
    stop(layout, running(layout)["postgres"])
    with pytest.raises(SystemExit, match=r"does not know the passwords in var/secrets\.json"):
        start(layout, Secrets())


def test_the_newest_of_the_machine_comes_before_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        Binaries(16, Path("/m16"), packaged=False),
        Binaries(13, Path("/m13"), packaged=False),
        Binaries(18, Path("/p18"), packaged=True),
    ]
    monkeypatch.setattr(postgres, "candidates", lambda path: iter(there))
    assert find_binaries(None).folder == Path("/m16")
    assert find_binaries(18).folder == Path("/p18")
    monkeypatch.setattr(postgres, "candidates", lambda path: iter(there[1:]))
    assert find_binaries(None).folder == Path("/p18")


def test_data_of_a_version_that_is_gone_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "candidates", lambda path: iter([Binaries(18, Path("/p18"), packaged=True)]))
    with pytest.raises(SystemExit, match="written by PostgreSQL 15, which is no longer here"):
        find_binaries(15)
    monkeypatch.setattr(postgres, "candidates", lambda path: iter([]))
    with pytest.raises(SystemExit, match="found: none"):
        find_binaries(None)
