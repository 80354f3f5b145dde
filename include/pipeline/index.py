"""Makes a dataset findable."""

from __future__ import annotations

from uuid import UUID

from include.catalog.search_document import build_search_document
from include.cim.concept import Concept
from include.collection.model import Collection
from include.pipeline.description import description_of
from include.ports import DatasetStore, SearchIndex


def index(
    dataset_id: UUID, collection: Collection, concept: Concept, datasets: DatasetStore, index: SearchIndex
) -> dict[str, int]:
    """Put the dataset's document into the index, replacing the one before; gives its counts.

    Raises:
        StoreUnavailable: The index is away; the rows are safe, and trying again later is right.
    """
    dataset, metadata = datasets.get(dataset_id), description_of(collection)
    document = build_search_document(
        owner_id=dataset.owner_id,
        title=dataset.title,
        description=metadata.description,
        keywords=metadata.keywords,
        publisher=metadata.publisher,
        concept=concept.name,
        concept_title=concept.title,
        fields=tuple(concept.fields),
        units=[field.unit for field in concept.fields.values() if field.unit],
        spatial=metadata.spatial,
        first=dataset.first,
        last=dataset.last,
    )
    index.put(dataset_id, document)
    return {"documents_indexed": 1}
