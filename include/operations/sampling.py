"""Samples: what a file is, and what a draft of a collection would make of its first rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from include.access.requestor import Requestor
from include.anonymization.config import AnonymizationConfig
from include.batch import Stage
from include.cim.mapping_config import MapperConfig
from include.collection.check import check_collection
from include.collection.inspection import Inspection
from include.collection.inspection_document import inspection_document
from include.collection.model import CollectionConfig, make_draft
from include.collection.source import FileSource
from include.collection.source_format import Format
from include.collection.suggesting import proposal_document, suggest_fields
from include.collection.upload import Sample
from include.configuration import Configuration
from include.errors import NotFound, Problem, StoreUnavailable, TooLarge
from include.expectations.config import CuratorConfig
from include.operations.services import Services, refuse_unknown
from include.operations.uploading import check_name, read_own_upload
from include.upload_ports import Rehearsal

KEPT_FOR: Final = timedelta(days=1)
MOST_BYTES: Final = 256 << 20
"""The longest file that is looked at while somebody waits; the terminal takes any."""

PREVIEW_ROWS: Final = 1000

_FORMAT: Final[TypeAdapter[Format]] = TypeAdapter(Format)
# each takes a core: the third who asks waits, and the interface stays awake
_AT_ONCE: Final = BoundedSemaphore(2)
_PATIENCE_S: Final = 30.0


class Draft(Configuration):
    """What of a collection has been decided so far; without a format, the sample's own as it was found."""

    format: Format | None = None
    mapper: MapperConfig | None = None
    curator: CuratorConfig = CuratorConfig()
    anonymization: AnonymizationConfig = AnonymizationConfig()


def take_sample(
    services: Services, requestor: Requestor, upload: str, *, name: str | None = None, given: Mapping[str, Any] = {}
) -> Sample:
    """Look at a file that the requestor handed over, and keep what was found out for a day.

    Args:
        given: What its owner has set: keys of the format.

    Raises:
        NotFound: They handed over no such file.
        TooLarge: Nobody would wait for so much.
        SourceRefused: It cannot be read.
        ConfigurationInvalid: There is no such setting, or it cannot have this value.
    """
    there = read_own_upload(services, requestor, upload)
    require_short(there.bytes, "cdmp inspect FILE")
    name = check_name(name or there.name)
    with one_of_few():
        inspection = services.inspector(services.uploads.path(upload), name, given)
        inspection, proposal = suggest_fields(inspection, name, services.definition.concepts())
    now = services.clock()
    document = _document(inspection) | {"proposal": proposal_document(proposal)}
    sample = Sample(uuid4(), requestor.id, name, upload, document, now, now + KEPT_FOR)
    services.samples.add(sample)
    return sample


def read_sample(services: Services, requestor: Requestor, sample_id: UUID) -> Sample:
    """Read what was found out about a sample of the requestor's.

    Raises:
        NotFound: Absent, expired, or somebody else's: the three answer alike.
    """
    try:
        sample = services.samples.get(sample_id)
    except NotFound:
        refuse_unknown("sample", sample_id)
    if sample.owner_id != requestor.id or sample.expires < services.clock():
        refuse_unknown("sample", sample_id)
    return sample


def preview_sample(
    services: Services, requestor: Requestor, sample_id: UUID, draft: Draft, *, shown: int = 20
) -> tuple[Rehearsal, list[Problem]]:
    """Show what a draft would make of a sample's first rows, as far as it can be carried out.

    Returns:
        What became of the rows, and everything that is wrong or still missing in the draft.

    Raises:
        NotFound: As `read_sample`, or its file is not there any more.
        SourceRefused: It cannot be read in this format.
    """
    sample = read_sample(services, requestor, sample_id)
    form = draft.format or _FORMAT.validate_python(sample.document["dialect"])
    config = CollectionConfig(
        title=sample.name[:200],
        ingester=FileSource(upload=sample.upload, name=sample.name, format=form),
        mapper=draft.mapper,
        curator=draft.curator,
        anonymization=draft.anonymization,
    )
    problems = check_collection(config, services.definition)
    until = _as_far_as(problems)
    if any(problem.where == "mapper.concept" for problem in problems):
        config = config.model_copy(update={"mapper": None})
    with one_of_few():
        collection = make_draft(config, sample.owner_id, sample.created)
        rehearsal = services.rehearse(collection, rows=PREVIEW_ROWS, until=until, shown=shown)
    return rehearsal, problems


def require_short(size: int, at_the_terminal: str) -> None:
    """See that a file is one to be looked at while somebody waits.

    Raises:
        TooLarge: It is not.
    """
    if size > MOST_BYTES:
        raise TooLarge(
            "sample",
            f"{size:,} bytes are too many to look at while you wait",
            f"Hand over its first {MOST_BYTES:,} bytes; or run `{at_the_terminal}`, which takes any",
        )


@contextmanager
def one_of_few() -> Iterator[None]:
    """Wait for one's turn at work that takes a core.

    Raises:
        StoreUnavailable: It did not come.
    """
    if not _AT_ONCE.acquire(timeout=_PATIENCE_S):
        raise StoreUnavailable("samples", "others are being looked at", "Try again in a minute")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _as_far_as(problems: list[Problem]) -> Stage:
    """Name the last stage that can run: a step that is wrong stops before it; a field not mapped yet stops nothing."""
    wrong = [problem.where for problem in problems if problem.where != "mapper.rules"]
    for step, before in (
        ("ingester", Stage.RAW),
        ("mapper", Stage.RAW),
        ("curator", Stage.MAPPED),
        ("anonymization", Stage.CURATED),
    ):
        if any(where.startswith(step) for where in wrong):
            return before
    return Stage.ANONYMIZED


def _document(inspection: Inspection) -> dict[str, Any]:
    document = inspection_document(inspection)
    for table, profile in zip(document["tables"], inspection.tables, strict=True):
        for column, found in zip(table["columns"], profile.columns, strict=True):
            column["examples"] = list(found.examples)
    return document
