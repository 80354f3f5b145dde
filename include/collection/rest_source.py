"""A REST or Open Data API as a source, as the owner writes it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from include.cim.number_style import NumberStyle
from include.collection.authentication import Authentication
from include.collection.formats.json_records import JsonFormat
from include.collection.pagination import Pagination
from include.collection.preset import expand_preset
from include.collection.source_format import Format, Member
from include.collection.time_window import END, START, TimeWindow
from include.configuration import Configuration


def _as_text(value: Any) -> Any:
    """Take a number or a truth value as the text that a URL holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text)]


class Incremental(Configuration):
    """Ask only for what is new: the source's parameter that takes the last value seen of a field."""

    parameter: str = Field(min_length=1, description="the query parameter")
    field: str = Field(min_length=1, description="the source column whose greatest value is sent next time")
    start: str = Field(description="sent the first time")
    look_back: timedelta | None = Field(None, gt=timedelta(0), description="is read again; the field is then a time")


class Nothing(Configuration):
    """How the source says that it has no records, where it does not simply give none."""

    empty: bool = Field(False, description="a source that is asked for all may give none: a list without events")
    status: tuple[int, ...] = Field((), description="statuses that say so: 404")
    text: str | None = Field(None, min_length=3, max_length=200, description="what such an answer holds")


class Limits(Configuration):
    """The most that one run may take; more is refused, never cut off."""

    requests: int = Field(10_000, ge=1, le=1_000_000)
    rows: int = Field(50_000_000, ge=1)
    bytes: int = Field(4 << 30, ge=1, description="of all answers, unpacked")


class RestSource(Configuration):
    """A REST or Open Data API."""

    kind: Literal["rest"] = "rest"
    url: str = Field(pattern=r"^https?://", max_length=2000, examples=["https://data.example.org/v1/load"])
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, Text] = Field(default_factory=dict)
    parameters: dict[str, Text | tuple[Text, ...]] = Field(default_factory=dict)
    body: JsonValue = Field(None, description="the JSON that is posted")
    authentication: Authentication | None = None
    member: Member = None
    format: Format = JsonFormat()
    pagination: Pagination | None = None
    total: str | None = Field(
        None, max_length=500, description="where an answer declares its records: `$.total`, or a header's name"
    )
    nothing: Nothing = Nothing()
    partial: Literal["refuse", "note"] = Field(
        "refuse", description="records beside which an answer in JSON tells of an error: some may be missing"
    )
    incremental: Incremental | None = None
    window: TimeWindow | None = None
    most_per_minute: int | None = Field(None, ge=1, le=10_000, description="requests, where the source limits them")
    timeout_s: float = Field(30.0, gt=0, le=300)
    limits: Limits = Limits()

    @model_validator(mode="before")
    @classmethod
    def _write_out(cls, plain: Any) -> Any:
        """Write a preset out: what is stored does not change when the preset does."""
        return expand_preset(plain) if isinstance(plain, dict) and "preset" in plain else plain

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        written = json.dumps([self.url, self.parameters, self.body])
        if self.window is not None and self.incremental is not None:
            raise ValueError("a source is asked by `window` or by `incremental`, not by both")
        if self.window is not None and START not in written:
            raise ValueError(f"`window` is set, and no parameter holds {START}; the url and the body may as well")
        if self.window is None and (START in written or END in written):
            raise ValueError(f"{START} and {END} need `window`, which says how times are written")
        if self.body is not None and self.method != "POST":
            raise ValueError("a `body` is sent with `method: POST`")
        if getattr(self.pagination, "place", "query") == "body" and not isinstance(self.body, dict):
            raise ValueError("pages are asked for in the body, and `body` is no object")
        return self

    @property
    def numbers(self) -> NumberStyle:
        """How its numbers are written."""
        return self.format.numbers

    @property
    def secret_refs(self) -> tuple[str, ...]:
        """The names of the secrets that it needs."""
        return () if self.authentication is None else (self.authentication.secret_ref,)
