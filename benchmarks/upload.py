"""A 512 MiB upload through a real server, beside a plain POST of the same bytes to the same server."""

from __future__ import annotations

import base64
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.table import Case, Table
from include.storage.migrate import migrate
from tests.postgres import fresh_database, running_server
from tests.upload_server import UploadServer, running_upload_server

SIZE = 512 << 20
PIECE = 64 << 20
ROUNDS = 3
PLAIN = "one plain POST, written and synced"
OWNER = {"Authorization": "Bearer owner", "Tus-Resumable": "1.0.0"}


def run() -> Table:
    """Send each way three times, one after the other; the medians. `curl` sends, so that the client costs little."""
    taken: dict[str, list[float]] = {PLAIN: [], "tus, one PATCH": [], "tus, pieces of 64 MiB": []}
    with (
        running_server() as postgres,
        fresh_database(postgres) as database,
        tempfile.TemporaryDirectory() as name,
    ):
        migrate(database.owner_url)
        folder = Path(name)
        with running_upload_server(database.loader_url, folder / "uploads", most=2 * SIZE, quota=64 * SIZE) as server:
            (folder / "uploads").mkdir(exist_ok=True)
            for number in range(ROUNDS):
                whole, pieces = write_files(folder, number)
                taken[PLAIN].append(timed(lambda: post(server, whole)))  # noqa: B023 - called at once
                taken["tus, one PATCH"].append(timed(lambda: patch(server, [whole])))  # noqa: B023
                remove_all(server)
                taken["tus, pieces of 64 MiB"].append(timed(lambda: patch(server, pieces)))  # noqa: B023
                remove_all(server)
            server.note_memory()
    cases = []
    for case, seconds in taken.items():
        median = sorted(seconds)[ROUNDS // 2]
        facts = {"mb_per_s": round(SIZE / 1e6 / median), "server_peak_memory_mb": server.peak_mb}
        cases.append(Case(case, median, facts))
    return Table(f"{SIZE >> 20} MiB to a server on the same machine", tuple(cases), PLAIN)


def write_files(folder: Path, number: int) -> tuple[Path, list[Path]]:
    """Write a file that no round had before, whole and in pieces."""
    block = bytes([number]) + bytes(range(256)) * 4096
    content = (block * (SIZE // len(block) + 1))[:SIZE]
    whole = folder / "whole"
    whole.write_bytes(content)
    pieces = []
    for place, start in enumerate(range(0, SIZE, PIECE)):
        pieces.append(folder / f"piece-{place:03}")
        pieces[-1].write_bytes(content[start : start + PIECE])
    return whole, pieces


def timed(job: object) -> float:
    """Say how long a job takes."""
    assert callable(job)
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def post(server: UploadServer, file: Path) -> None:
    """Send a file as one body."""
    curl("-X", "POST", f"http://127.0.0.1:{server.port}/plain", "-T", str(file))


def patch(server: UploadServer, pieces: list[Path]) -> None:
    """Send an upload, piece after piece."""
    name = base64.b64encode(b"whole.bin").decode()
    headers = {**OWNER, "Upload-Length": str(SIZE), "Upload-Metadata": f"filename {name}"}
    begun = httpx.post(f"{server.url}/upload/", headers=headers).raise_for_status()
    where = f"http://127.0.0.1:{server.port}{begun.headers['location']}"
    offset = 0
    for piece in pieces:
        said = {**OWNER, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        curl("-X", "PATCH", where, "-T", str(piece), *(f"-H{name}: {value}" for name, value in said.items()))
        offset += piece.stat().st_size


def remove_all(server: UploadServer) -> None:
    """Make room: the next way sends the same content."""
    for upload in httpx.get(f"{server.url}/upload/", headers=OWNER).json()["uploads"]:
        httpx.delete(f"{server.url}/upload/{upload['upload']}", headers=OWNER).raise_for_status()


def curl(*arguments: str) -> None:
    """Send a file from disk."""
    subprocess.run(["curl", "-sSf", "-H", "Expect:", *arguments], check=True, capture_output=True)
