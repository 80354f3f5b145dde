"""What a collection's DAG is built from: the little of a collection that Airflow shows and schedules by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self
from uuid import UUID

from include.collection.model import Collection, CollectionState
from include.ports import Fingerprint

PREFIX: Final = "collection_"


def dag_id_of(collection_id: UUID) -> str:
    """Name a collection's DAG.

    Example:
        >>> dag_id_of(UUID("0190b5a4-2f5c-7c3e-9d9b-5b1e0d6f7a10"))
        'collection_0190b5a4-2f5c-7c3e-9d9b-5b1e0d6f7a10'
    """
    return f"{PREFIX}{collection_id}"


def collection_id_of(dag_id: str) -> UUID:
    """Read back what `dag_id_of` named; raises ValueError for the DAG of something else."""
    if not dag_id.startswith(PREFIX):
        raise ValueError(f"{dag_id!r} is not the DAG of a collection")
    return UUID(dag_id.removeprefix(PREFIX))


@dataclass(frozen=True, slots=True)
class DagDescription:
    """The definition that lies beside a generated DAG file. What a user typed is here, as data, and nowhere else.

    Attributes:
        paused: The schedule rests: the collection is paused, or going.
        broken: Why the record cannot be read; its DAG is then an import error with this sentence.
        every_s: Seconds between runs, where the schedule is an interval.
    """

    id: UUID
    dataset_id: UUID | None
    fingerprint: Fingerprint
    title: str = ""
    description: str | None = None
    owner: str = ""
    tags: tuple[str, ...] = ()
    paused: bool = False
    cron: str | None = None
    zone: str = "UTC"
    every_s: float | None = None
    broken: str | None = None

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """Take from a collection what its DAG needs."""
        config, schedule = collection.config, collection.config.schedule
        return cls(
            id=collection.id,
            dataset_id=collection.dataset_id,
            fingerprint=Fingerprint(collection.version, collection.state),
            title=config.title,
            description=config.description,
            owner=collection.owner_name,
            tags=config.tags,
            paused=collection.state is not CollectionState.ACTIVE,
            cron=schedule.cron if schedule else None,
            zone=schedule.zone if schedule else "UTC",
            every_s=schedule.every.total_seconds() if schedule and schedule.every else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that is written to disk."""
        return {
            **asdict(self),
            "id": str(self.id),
            "dataset_id": str(self.dataset_id) if self.dataset_id else None,
            "fingerprint": [self.fingerprint.version, self.fingerprint.state.value],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; raises KeyError, TypeError or ValueError where it is something else."""
        version, state = plain["fingerprint"]
        return cls(
            **{
                **plain,
                "id": UUID(plain["id"]),
                "dataset_id": UUID(plain["dataset_id"]) if plain["dataset_id"] else None,
                "fingerprint": Fingerprint(version, CollectionState(state)),
                "tags": tuple(plain["tags"]),
            }
        )
