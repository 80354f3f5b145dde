"""The folder of generated DAG files: one `<uuid>.py` a collection, and its definition beside it as `<uuid>.json`.

A collection that changes while its old text is being parsed would be lost: the dag-processor drops both the request
and the new time stamp. And Python takes a stale `.pyc` for fresh when second and size agree. So a file that is written
again gets a time a little ahead, in a second of its own, and is touched once more a minute later.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from include.orchestration.description import DagDescription
from include.ports import Fingerprint

AHEAD_S: Final = 2.0
TOUCH_AGAIN_S: Final = 60.0

# Every file that is neither ignored nor Python is opened by the dag-processor, to see whether it is a zip archive.
IGNORED: Final = "*.json\n__pycache__/\n"

TEXT: Final = """\
# Collection {id}, version {version}. Written by include/orchestration/collection_bundle.py; changes are lost.
from include.orchestration.factory import build

dag = build(__file__)
"""

log = logging.getLogger(__name__)


class BundleFiles:
    """Writes, rewrites and removes the files of a folder; knows what is there without reading it again.

    Args:
        clock: Seconds since the epoch, as files are stamped with.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._touch_again: dict[UUID, float] = {}
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / ".airflowignore", IGNORED)
        self.written: dict[UUID, Fingerprint | None] = {
            collection_id: self._read(collection_id) for collection_id in _collections_in(folder)
        }
        """What each collection's files were written from; None where they cannot be read or one of them is missing."""

    def write(self, description: DagDescription) -> None:
        """Write a collection's two files: first the definition, so that no DAG file names one that is not there."""
        module = self._module(description.id)
        stamp = None
        if module.exists():
            now = self._clock()
            stamp = max(now + AHEAD_S, int(module.stat().st_mtime) + 1.0)
            self._touch_again[description.id] = now + TOUCH_AGAIN_S
        _replace(self._definition(description.id), json.dumps(description.to_json()))
        _replace(module, TEXT.format(id=description.id, version=description.fingerprint.version), stamp)
        self.written[description.id] = description.fingerprint

    def remove(self, collection_id: UUID) -> None:
        """Remove a collection's files, the DAG file first."""
        self._module(collection_id).unlink(missing_ok=True)
        self._definition(collection_id).unlink(missing_ok=True)
        for compiled in (self._folder / "__pycache__").glob(f"{collection_id}.*"):
            compiled.unlink(missing_ok=True)
        self._touch_again.pop(collection_id, None)
        self.written.pop(collection_id, None)

    def touch_again(self) -> None:
        """Touch what was written again a minute ago, in case that its new text met a parse of the old one."""
        now = self._clock()
        for collection_id in [each for each, due in self._touch_again.items() if due <= now]:
            os.utime(self._module(collection_id), (now, now))
            del self._touch_again[collection_id]

    def _read(self, collection_id: UUID) -> Fingerprint | None:
        if not self._module(collection_id).exists():
            return None
        try:
            return read_description(self._definition(collection_id)).fingerprint
        except (OSError, KeyError, TypeError, ValueError):
            log.warning("the definition of collection %s cannot be read; it is written again", collection_id)
            return None

    def _module(self, collection_id: UUID) -> Path:
        return self._folder / module_name(collection_id)

    def _definition(self, collection_id: UUID) -> Path:
        return self._folder / f"{collection_id}.json"


def module_name(collection_id: UUID) -> str:
    """Name a collection's DAG file, relative to the folder."""
    return f"{collection_id}.py"


def read_description(definition: Path) -> DagDescription:
    """Read a definition; raises OSError, KeyError, TypeError or ValueError where there is none."""
    return DagDescription.from_json(json.loads(definition.read_text("utf-8")))


def _collections_in(folder: Path) -> set[UUID]:
    found = set()
    for file in folder.iterdir():
        if file.suffix in (".py", ".json"):
            try:
                found.add(UUID(file.stem))
            except ValueError:
                log.warning("%s is not the file of a collection; it is left alone", file.name)
    return found


def _replace(file: Path, text: str, stamp: float | None = None) -> None:
    """Put `text` there in one step, so that a reader sees the old text or the new one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    if stamp is not None:
        os.utime(draft, (stamp, stamp))
    draft.replace(file)
