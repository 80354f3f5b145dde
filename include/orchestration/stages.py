"""The seven stages of a run, each as the pipeline's function and what it needs of the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from include.errors import ConfigurationInvalid, Conflict, Problem

if TYPE_CHECKING:
    from include.batch import BatchRef
    from include.cim.concept import Concept
    from include.collection.model import Collection
    from include.collection.source import Source
    from include.pipeline.outcome import Outcome
    from include.wiring import Platform

Part = TypeVar("Part")


class Unchanged(Exception):
    """The run ends well without doing anything; its text is the note that people read."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage has at hand.

    Attributes:
        collection: At the version that the run took when it began.
        left_by: The batch as an earlier task left it.
    """

    platform: Platform
    collection: Collection
    run_id: str
    left_by: Callable[[str], BatchRef]

    @property
    def concept(self) -> Concept:
        """The CIM concept that the collection maps to."""
        return self.platform.definition.concept(needed(self.collection.config.mapper, "mapper").concept)


def needed(part: Part | None, step: str) -> Part:
    """Give the step; raises ConfigurationInvalid where the collection is a draft without it."""
    if part is None:
        raise ConfigurationInvalid([Problem(step, "is missing", "Complete the step, then run the collection again")])
    return part


def ingest(work: Work) -> Outcome:
    """Read the source; raises Unchanged where it has nothing that is not loaded already."""
    from include.pipeline.ingest import AlreadyLoaded, ingest

    platform = work.platform
    source: Source = needed(work.collection.config.ingester, "ingester")
    connector = platform.connector(source)
    try:
        outcome = ingest(work.collection, connector, platform.staging, platform.datasets)
    except AlreadyLoaded as error:
        raise Unchanged(str(error)) from None
    if outcome is None:
        raise Unchanged("The source had nothing new.")
    return outcome


def map_to_cim(work: Work) -> Outcome:
    """Map the raw rows to the concept."""
    from include.pipeline.map_to_cim import map_to_cim

    mapper = needed(work.collection.config.mapper, "mapper")
    return map_to_cim(work.left_by("ingest"), mapper, work.concept, work.platform.staging)


def validate(work: Work) -> Outcome:
    """Apply the curation suite and keep its report."""
    from include.collection.suite import suite_of
    from include.pipeline.validate import validate

    outcome, report = validate(
        work.left_by("map_to_cim"),
        work.left_by("ingest"),
        suite_of(work.concept, work.collection.config.curator),
        work.concept,
        work.platform.staging,
    )
    work.platform.runs.add_report(work.collection.id, work.run_id, report)
    return outcome


def anonymize(work: Work) -> Outcome:
    """Carry out the anonymisation plan."""
    from include.pipeline.anonymize import anonymize
    from include.pipeline.outcome import Outcome

    batch, counts = anonymize(
        work.left_by("validate"),
        work.collection.config.anonymization,
        work.concept,
        work.platform.secrets,
        work.platform.staging,
    )
    return Outcome(batch.ref, counts)


def load_postgres(work: Work) -> Outcome:
    """Store the batch in one transaction."""
    from include.batch import AnonymizedBatch
    from include.pipeline.outcome import Outcome

    ref = work.left_by("anonymize")
    record = work.platform.datasets.load(
        AnonymizedBatch(ref),
        collection=work.collection,
        concept=work.concept,
        run_id=work.run_id,
        now=work.platform.clock(),
    )
    return Outcome(ref, {"rows_loaded": record.rows_loaded, "rows_already_there": record.rows_already_there})


def index_elasticsearch(work: Work) -> Outcome:
    """Put the dataset into the search index."""
    from include.pipeline.index import index
    from include.pipeline.outcome import Outcome

    platform, ref = work.platform, work.left_by("load_postgres")
    return Outcome(ref, index(ref.dataset_id, work.collection, work.concept, platform.datasets, platform.index))


def publish(work: Work) -> Outcome:
    """Describe the dataset in DCAT."""
    from include.pipeline.outcome import Outcome
    from include.pipeline.publish import publish

    platform, ref = work.platform, work.left_by("load_postgres")
    public_url, now = platform.settings.public_url, platform.clock()
    return Outcome(ref, publish(ref.dataset_id, work.collection, work.concept, platform.datasets, public_url, now))


STAGES: Final[Mapping[str, Callable[[Work], Outcome]]] = {
    stage.__name__: stage
    for stage in (ingest, map_to_cim, validate, anonymize, load_postgres, index_elasticsearch, publish)
}
"""The stages by the names of their tasks, in order."""


def refuse_deleted(collection: Collection) -> None:
    """Raise Conflict where the collection is going: nothing is read for it any more."""
    from include.collection.model import CollectionState

    if collection.state is CollectionState.DELETING:
        raise Conflict("the collection", "was deleted after the run was asked for")
