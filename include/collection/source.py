"""Where a collection's rows come from, as the owner writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.configuration import Configuration


class CsvFormat(Configuration):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    skip_lines: int = Field(0, ge=0, description="lines before the header")
    quote: str | None = Field('"', max_length=1)
    null_values: tuple[str, ...] = ("",)
    excel_text: bool = Field(False, description='cells written ="…", so that Excel leaves them alone')


class JsonFormat(Configuration):
    """JSON with a list of records somewhere in it; nested members become columns named `a.b.c`."""

    kind: Literal["json"] = "json"
    records: str = Field("$", pattern=r"^\$(\.[^.\[\]]+)*$", description="where the list of records is: $.data")


Format = Annotated[CsvFormat | JsonFormat, Field(discriminator="kind")]


class FileSource(Configuration):
    """A file that was uploaded; gzip is unpacked while reading."""

    kind: Literal["file"] = "file"
    upload: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="the upload's id, the sha256 of its bytes")
    name: str | None = Field(None, max_length=255, description="what its owner calls the file")
    format: Format

    @property
    def decimal(self) -> str:
        """The sign that numbers are written with."""
        return self.format.decimal if isinstance(self.format, CsvFormat) else "."


class Incremental(Configuration):
    """Ask only for what is new: the source's parameter that takes the last value seen of a field."""

    parameter: str = Field(min_length=1, description="the query parameter")
    field: str = Field(min_length=1, description="the source column whose greatest value is sent next time")
    start: str = Field(description="sent the first time")


class RestSource(Configuration):
    """A REST or Open Data API that answers GET with JSON."""

    kind: Literal["rest"] = "rest"
    url: str = Field(pattern=r"^https?://", max_length=2000)
    parameters: dict[str, str] = Field(default_factory=dict)
    format: JsonFormat = JsonFormat()
    incremental: Incremental | None = None
    timeout_s: float = Field(30.0, gt=0, le=300)

    @property
    def decimal(self) -> str:
        """The sign that numbers are written with; JSON knows one."""
        return "."


Source = Annotated[FileSource | RestSource, Field(discriminator="kind")]
