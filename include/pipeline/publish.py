"""Describes a dataset in DCAT, for people and for other catalogues."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from include.catalog.dcat import DatasetFacts, Distribution, build_record, to_json_ld
from include.cim.concept import Concept
from include.collection.model import Collection
from include.pipeline.description import description_of
from include.ports import DatasetStore

_FORMS: Final = {"csv": ("text/csv", "CSV"), "json": ("application/json", "JSON")}
"""What the records' interface answers: `format`, media type, the EU's file type."""


def publish(
    dataset_id: UUID,
    collection: Collection,
    concept: Concept,
    datasets: DatasetStore,
    public_url: str,
    now: datetime,
) -> dict[str, int]:
    """Build the dataset's DCAT-AP record and keep it; gives its counts.

    Args:
        public_url: Where people reach the platform, without the interface's prefix.
    """
    dataset, metadata = datasets.get(dataset_id), description_of(collection)
    url = f"{public_url.rstrip('/')}/twinergy-api/dataset/{dataset_id}"
    distributions = [Distribution(f"{url}/records?format={form}", *kinds) for form, kinds in _FORMS.items()]
    facts = DatasetFacts(
        url=url,
        identifier=str(dataset_id),
        title=dataset.title,
        description=metadata.description,
        publisher=metadata.publisher,
        licence=metadata.licence,
        modified=now,
        concept=concept.title,
        rows=dataset.rows,
        language=metadata.language,
        keywords=metadata.keywords,
        themes=metadata.themes,
        conforms_to=[term.iri for term in concept.anchors if term.iri and term.verified],
        attribution=metadata.attribution,
        landing_page=metadata.landing_page,
        spatial=metadata.spatial,
        bbox=metadata.bbox,
        first=dataset.first,
        last=dataset.last,
        distributions=distributions,
    )
    datasets.describe(dataset_id, to_json_ld(build_record(facts)))
    return {"distributions_published": len(distributions)}
