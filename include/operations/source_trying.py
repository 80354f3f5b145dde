"""Trying a source out: what would be asked, what comes back, and what the mapping makes of it; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from include.access.requestor import Requestor
from include.batch import ROW_ID
from include.cim.mapping import map_columns
from include.cim.raw_rows import raw_name
from include.collection.check import check_collection
from include.collection.model import CollectionConfig
from include.collection.rest_source import RestSource
from include.collection.trial import Trial
from include.errors import ConfigurationInvalid, Problem
from include.operations.collection_running import read_window
from include.operations.secret_keeping import missing_secrets
from include.operations.services import Services


@dataclass(frozen=True, slots=True)
class DryRun:
    """What one request to a source showed.

    Attributes:
        mapped: The rows as the concept's fields; None without a mapper, or without rows.
        unreadable: Cells that became nothing: the row's number, the field and the rule.
        missing: Columns that the mapping reads and the answer does not have.
    """

    trial: Trial
    mapped: pl.DataFrame | None = None
    unreadable: tuple[tuple[int, str, str], ...] = ()
    missing: tuple[str, ...] = ()


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
    return _map(services, config, source, trial)


def _map(services: Services, config: CollectionConfig, source: RestSource, trial: Trial) -> DryRun:
    mapper, rows = config.mapper, trial.rows
    assert mapper is not None and rows is not None  # noqa: S101  # the caller looked
    missing = tuple(name for name in mapper.columns if name not in rows.columns)
    if missing:
        return DryRun(trial, missing=missing)
    part = rows.rename(raw_name).with_row_index(ROW_ID, offset=1).with_columns(pl.col(ROW_ID).cast(pl.Int64))
    mapped = map_columns(part, mapper, services.definition.concept(mapper.concept), source.numbers)
    return DryRun(trial, mapped.rows, tuple(mapped.issues.select(ROW_ID, "field", "rule").rows()))
