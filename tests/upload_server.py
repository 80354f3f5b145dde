"""The interface over real stores, in a process of its own that can be killed: `python -m tests.upload_server`.

Environment: PORT, LOADER_URL, UPLOADS; MOST and QUOTA in bytes. The bearer token is the person's name in `PEOPLE`. As
in Airflow, the app is mounted below a prefix, behind a middleware that wraps requests and one that packs answers.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PREFIX = "/twinergy-api"
GIB = 1 << 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class UploadServer:
    """A server that can be killed and started again at the same address."""

    loader_url: str
    uploads: Path
    most: int = GIB
    quota: int = 4 * GIB
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    peak_mb: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def start(self) -> None:
        settings = {"PORT": self.port, "LOADER_URL": self.loader_url, "UPLOADS": self.uploads}
        settings |= {"MOST": self.most, "QUOTA": self.quota}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.upload_server"],
            env={**os.environ, **{name: str(value) for name, value in settings.items()}},
            cwd=Path(__file__).parent.parent,
        )
        give_up = time.monotonic() + 120  # on a busy machine the imports alone take half a minute
        while time.monotonic() < give_up:
            try:
                httpx.get(f"{self.url}/health")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("the server did not start")

    def note_memory(self) -> None:
        """Keep the greatest resident memory that this process ever had."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        self.peak_mb = max(self.peak_mb, kib // 1024)

    def kill(self) -> None:
        assert self.process is not None
        self.note_memory()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.note_memory()
            self.process.terminate()
            self.process.wait(20)


@contextmanager
def running_upload_server(loader_url: str, uploads: Path, **limits: Any) -> Iterator[UploadServer]:
    """Start a server, and stop it in every case."""
    server = UploadServer(loader_url, uploads, **limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    import uvicorn
    from fastapi import FastAPI, Request, Response
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    from api.app import create_app
    from include.storage.collection_store import PostgresCollectionStore
    from include.storage.connection import open_engine
    from include.storage.incoming_store import FileIncomingStore
    from include.storage.upload_store import FileUploadStore
    from tests.fakes_engine import FakeEngine
    from tests.fakes_stores import FakeServices
    from tests.interface import sign_in

    engine, folder = open_engine(os.environ["LOADER_URL"]), Path(os.environ["UPLOADS"])
    services: Any = FakeServices()
    services.uploads = FileUploadStore(folder, engine)
    services.incoming = FileIncomingStore(folder, engine, int(os.environ["MOST"]), int(os.environ["QUOTA"]))
    services.collections = PostgresCollectionStore(engine)

    outer = FastAPI()

    async def take_plainly(request: Request) -> Response:
        """What a benchmark compares with: the same bytes in one request, written and nothing else."""
        taken = 0
        with (folder / "plain").open("wb") as file:
            async for chunk in request.stream():
                taken += file.write(chunk)
            os.fsync(file.fileno())
        return Response(str(taken))

    outer.add_route("/plain", take_plainly, methods=["POST"])
    outer.mount(PREFIX, create_app(lambda: services, FakeEngine, sign_in))
    outer.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
    outer.add_middleware(GZipMiddleware)
    uvicorn.run(outer, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")


if __name__ == "__main__":
    main()
