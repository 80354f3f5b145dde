"""Rows in quarantine: how people name them, choose some of them, and send them through a run again."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from include.errors import ConfigurationInvalid, Problem

_PLAIN: Final = struct.Struct(">16sq")
MOST_ROWS: Final = 1000
"""So many rows can be named one by one; more are chosen by their batch, or as all."""


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """Which row: its batch, and its number there.

    Example:
        >>> key = RowKey(UUID("0190b5a4-2f5c-7c3e-9d9b-5b1e0d6f7a10"), 7)
        >>> str(key), RowKey.read(str(key)) == key
        ('AZC1pC9cfD6dm1seDW96EAAAAAAAAAAH', True)
    """

    batch_id: UUID
    row_id: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(_PLAIN.pack(self.batch_id.bytes, self.row_id)).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `str` wrote; raises ValueError where it is something else."""
        try:
            batch, row_id = _PLAIN.unpack(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
        except (UnicodeEncodeError, binascii.Error, struct.error):
            raise ValueError("it names no row") from None
        return cls(UUID(bytes=batch), row_id)


@dataclass(frozen=True, slots=True)
class Selection:
    """Some rows of a dataset's quarantine: those named, else those of a batch, else all."""

    rows: tuple[RowKey, ...] = ()
    batch_id: UUID | None = None

    @classmethod
    def of(cls, rows: tuple[str, ...] | None, batch_id: UUID | None, all_of_them: bool) -> Self:
        """Read what a person chose.

        Raises:
            ConfigurationInvalid: It is none of the three, or more than one; or something names no row.
        """
        if [bool(rows), batch_id is not None, all_of_them].count(True) != 1:
            raise ConfigurationInvalid(
                [Problem("rows", "exactly one way of choosing is to be given", "Name rows, or a batch, or ask for all")]
            )
        if len(rows or ()) > MOST_ROWS:
            raise ConfigurationInvalid(
                [
                    Problem(
                        "rows", f"{len(rows or ())} are named", f"Name {MOST_ROWS} at most; or a batch; or ask for all"
                    )
                ]
            )
        return cls(tuple(sorted({_read(text, place) for place, text in enumerate(rows or ())})), batch_id)

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that goes with a run."""
        if self.rows:
            return {"rows": [str(row) for row in self.rows]}
        return {"batch": str(self.batch_id)} if self.batch_id else {"all": True}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        batch = plain.get("batch")
        return cls(tuple(map(RowKey.read, plain.get("rows", ()))), UUID(batch) if batch else None)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a run of quarantined rows was asked for.

    Attributes:
        release: The rules are left out: the owner answers for the rows.
        note: Why; of a release.
    """

    selection: Selection
    release: bool = False
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that is kept with a run."""
        return {**self.selection.to_json(), "release": self.release, "note": self.note}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(Selection.from_json(plain), plain["release"], plain["note"])


def _read(text: str, place: int) -> RowKey:
    try:
        return RowKey.read(text)
    except ValueError as error:
        raise ConfigurationInvalid(
            [Problem(f"rows[{place}]", str(error), "Take ids from the list, unchanged")]
        ) from None
