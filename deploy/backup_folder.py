"""The folder of a backup: its files, and the manifest that says what they are and what the databases held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.layout import write_private

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is made of. Written last: a folder without it is no backup.

    Attributes:
        made: ISO 8601, UTC. `revision`: of the platform's schema.
        keys: By variable, the names of the keys that open what is sealed: the first twelve digits of their SHA-256.
        tables: By part, by `schema.table`: how many rows, and their checksum, see `include.storage.inventory`.
        files: By path in the folder: bytes and SHA-256.
        lacking: Uploads that are noted in the database and were not there, or not as they were handed over.
    """

    made: str
    platform: str
    revision: str
    airflow: str
    postgresql: int
    keys: Mapping[str, Sequence[str]]
    tables: Mapping[str, Mapping[str, Sequence[int | str]]]
    files: Mapping[str, Sequence[int | str]]
    lacking: Sequence[str]
    format: int = FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a backup of a folder."""
    write_private(folder / MANIFEST, json.dumps(asdict(manifest), indent=1))


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup is made of.

    Raises:
        SystemExit: It is none.
    """
    try:
        plain = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit(f"{folder} has no {MANIFEST}: it is no backup, or one that was not finished.") from None
    except ValueError:
        raise SystemExit(f"{folder / MANIFEST} is no JSON: the backup is damaged.") from None
    if plain.get("format") != FORMAT:
        raise SystemExit(f"{folder} is a backup of format {plain.get('format')}; this version reads format {FORMAT}.")
    return Manifest(**plain)


def list_files(folder: Path) -> Mapping[str, Sequence[int | str]]:
    """Measure and hash every file of a folder, the manifest apart."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST)
    return {str(path.relative_to(folder)): [path.stat().st_size, sha256_of(path)] for path in found}


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file with the manifest.

    Raises:
        SystemExit: Names all that are gone, new, or others.
    """
    there = list_files(folder)
    wrong = [f"  {name}: is gone" for name in sorted(manifest.files.keys() - there.keys())]
    wrong += [f"  {name}: is none of it" for name in sorted(there.keys() - manifest.files.keys())]
    both = sorted(manifest.files.keys() & there.keys())
    wrong += [f"  {name}: is another" for name in both if there[name] != manifest.files[name]]
    if wrong:
        raise SystemExit("\n".join([f"{folder} is not as it was made. Nothing was restored.", *wrong]))


def sha256_of(path: Path, copy: Path | None = None) -> str:
    """Hash a file, and copy it on the way where `copy` says to where."""
    digest = hashlib.sha256()
    with path.open("rb") as source, (copy or Path("/dev/null")).open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            if copy is not None:
                target.write(chunk)
    return digest.hexdigest()


def name_keys(keys: str) -> list[str]:
    """Name keys, as a comma-separated variable holds them, without telling anything about them.

    They are 256 random bits each.
    """
    return [hashlib.sha256(key.encode()).hexdigest()[:12] for key in keys.split(",")]
