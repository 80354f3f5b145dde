"""Uploads through a real server: broken five times and resumed, by curl and by a browser's library."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.postgres import Database
from tests.upload_server import PREFIX, UploadServer, running_upload_server

SIZE = 320 << 20
MOST_MEMORY_MB = 300
MOST_GROWTH_MB = 60
BODY = "application/offset+octet-stream"
OWNER = {"Authorization": "Bearer owner", "Tus-Resumable": "1.0.0"}
SEED = 20261128


@pytest.fixture(scope="module")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with running_upload_server(database.loader_url, tmp_path_factory.mktemp("uploads")) as server:
        yield server


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random bytes: no two blocks are alike, so that a block twice or in the wrong place is seen."""
    path = tmp_path_factory.mktemp("large") / "readings.bin"
    generator = random.Random(SEED)
    with path.open("wb") as file:
        for _ in range(SIZE >> 20):
            file.write(generator.randbytes(1 << 20))
    return path


def begin(server: UploadServer, size: int, name: str = "readings.bin", metadata: str = "") -> str:
    said = f"filename {base64.b64encode(name.encode()).decode()}" + metadata
    headers = {**OWNER, "Upload-Length": str(size), "Upload-Metadata": said}
    answer = httpx.post(f"{server.url}/upload/", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def offset(server: UploadServer, where: str) -> int:
    answer = httpx.head(f"http://127.0.0.1:{server.port}{where}", headers=OWNER, timeout=60)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


class Sender:
    """Sends the rest of a file over a bare socket, until it is told to stop or the server is gone."""

    def __init__(self, server: UploadServer, where: str, file: Path, start: int) -> None:
        self.sent = start
        self.answer = b""
        self._size = file.stat().st_size
        self._file = file.open("rb")
        self._file.seek(start)
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        headers = {**OWNER, "Host": "127.0.0.1", "Content-Type": BODY, "Upload-Offset": str(start)}
        headers["Content-Length"] = str(self._size - start)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"PATCH {where} HTTP/1.1\r\n{lines}\r\n".encode())
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        try:
            while block := self._file.read(1 << 18):
                self._socket.sendall(block)
                self.sent += len(block)
            self.answer = self._socket.recv(65536)
        except OSError:
            return

    def wait_for(self, at: int) -> None:
        while self.sent < at and self._thread.is_alive():
            time.sleep(0.002)

    def cut(self, *, reset: bool) -> None:
        if reset:  # a cable that is pulled, as the other side sees it: no farewell
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.join()

    def join(self) -> None:
        self._thread.join(120)
        self._file.close()
        self._socket.close()


def test_an_upload_that_is_broken_five_times_is_the_same_file(server: UploadServer, large: Path) -> None:
    generator = random.Random(SEED)
    server.note_memory()
    idle_mb = server.peak_mb
    where, arrived = begin(server, SIZE), 0
    for number in range(5):
        sender = Sender(server, where, large, arrived)
        # not too near to the end, so that five times find room
        sender.wait_for(arrived + generator.randrange(1 << 20, (SIZE - arrived) // 3))
        if number % 2:
            server.note_memory()
            sender.cut(reset=number == 1)
            time.sleep(0.2)
        else:
            server.kill()
            sender.join()
            server.start()
        now = offset(server, where)
        assert arrived <= now <= sender.sent + (1 << 18)
        arrived = now
    assert 0 < arrived < SIZE
    sender = Sender(server, where, large, arrived)
    sender.join()
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    assert sender.answer.startswith(b"HTTP/1.1 204")
    assert f"cdmp-upload: {digest}".encode() in sender.answer
    kept = server.uploads / digest
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest
    server.note_memory()
    assert server.peak_mb < MOST_MEMORY_MB
    assert server.peak_mb - idle_mb < MOST_GROWTH_MB, "what arrives is not held"


def test_one_upload_has_one_writer_and_a_silent_one_is_seen(server: UploadServer, large: Path) -> None:
    where = begin(server, SIZE)
    first = Sender(server, where, large, 0)
    first.wait_for(4 << 20)
    headers = {**OWNER, "Content-Type": BODY, "Upload-Offset": "0"}
    second = httpx.patch(f"http://127.0.0.1:{server.port}{where}", content=b"x" * 100, headers=headers)
    assert second.status_code == 423
    first.cut(reset=True)
    assert httpx.delete(f"http://127.0.0.1:{server.port}{where}", headers=OWNER).status_code == 204


def curl(*arguments: str) -> str:
    done = subprocess.run(["curl", "-sS", "--max-time", "120", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_begins_asks_and_goes_on(server: UploadServer, tmp_path: Path) -> None:
    """The commands that README shows."""
    file = tmp_path / "meters.csv"
    file.write_bytes(os.urandom(3 << 20))
    common = ["-H", "Authorization: Bearer owner", "-H", "Tus-Resumable: 1.0.0"]
    name = base64.b64encode(b"meters.csv").decode()
    begun = curl(
        *common, "-i", "-X", "POST", f"{server.url}/upload/",
        "-H", f"Upload-Length: {file.stat().st_size}", "-H", f"Upload-Metadata: filename {name}",
    )  # fmt: skip
    where = next(line.split(": ")[1].strip() for line in begun.splitlines() if line.lower().startswith("location"))
    address = f"http://127.0.0.1:{server.port}{where}"
    to_patch = [*common, "-i", "-X", "PATCH", address, "-H", f"Content-Type: {BODY}", "-H"]
    part = tmp_path / "part"
    part.write_bytes(file.read_bytes()[: 1 << 20])
    assert " 204 " in curl(*to_patch, "Upload-Offset: 0", "--data-binary", f"@{part}")
    assert f"upload-offset: {1 << 20}" in curl(*common, "--head", address)
    rest = tmp_path / "rest"
    rest.write_bytes(file.read_bytes()[1 << 20 :])
    last = curl(*to_patch, f"Upload-Offset: {1 << 20}", "--data-binary", f"@{rest}")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"cdmp-upload: {digest}" in last
    assert json.loads(curl(*common, address))["upload"]["upload"] == digest
    at_once = curl(
        *common, "-i", "-X", "POST", f"{server.url}/upload/", "-H", f"Content-Type: {BODY}",
        "-H", f"Upload-Length: {file.stat().st_size}", "--data-binary", f"@{file}",
    )  # fmt: skip
    assert " 409 " in at_once
    assert digest in at_once


def test_the_prefix_is_part_of_what_a_client_is_told(server: UploadServer) -> None:
    assert begin(server, 10).startswith(f"{PREFIX}/upload/")
