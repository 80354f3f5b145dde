"""Reading datasets: their records, a page at a time, and their descriptions. Owner and steward; nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from include.access.requestor import Requestor
from include.batch import FLAGS, FROM_BATCH, FROM_LOAD, FROM_ROW, AsOf
from include.cim.concept import Concept, Field, FieldType
from include.errors import ConfigurationInvalid, NotFound, Problem
from include.operations.cursor import read_cursor, write_cursor
from include.operations.services import Services, owner_filter, refuse_unknown
from include.ports import Dataset, RecordQuery

if TYPE_CHECKING:
    import pyarrow as pa


_FLAGS: Final = Field(FLAGS, FieldType.TEXT, "The curation rules that the row breaks, a JSON list; null for none")
_ORIGIN: Final = (
    Field(FROM_BATCH, FieldType.ID, "The batch that brought the record"),
    Field(FROM_ROW, FieldType.INTEGER, "The number of its row in the source, as the rules saw it"),
    Field(FROM_LOAD, FieldType.INTEGER, "The load that put it there, where it is not its batch's: out of quarantine"),
)
"""For the owner alone: neighbouring rows of a file tell whose records belong together."""


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """Some datasets, in the order of their ids; `cursor` is None on the last page."""

    datasets: Sequence[Dataset]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records of a dataset, in the order of its key; `cursor` is None on the last page.

    Attributes:
        table: One column per field of `fields`, in their order; timestamps in UTC.
    """

    fields: tuple[Field, ...]
    table: pa.Table
    cursor: str | None


def list_datasets(
    services: Services, requestor: Requestor, *, cursor: str | None = None, limit: int = 50
) -> DatasetPage:
    """List the datasets that the requestor may see: their own, or everybody's for a steward."""
    after = _dataset_id(cursor) if cursor else None
    datasets = services.datasets.find(owner_filter(requestor), after=after, limit=limit + 1)
    page = datasets[:limit]
    return DatasetPage(page, write_cursor([page[-1].id]) if len(datasets) > limit else None)


def read_dataset(services: Services, requestor: Requestor, dataset_id: UUID) -> Dataset:
    """Read the record of a dataset that the requestor may see; it exists from its first loaded batch on.

    Raises:
        NotFound: Absent, or somebody else's: the two answer alike.
    """
    try:
        dataset = services.datasets.get(dataset_id)
    except NotFound:
        refuse_unknown("dataset", dataset_id)
    if not requestor.may_see(dataset.owner_id):
        refuse_unknown("dataset", dataset_id)
    return dataset


def read_description(services: Services, requestor: Requestor, dataset_id: UUID) -> Mapping[str, Any]:
    """Read the DCAT record of a dataset, as JSON-LD.

    Raises:
        NotFound: As `read_dataset`, or it has not been published yet.
    """
    dataset = read_dataset(services, requestor, dataset_id)
    if dataset.dcat is None:
        raise NotFound(f"dataset {dataset_id}", "it has not been published yet", "Wait for its first run to end")
    return dataset.dcat


def read_records(
    services: Services,
    requestor: Requestor,
    dataset_id: UUID,
    *,
    fields: Sequence[str] = (),
    cursor: str | None = None,
    limit: int = 50,
    as_of: UUID | None = None,
) -> RecordPage:
    """Read a page of a dataset's records.

    Args:
        fields: CIM fields; none asks for all of them. `_flags`: the curation rules that a row breaks and goes on;
            for the owner `_batch_id`, `_row_id` and `_since`, where the record comes from.
        cursor: `RecordPage.cursor` of the page before.
        as_of: A batch: the records as they were when it had been loaded.

    Raises:
        NotFound: As `read_dataset`; or the dataset has no such batch, or not any more.
        ConfigurationInvalid: A field or the cursor is unknown; names the fields that there are.
    """
    dataset = read_dataset(services, requestor, dataset_id)
    concept = services.definition.concept(dataset.concept)
    beside = (_FLAGS, *(_ORIGIN if requestor.may_change(dataset.owner_id) else ()))
    asked = _asked(concept, beside, fields)
    after = read_cursor(cursor, _key_types(concept)) if cursor else None
    version = _version(services, dataset, as_of) if as_of is not None else None
    query = RecordQuery(tuple(field.name for field in asked), after, limit + 1, version)
    table = services.records.page(dataset.id, concept, query)
    page = table.slice(0, limit)
    following = None
    if table.num_rows > limit:
        following = write_cursor([page.column(name)[limit - 1].as_py() for name in concept.key])
    return RecordPage(asked, page.select([field.name for field in asked]), following)


def _version(services: Services, dataset: Dataset, batch_id: UUID) -> AsOf:
    try:
        return services.history.as_of(dataset.id, batch_id)
    except NotFound:
        refuse_unknown("batch", batch_id)


def _asked(concept: Concept, beside: Sequence[Field], names: Sequence[str]) -> tuple[Field, ...]:
    fields = {**concept.fields, **{field.name: field for field in beside}}
    unknown = [name for name in names if name not in fields]
    if unknown:
        there = ", ".join(concept.fields)
        raise ConfigurationInvalid(
            [Problem("fields", f"{name!r} is no field of this dataset", f"It has {there}") for name in unknown]
        )
    return tuple(fields[name] for name in dict.fromkeys(names or concept.fields))


def _key_types(concept: Concept) -> tuple[FieldType, ...]:
    return tuple(concept.fields[name].type for name in concept.key)


def _dataset_id(cursor: str) -> UUID:
    (identity,) = read_cursor(cursor, (FieldType.ID,))
    try:
        return UUID(identity)
    except ValueError as error:
        raise ConfigurationInvalid([Problem("cursor", "is not a cursor of this list", "Leave it out")]) from error
