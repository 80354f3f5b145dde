"""What was done to the rows of a batch on their way from the source, as it is kept with the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from include.cim.concept import Concept
from include.cim.lineage import FieldLineage, trace_mapping
from include.collection.model import Collection


@dataclass(frozen=True, slots=True)
class BatchLineage:
    """Where the values of a batch come from; names and numbers of the configuration, no value of a row but its unit.

    Attributes:
        collection_version: The collection's version that the run used.
        cim_version: The CIM's, where it has versions.
        rows: What the mapping did to whole rows (`where`, `unpivot`, `merge_rows`), as its owner wrote it.
        anonymized: Field → the method that the mapped value went through; that value is not to be computed again.
    """

    collection_version: int
    cim_version: int | None
    concept: str
    rows: Mapping[str, Any]
    fields: tuple[FieldLineage, ...]
    anonymized: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that is stored."""
        return asdict(self)


def lineage_of(
    collection: Collection,
    concept: Concept,
    cim_version: int | None = None,
    units: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> BatchLineage | None:
    """Say what a run of this version of a collection does; None where it is a draft.

    Args:
        units: What columns of units said (`BatchRef.units`).
    """
    config = collection.config
    if config.mapper is None or config.ingester is None:
        return None
    return BatchLineage(
        collection_version=collection.version,
        cim_version=cim_version,
        concept=concept.name,
        rows=config.mapper.model_dump(mode="json", include={"where", "unpivot", "merge_rows"}, exclude_defaults=True),
        fields=trace_mapping(config.mapper, concept, config.ingester.numbers, units),
        anonymized={name: plan.method.value for name, plan in config.anonymization.fields.items()},
    )
