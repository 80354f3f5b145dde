"""The seven stages of a run, each as the pipeline's function and what it needs of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID, uuid5

from include.collection.contract import OnDrift
from include.collection.run import StageResult
from include.errors import ConfigurationInvalid, Conflict, IndexAway, Problem

if TYPE_CHECKING:
    from include.batch import BatchRef, Profile, Window
    from include.cim.concept import Concept
    from include.cim.definition import Definition
    from include.cim.mapping_config import MapperConfig
    from include.collection.model import Collection
    from include.collection.quarantine import Replay
    from include.collection.source import Source
    from include.expectations.config import CurationRule
    from include.pipeline.ahead import Ahead
    from include.pipeline.anonymize import HideStep
    from include.pipeline.map_to_cim import MapStep
    from include.pipeline.outcome import Outcome
    from include.pipeline.step import Place, Step
    from include.pipeline.validate import CurateStep
    from include.wiring import Platform


class Unchanged(Exception):
    """The run ends well without doing anything; its text is the note that people read."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage has at hand.

    Attributes:
        collection: At the version that the run took when it began.
        left_by: The batch as an earlier task left it.
        window: The span of time that the run is for; None: what is new.
        definition: The CIM at the version that the run took when it began.
    """

    platform: Platform
    collection: Collection
    run_id: str
    left_by: Callable[[str], BatchRef]
    definition: Definition
    window: Window | None = None

    @property
    def concept(self) -> Concept:
        """The CIM concept that the collection maps to."""
        return self.definition.concept(self.mapper.concept)

    @property
    def source(self) -> Source:
        """Where the rows come from; raises ConfigurationInvalid where the collection is a draft without it."""
        return self.collection.config.ingester or _missing("ingester")

    @property
    def mapper(self) -> MapperConfig:
        """How they are mapped; raises ConfigurationInvalid where the collection is a draft without it."""
        return self.collection.config.mapper or _missing("mapper")

    @property
    def replay(self) -> Replay | None:
        """The rows in quarantine that the run is for; None where it reads its source."""
        return self.platform.runs.get(self.collection.id, self.run_id).replay

    @property
    def suite(self) -> tuple[CurationRule, ...]:
        """The rules that the batch is held against."""
        from include.collection.suite import suite_of

        return suite_of(self.concept, self.collection.config.curator, {rule.field for rule in self.mapper.rules})

    @property
    def earlier_profiles(self) -> list[Mapping[str, Profile]]:
        """How the fields of the dataset's batches are spread, the newest first; one that was taken back is none."""
        from include.expectations.judge_batch import DRIFT, MOST_EARLIER

        if all(rule.type != DRIFT for rule in self.suite):
            return []
        batches = self.platform.datasets.batches(self.collection.dataset_id, limit=MOST_EARLIER)
        runs = (self.platform.runs.get(self.collection.id, batch.run_id) for batch in batches)
        return [run.report.profiles for run in runs if run.report]


def ingest(work: Work) -> Outcome:
    """Read the source; raises Unchanged where it has nothing that is not loaded already."""
    from include.pipeline.ingest import AlreadyLoaded, ingest

    platform, collection = work.platform, work.collection
    if (replay := work.replay) is not None:
        return _ingest_quarantine(work, replay)
    connector = platform.connector(work.source, collection.owner_id, work.window)
    folder = uuid5(collection.id, work.run_id)
    platform.staging.remove(collection.id, folder)  # of an earlier try
    try:
        with going_ahead(work, folder) as ahead:
            outcome = ingest(
                collection, connector, platform.staging, platform.datasets, folder=folder, hand_on=ahead.hand_on
            )
            if outcome is not None:
                load = replace(outcome.ref.load, window=work.window)
                ref = replace(outcome.ref, cim_version=work.definition.version, load=load)
                return replace(outcome, ref=ref, ahead=ahead.finish(ref), waited=ahead.waited)
    except AlreadyLoaded as error:
        note = str(error)
    else:
        note = "The source had nothing new."
    finish_earlier(work)
    raise Unchanged(note)


def map_to_cim(work: Work) -> Outcome:
    """Map the raw rows to the concept."""
    from include.pipeline.step import Place, carry_out

    raw = work.left_by("ingest")
    step = _mapping(work, Place.of(raw, work.platform.staging))
    if raw.origins:
        from include.cim.alone import map_alone

        # a share of these rows says nothing
        retype = OnDrift.QUARANTINE if step.retype is OnDrift.FREEZE else step.retype
        step = replace(step, config=map_alone(step.config), retype=retype)
    return carry_out(step, raw, raw)


def validate(work: Work) -> Outcome:
    """Apply the curation suite and keep its report."""
    from include.pipeline.step import Place, carry_out

    mapped, suite, staging = work.left_by("map_to_cim"), work.suite, work.platform.staging
    if mapped.origins and (replay := work.replay) is not None:
        from include.pipeline.replay import judge_alone, only_required

        suite = judge_alone(suite, replay, work.concept)
        mapped = only_required(mapped, work.concept, staging) if replay.release else mapped
    return carry_out(_curation(work, Place.of(mapped, staging), suite), mapped, work.left_by("ingest"))


def anonymize(work: Work) -> Outcome:
    """Carry out the anonymisation plan."""
    from include.pipeline.step import Place, carry_out

    curated = work.left_by("validate")
    return carry_out(_hiding(work, Place.of(curated, work.platform.staging)), curated, curated)


