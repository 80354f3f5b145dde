"""Where a collection's rows come from, as the owner writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.collection.rest_source import RestSource
from include.collection.source_format import Format, Member
from include.configuration import Configuration

UploadId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="the upload's id, the sha256 of its bytes",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]


class FileSource(Configuration):
    """A file that was uploaded; gzip, bzip2 and ZIP are unpacked while reading."""

    kind: Literal["file"] = "file"
    upload: UploadId | None = None
    name: str | None = Field(None, max_length=255, description="what its owner calls the file")
    member: Member = None
    format: Format

    @property
    def numbers(self) -> NumberStyle:
        """How its numbers are written."""
        return self.format.numbers


Source = Annotated[FileSource | RestSource, Field(discriminator="kind")]
