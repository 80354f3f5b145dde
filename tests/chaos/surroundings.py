"""What a platform stands on, and how it fails: small disks, and servers that are away for a while."""

from __future__ import annotations

import selectors
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit


class NotHere(Exception):
    """This machine does not let us make it; says why."""


class SmallDisk:
    """A file system of its own, so large and no larger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def grow(self, mebibytes: int) -> None:
        """Give it more room, with what is on it."""
        subprocess.run(["mount", "-o", f"remount,size={mebibytes}m", self.folder], check=True)


@contextmanager
def a_small_disk(mebibytes: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs; raises NotHere where that is not permitted."""
    folder = Path(tempfile.mkdtemp(prefix="cdmp-disk-", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=755", "cdmp-chaos", folder]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        why = done.stderr.strip() if done.returncode else ""
    except FileNotFoundError:
        why = "there is no `mount`"
    if why:
        folder.rmdir()
        raise NotHere(f"no small disk can be mounted here ({why}); root can")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        folder.rmdir()


class Wire:
    """A port of this machine that leads to a server, until it is cut."""

    _AT_ONCE: Final = 1 << 16

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._to = address.hostname or "127.0.0.1", address.port or 9200
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"{address.scheme}://127.0.0.1:{self._port}"
        self._there = threading.Event()
        self._threads: list[threading.Thread] = []

    def join(self) -> None:
        """Let it lead to the server."""
        listening = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
        listening.settimeout(0.1)
        self._there.set()
        self._threads.append(threading.Thread(target=self._accept, args=(listening,)))
        self._threads[-1].start()

    def cut(self) -> None:
        """Break what is connected, and refuse what comes."""
        self._there.clear()
        while self._threads:
            self._threads.pop().join()

    def _accept(self, listening: socket.socket) -> None:
        with listening:
            while self._there.is_set():
                try:
                    near, _ = listening.accept()
                except TimeoutError:
                    continue
                self._threads.append(threading.Thread(target=self._carry, args=(near,)))
                self._threads[-1].start()

    def _carry(self, near: socket.socket) -> None:
        near.setblocking(True)
        with near, socket.create_connection(self._to) as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while self._there.is_set():
                for key, _ in ready.select(0.1):
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    try:
                        block = source.recv(self._AT_ONCE)
                        if not block:
                            return
                        target.sendall(block)
                    except OSError:
                        return