def _mapping(work: Work, place: Place) -> MapStep:
    from include.pipeline.map_to_cim import MapStep

    datasets, dataset_id = work.platform.datasets, work.collection.dataset_id
    return MapStep(
        place,
        work.mapper,
        work.concept,
        numbers=work.source.numbers,
        retype=work.collection.config.contract.retype,
        counted=lambda batch: datasets.counted(dataset_id, batch.batch_id),
    )


def _curation(work: Work, place: Place, suite: Sequence[CurationRule]) -> CurateStep:
    from include.pipeline.validate import CurateStep

    platform = work.platform
    return CurateStep(
        place,
        suite,
        work.concept,
        seal=platform.secrets.seal,
        now=platform.clock(),
        earlier=work.earlier_profiles,
        keep=lambda report: platform.runs.add_report(work.collection.id, work.run_id, report),
    )


def _hiding(work: Work, place: Place) -> HideStep:
    from include.pipeline.anonymize import HideStep

    platform, collection = work.platform, work.collection
    plan = collection.config.anonymization
    return HideStep(place, collection.dataset_id, plan, work.concept, platform.secrets, platform.assess)


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
    counts = {"rows_loaded": record.rows_loaded, "rows_already_there": record.rows_already_there}
    overwritten = {"rows_replaced": record.rows_replaced, "rows_removed": record.rows_removed}
    return Outcome(ref, counts | {name: count for name, count in overwritten.items() if count})


def index_elasticsearch(work: Work) -> Outcome:
    """Put the dataset into the search index; where that is away, the run goes on and the index follows later."""
    from include.pipeline.outcome import Outcome

    counts, notes = _index(work)
    return Outcome(work.left_by("load_postgres"), counts, notes)


def publish(work: Work) -> Outcome:
    """Describe the dataset in DCAT."""
    from include.pipeline.outcome import Outcome

    return Outcome(work.left_by("load_postgres"), _publish(work))


STAGES: Final[Mapping[str, Callable[[Work], Outcome]]] = {
    stage.__name__: stage
    for stage in (ingest, map_to_cim, validate, anonymize, load_postgres, index_elasticsearch, publish)
}
"""The stages by the names of their tasks, in order."""


@contextmanager
def going_ahead(work: Work, folder: UUID) -> Iterator[Ahead]:
    """Have the stages that follow work on what is staged in a folder while the source is still being read."""
    from include.pipeline.ahead import Ahead

    with ExitStack() as at_the_end, closing(Ahead(partial(_steps_ahead, work, folder, at_the_end))) as ahead:
        yield ahead


def _steps_ahead(work: Work, folder: UUID, at_the_end: ExitStack) -> list[tuple[str, Step]]:
    from include.pipeline.ahead import CopyStep
    from include.pipeline.step import Place

    place = Place(work.platform.staging, work.collection.id, folder)
    steps: list[tuple[str, Step]] = [
        ("map_to_cim", _mapping(work, place)),
        ("validate", _curation(work, place, work.suite)),
        ("anonymize", _hiding(work, place)),
    ]
    if not work.mapper.merge_rows:  # of which rows a merged one came is not in the part
        segment = work.platform.datasets.open_segment(work.collection.dataset_id, work.concept, folder)
        at_the_end.callback(segment.close)
        steps.append(("anonymize", CopyStep(segment)))
    return steps


def remove_staged(platform: Platform, collection: Collection) -> int:
    """Remove what runs of a collection have staged, in files and in the database; gives how many there were."""
    return platform.staging.remove(collection.id) + platform.datasets.drop_segments(collection.dataset_id)


def _ingest_quarantine(work: Work, replay: Replay) -> Outcome:
    from include.pipeline.replay import ingest_quarantine

    platform = work.platform
    outcome = ingest_quarantine(
        work.collection, work.mapper, replay, work.suite, work.run_id, platform.quarantine, platform.staging
    )
    if outcome.ref.rows:
        return replace(outcome, ref=replace(outcome.ref, cim_version=work.definition.version))
    finish_earlier(work)
    raise Unchanged(" ".join(outcome.notes) or "None of these rows is in quarantine any more.")


def refuse_deleted(collection: Collection) -> None:
    """Raise Conflict where the collection is going: nothing is read for it any more."""
    from include.collection.model import CollectionState

    if collection.state is CollectionState.DELETING:
        raise Conflict("the collection", "was deleted after the run was asked for")


def finish_earlier(work: Work) -> None:
    """Index and publish what an earlier run loaded, where it failed after that: its content will not be read again."""
    for run in work.platform.runs.find(work.collection.id):
        done = {stage.task for stage in run.stages}
        if "publish" in done:
            return
        if "load_postgres" in done and run.batch_id is not None:
            started = work.platform.clock()
            counts = {**_index(work)[0], **_publish(work)}
            seconds = (work.platform.clock() - started).total_seconds()
            result = StageResult("publish", started, seconds, counts)
            work.platform.runs.add_stage(work.collection.id, work.run_id, run.batch_id, result)
            return


def _index(work: Work) -> tuple[dict[str, int], tuple[str, ...]]:
    from include.pipeline.index import index

    try:
        return index(work.platform, work.collection.dataset_id), ()
    except IndexAway as away:
        return {"documents_indexed": 0}, (f"{away}. The rows are loaded all the same.",)


def _publish(work: Work) -> dict[str, int]:
    from include.pipeline.publish import publish

    platform, collection = work.platform, work.collection
    public_url, now = platform.settings.public_url, platform.clock()
    return publish(collection.dataset_id, collection, work.concept, platform.datasets, public_url, now)


def _missing(step: str) -> NoReturn:
    raise ConfigurationInvalid([Problem(step, "is missing", "Complete the step, then run the collection again.")])
