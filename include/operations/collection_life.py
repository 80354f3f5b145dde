"""The life of a collection: made, replaced, deleted."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from itertools import count
from typing import Final
from uuid import UUID, uuid4, uuid5

from include.access.requestor import Requestor
from include.anonymization.config import KEYED
from include.collection.check import check_collection, missing_steps
from include.collection.model import Collection, CollectionConfig, CollectionState
from include.collection.run import RunState
from include.collection.source import FileSource
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem, StoreUnavailable
from include.operations.collection_reading import read_own
from include.operations.collection_running import announce, queue_run, trigger_run
from include.operations.secret_keeping import missing_secrets
from include.operations.services import Services
from include.ports import Engine
from include.quarantine_ports import ReviewEngine

logger = logging.getLogger(__name__)

_COLLECTIONS: Final = UUID("7f3b6a52-5d0c-5b9e-9a4e-0c1d2e3f4a5b")
"""The namespace of the ids that are made from an owner and a document."""


def create_collection(
    services: Services,
    engine: Engine,
    requestor: Requestor,
    config: CollectionConfig,
    start: bool = True,
    *,
    patience_s: float | None = 3.0,
) -> tuple[Collection, bool]:
    """Make a collection; with all its steps it is active, and runs at once where `start` says so.

    The same document from the same owner is the same collection: a client that lost the answer sends it again. The id
    follows from owner and document, so two such requests at the same moment meet on the primary key.

    Args:
        patience_s: How long to wait for Airflow to know the new DAG; None leaves `trigger_run` to the caller. The run
            itself is recorded in any case.

    Returns:
        The collection, and whether it is new (else nothing was done).

    Raises:
        ConfigurationInvalid: Lists everything that is wrong with it.
    """
    check(services, requestor, config)
    for turn in count():
        made = _new(services, requestor, config, turn)
        try:
            services.collections.add(made)
            break
        except Conflict:
            there = _find(services, made.id)
            if there is not None and there.config == config and there.state is not CollectionState.DELETING:
                return there, False
    logger.info("collection %s: made by user %s, %s", made.id, made.owner_id, made.state)
    if made.state is CollectionState.ACTIVE:
        announce(engine, made.id)
        if start:
            run_id = queue_run(services, requestor, made)
            if patience_s is not None:
                trigger_run(services, engine, made, run_id, requestor.name, patience_s=patience_s)
    return made, True


def replace_collection(
    services: Services, engine: Engine, requestor: Requestor, collection_id: UUID, config: CollectionConfig
) -> Collection:
    """Store a new version of a collection; raises as `read_own` and `change_collection`."""
    return change_collection(services, engine, requestor, read_own(services, requestor, collection_id), config)


def change_collection(
    services: Services, engine: Engine, requestor: Requestor, old: Collection, config: CollectionConfig
) -> Collection:
    """Store the version after `old`; a run that is active goes on with the version it began with.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong with it; the dataset's key was shredded, and the plan needs
            one.
        Conflict: Somebody was quicker, or the dataset holds rows of another concept.
    """
    check(services, requestor, config)
    _keep_concept(services, old, config)
    _need_key(services, old, config)
    state = _state_of(config)
    if state is CollectionState.ACTIVE and old.state is CollectionState.PAUSED:
        state = CollectionState.PAUSED
    new = replace(old, version=old.version + 1, config=config, state=state, updated=services.clock())
    services.collections.replace(new, expected_version=old.version)
    logger.info("collection %s: replaced by version %d", new.id, new.version)
    announce(engine, new.id)
    return new


def delete_collection(services: Services, engine: ReviewEngine, requestor: Requestor, collection_id: UUID) -> None:
    """Take a collection out of sight; its DAG goes when no run is active, and its dataset stays.

    A batch that waits for a review is rejected.

    Raises:
        NotFound, NotAllowed: As `read_own`.
    """
    collection = read_own(services, requestor, collection_id)
    services.collections.set_state(collection.id, CollectionState.DELETING)
    logger.info("collection %s: being deleted by user %s", collection.id, requestor.id)
    latest = services.runs.latest([collection.id]).get(collection.id)
    if latest is not None and latest.state is RunState.AWAITING_REVIEW:
        try:
            engine.answer(collection.id, latest.run_id, requestor, False, "The collection was deleted.")
        except (Conflict, StoreUnavailable) as error:
            logger.warning("collection %s: its batch still waits for a review: %s", collection.id, error)
    announce(engine, collection.id)


def pause_collection(services: Services, engine: Engine, requestor: Requestor, collection_id: UUID) -> Collection:
    """Let the schedule rest; a run that is active goes on. Pausing twice is pausing once.

    Raises:
        NotFound, NotAllowed: As `read_own`.
        Conflict: It is a draft.
    """
    return _change_state(services, engine, requestor, collection_id, CollectionState.PAUSED)


def resume_collection(services: Services, engine: Engine, requestor: Requestor, collection_id: UUID) -> Collection:
    """Let the schedule go on; raises as `pause_collection`."""
    return _change_state(services, engine, requestor, collection_id, CollectionState.ACTIVE)


def _change_state(
    services: Services, engine: Engine, requestor: Requestor, collection_id: UUID, state: CollectionState
) -> Collection:
    collection = read_own(services, requestor, collection_id)
    if collection.state is CollectionState.DRAFT:
        where = f"collection {collection.id}"
        raise Conflict(where, "it is a draft: steps are missing", "Complete its configuration")
    if collection.state is not state:
        services.collections.set_state(collection.id, state)
        logger.info("collection %s: %s by user %s", collection.id, state, requestor.id)
        announce(engine, collection.id)
    return replace(collection, state=state)


def check(services: Services, requestor: Requestor, config: CollectionConfig) -> None:
    """Refuse a configuration that cannot work, or that reads a file which is not the requestor's.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong.
    """
    problems = check_collection(config, services.definition)
    source = config.ingester
    if isinstance(source, FileSource) and source.upload and not services.uploads.has(source.upload, requestor.id):
        problems = [*problems, Problem("ingester.upload", "you uploaded no file of this id", "Upload the file first")]
    problems = [*problems, *missing_secrets(services, requestor, source)]
    if problems:
        raise ConfigurationInvalid(problems)


def _keep_concept(services: Services, old: Collection, config: CollectionConfig) -> None:
    try:
        dataset = services.datasets.get(old.dataset_id)
    except NotFound:
        return
    if config.mapper is not None and config.mapper.concept != dataset.concept:
        raise Conflict(
            "mapper.concept",
            f"the dataset holds rows of {dataset.concept}",
            f"Make a new collection for {config.mapper.concept}",
        )


def _need_key(services: Services, old: Collection, config: CollectionConfig) -> None:
    keys = services.keys.list_keys(old.dataset_id)
    if not keys or any(key.current for key in keys):
        return
    remedy = "Make a new key (`cdmp keys rotate`, or POST /dataset/{id}/key), or use a method that needs none"
    what = f"the dataset's key {keys[-1].id} was shredded, and no other made"
    problems = [
        Problem(f"anonymization.fields.{name}.method", what, remedy)
        for name, plan in config.anonymization.fields.items()
        if plan.method in KEYED
    ]
    if problems:
        raise ConfigurationInvalid(problems)


def _state_of(config: CollectionConfig) -> CollectionState:
    return CollectionState.DRAFT if missing_steps(config) else CollectionState.ACTIVE


def _new(services: Services, requestor: Requestor, config: CollectionConfig, turn: int) -> Collection:
    now = services.clock()
    document = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return Collection(
        id=uuid5(_COLLECTIONS, f"{requestor.id}\n{turn}\n{document}"),
        version=1,
        owner_id=requestor.id,
        owner_name=requestor.name,
        config=config,
        state=_state_of(config),
        dataset_id=uuid4(),
        created=now,
        updated=now,
    )


def _find(services: Services, collection_id: UUID) -> Collection | None:
    try:
        return services.collections.get(collection_id)
    except NotFound:
        return None
