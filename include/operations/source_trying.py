"""Trying a source out: what would be asked, what comes back, and what the mapping makes of it; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from include.access.requestor import Requestor
from include.batch import Stage
from include.collection.check import check_collection
from include.collection.model import CollectionConfig, make_draft
from include.collection.rest_source import RestSource
from include.collection.trial import Trial
from include.errors import ConfigurationInvalid, Problem
from include.operations.collection_running import read_window
from include.operations.secret_keeping import missing_secrets
from include.operations.services import Services
from include.upload_ports import Rehearsal

if TYPE_CHECKING:
    import polars as pl

_MOST_SHOWN: Final = 1_000
"""One row may become as many as it has hours, or quarters of them."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What one request to a source showed.

    Attributes:
        rehearsal: What a run would make of the rows, as far as mapping; None without a mapper, or without rows.
        missing: Columns that the mapping reads and the answer does not have.
    """

    trial: Trial
    rehearsal: Rehearsal | None = None
    missing: tuple[str, ...] = ()

    @property
    def mapped(self) -> pl.DataFrame | None:
        """The rows as the concept's fields."""
        return self.rehearsal.frames.get(Stage.MAPPED) if self.rehearsal is not None else None

    @property
    def problem(self) -> Problem | None:
        """Why there are no rows, or none that are mapped."""
        stopped = self.rehearsal.stopped if self.rehearsal is not None else None
        return Problem(stopped.where, stopped.what, stopped.remedy) if stopped is not None else self.trial.problem


def try_source(
    services: Services, requestor: Requestor, config: CollectionConfig, span: tuple[datetime, datetime] | None = None
) -> DryRun:
    """Ask the REST source of a configuration once, and map what comes.

    Args:
        span: Start and end, as `backfill_collection` takes them; None: the first that a run would ask for.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong in the source and the mapping.
    """
    source = config.ingester
    if not isinstance(source, RestSource):
        remedy = "A file is looked at with `cdmp inspect`"
        raise ConfigurationInvalid([Problem("ingester", "it is no REST source, which can be tried out", remedy)])
    asked = CollectionConfig(title=config.title, ingester=source, mapper=config.mapper)
    problems = [
        problem
        for problem in (*check_collection(asked, services.definition), *missing_secrets(services, requestor, source))
        if not problem.where.startswith("anonymization")  # nothing of it leaves: the owner sees their own data
    ]
    if span is not None and source.window is None:
        problems.append(Problem("window", "the source cannot be asked for a span of time", "Set `ingester.window`"))
    if problems:
        raise ConfigurationInvalid(problems)
    window = read_window(source.window, *span) if span is not None and source.window is not None else None
    trial = services.prober(source, requestor.id, window)
    if trial.rows is None or trial.rows.is_empty() or config.mapper is None:
        return DryRun(trial)
    missing = tuple(name for name in config.mapper.columns if name not in trial.rows.columns)
    if missing:
        return DryRun(trial, missing=missing)
    draft = make_draft(asked, requestor.id, services.clock())
    return DryRun(trial, services.rehearse(draft, given=trial.rows, until=Stage.MAPPED, shown=_MOST_SHOWN))
