"""A real HTTP server on this machine that stands for a source, well-behaved or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request, as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def get(self, name: str, default: str = "") -> str:
        return self.all(name)[0] if self.all(name) else default

    def all(self, name: str) -> list[str]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [])

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server says: JSON unless it is bytes; `declared` is another Content-Length than the true one.

    Attributes:
        drip_s: Seconds between two bytes of the body.
        hang_up: Nothing is said, and the connection ends.
        drip_head_s: Seconds between two bytes of the head.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: int | None = None
    drip_s: float = 0.0
    drip_head_s: float = 0.0
    hang_up: bool = False


@dataclass
class SourceServer:
    """A server that is up, and what it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Reply] = lambda _: Reply()

    @property
    def here(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.here}{path}"


@contextmanager
def serve(answer: Callable[[Asked], Reply] = lambda _: Reply()) -> Iterator[SourceServer]:
    """Start a server on a free port; it stops at the end of the block."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
            server.asked.append(asked)
            reply = server.answer(asked)
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            if reply.hang_up:
                self.close_connection = True
                self.connection.shutdown(SHUT_RDWR)
                return
            try:
                if reply.drip_head_s:
                    self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, reply.drip_head_s)
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", **reply.headers}
                headers["Content-Length"] = str(len(body) if reply.declared is None else reply.declared)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.drip_s:
                    self._drip(body, reply.drip_s)
                else:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True
            if reply.declared is not None:
                self.close_connection = True

        do_POST = do_GET

        def _drip(self, text: bytes, pause_s: float) -> None:
            for byte in text:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if over.wait(pause_s):
                    raise BrokenPipeError

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = SourceServer(listener.server_port, answer=answer)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        over.set()
        listener.shutdown()
        thread.join()
        listener.server_close()
