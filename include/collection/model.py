"""What a collection is: the owner's configuration, and the record that the platform keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

from pydantic import Field, field_validator, model_validator

from include.anonymization.config import AnonymizationConfig
from include.catalog.config import MetadataConfig, SearchConfig
from include.cim.mapping_config import MapperConfig
from include.collection.contract import Contract
from include.collection.load import LoadConfig
from include.collection.mapping_preset import expand_mapping
from include.collection.source import Source
from include.collection.zone import Zone
from include.configuration import Configuration, Duration, lasting
from include.expectations.config import CuratorConfig


class Schedule(Configuration):
    """When a collection runs by itself: a cron expression in a zone, or an interval."""

    cron: str | None = Field(None, pattern=r"^(\S+\s+){4}\S+$", examples=["15 6 * * *"])
    zone: Zone = "UTC"
    every: Annotated[Duration, lasting(timedelta(minutes=1))] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise ValueError("a schedule has either `cron` or `every`; write one of the two")
        return self


class CollectionConfig(Configuration):
    """A whole collection as its owner writes it; each step may be absent while it is a draft."""

    title: str = Field(min_length=1, max_length=200)
    description: str | None = None
    tags: tuple[str, ...] = Field((), max_length=20)
    ingester: Source | None = None
    mapper: MapperConfig | None = None
    curator: CuratorConfig = CuratorConfig()
    anonymization: AnonymizationConfig = AnonymizationConfig()
    metadata: MetadataConfig | None = None
    contract: Contract = Contract()
    load: LoadConfig = LoadConfig()
    search: SearchConfig = SearchConfig()
    schedule: Schedule | None = None

    @field_validator("mapper", mode="before")
    @classmethod
    def _write_out(cls, plain: Any) -> Any:
        return expand_mapping(plain) if isinstance(plain, dict) and "preset" in plain else plain


class CollectionState(StrEnum):
    """The life cycle that is stored; what the runs say is added for people (`CollectionStatus`)."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    DELETING = "deleting"  # out of sight; its DAG goes when no run is active


class CollectionStatus(StrEnum):
    """What DCS02 answers (published in the OpenAPI document)."""

    DRAFT = "draft"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PAUSED = "paused"
    AWAITING_REVIEW = "awaiting-review"


@dataclass(frozen=True, slots=True)
class Collection:
    """The platform's record of a collection, at one version.

    Attributes:
        owner_id: The user's id in Airflow's user table; names may change hands, ids do not.
        dataset_id: The dataset that its rows go to; reserved when the collection is made.
    """

    id: UUID
    version: int
    owner_id: str
    owner_name: str
    config: CollectionConfig
    state: CollectionState
    dataset_id: UUID
    created: datetime
    updated: datetime


def make_draft(config: CollectionConfig, owner_id: str, now: datetime) -> Collection:
    """Make a collection of a configuration that nobody has saved, for showing what it would do."""
    return Collection(
        id=uuid4(),
        version=1,
        owner_id=owner_id,
        owner_name="",
        config=config,
        state=CollectionState.DRAFT,
        dataset_id=uuid4(),
        created=now,
        updated=now,
    )
