"""Trying out a source, as request and answer."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.problems import ProblemPart
from api.schemas.data_collection import Answer, Span
from include.cim.mapping_config import MapperConfig
from include.collection.document import read_plain
from include.collection.model import CollectionConfig
from include.collection.source import Source


class DryRunRequest(BaseModel):
    """What to try: the ingester as a collection has it, and the mapper where the rows are to be mapped."""

    model_config = ConfigDict(extra="forbid")

    ingester: Source
    mapper: MapperConfig | None = None
    window: Span | None = Field(None, description="else the first step of the source's own window")

    @model_validator(mode="before")
    @classmethod
    def _say_what_is_wrong(cls, plain: Any) -> Any:
        if isinstance(plain, dict):
            read_plain({"title": "dry run", **{name: plain[name] for name in ("ingester", "mapper") if name in plain}})
        return plain

    def config(self) -> CollectionConfig:
        """The collection that these steps would belong to."""
        return CollectionConfig(title="dry run", ingester=self.ingester, mapper=self.mapper)


class RequestShown(Answer):
    """The request, with a mask where secrets are."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None


class UnreadableCell(Answer):
    """A cell that became nothing, or that contradicts others."""

    row: int = Field(description="the mapped row's number, from 1")
    field: str
    rule: str


class DryRunAnswer(Answer):
    """What one request showed; nothing of it is stored."""

    request: RequestShown | None
    status: int | None = Field(description="null where nobody answered")
    content_type: str | None
    bytes: int
    columns: list[str]
    rows: list[dict[str, str | None]] = Field(description="the first records, as the source wrote them")
    more: bool = Field(description="the answer says that there is another page")
    total: int | None = Field(description="the records that it declares")
    notes: list[str] = Field(description="what was noticed without refusing it")
    mapped: list[dict[str, Any]] | None = Field(description="what a run would make of them, as fields of the concept")
    unreadable: list[UnreadableCell]
    counts: dict[str, int] = Field(description="rows read, left out, mapped, merged, as a run counts them")
    missing: list[str] = Field(description="columns that the mapping reads and the answer does not have")
    problem: ProblemPart | None = Field(description="why there are no rows, or none mapped")


class PresetParameter(Answer):
    """What the owner says to a preset."""

    name: str
    description: str
    type: str
    required: bool
    default: Any


class PresetAnswer(Answer):
    """A public source that needs few parameters: `ingester: {kind: rest, preset: NAME, …}`."""

    name: str
    title: str
    documentation: str
    licence: str
    note: str
    parameters: list[PresetParameter]


class PresetListAnswer(Answer):
    """Every preset, by name."""

    presets: list[PresetAnswer]
