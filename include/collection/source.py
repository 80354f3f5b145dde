"""Where a collection's rows come from, as the owner writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.collection.rest_source import RestSource
from include.collection.source_format import Format, Member
from include.configuration import Configuration


class FileSource(Configuration):
    """A file that was uploaded; gzip, bzip2 and ZIP are unpacked while reading."""

    kind: Literal["file"] = "file"
    upload: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="the upload's id, the sha256 of its bytes")
    name: str | None = Field(None, max_length=255, description="what its owner calls the file")
    member: Member = None
    format: Format

    @property
    def numbers(self) -> NumberStyle:
        """How its numbers are written."""
        return self.format.numbers


Source = Annotated[FileSource | RestSource, Field(discriminator="kind")]
