"""Adds to an inspection which CIM field each column may fill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from include.cim.concept import Concept
from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Candidate, Column
from include.cim.suggest.precedent import NO_PRECEDENTS, Precedents
from include.cim.suggest.propose import Proposal, Timing, propose_mapping
from include.collection.inspection import ColumnProfile, ColumnType, Inspection, Suggestion, TableProfile, TimeProfile


def suggest_fields(
    inspection: Inspection, name: str, concepts: Iterable[Concept], precedents: Precedents = NO_PRECEDENTS
) -> Inspection:
    """Suggest a field for every column of every table; a column that nothing sure can be said of stays without.

    Args:
        name: What the file is called; it may tell what its rows are.
    """
    concepts = tuple(concepts)
    main, *others = inspection.tables or (None,)
    if main is None:
        return inspection
    tables = [_suggest(main, inspection.time, name, concepts, precedents)]
    tables += [_suggest(each, None, f"{name} {each.name}", concepts, precedents) for each in others if each is not None]
    return replace(inspection, tables=tuple(tables))


def propose(
    inspection: Inspection, name: str, concepts: Iterable[Concept], precedents: Precedents = NO_PRECEDENTS
) -> Proposal:
    """Propose a mapping of the main table."""
    by_name = {concept.name: concept for concept in concepts}
    time = inspection.time
    timing = Timing(time.columns, time.format, time.zone, time.resolution, time.interval_label) if time else None
    columns = plain_columns(inspection.tables[0].columns, time)
    return propose_mapping(columns, advise(columns, by_name.values(), name, precedents), by_name, timing)


def proposal_document(proposal: Proposal) -> dict[str, Any]:
    """Give a proposal as JSON takes it."""
    mapper = proposal.mapper
    return {
        "mapper": None if mapper is None else mapper.model_dump(mode="json", exclude_defaults=True),
        "missing": [{"where": each.where, "what": each.what, "suggestion": each.remedy} for each in proposal.missing],
    }


def plain_columns(columns: Sequence[ColumnProfile], time: TimeProfile | None) -> list[Column]:
    """Give columns as the CIM's suggestions take them."""
    timed = set(time.columns) if time else set()
    return [
        Column(
            name=column.name,
            kind=column.type.value,
            unit=column.unit,
            minimum=_number(column, column.minimum),
            maximum=_number(column, column.maximum),
            distinct=column.distinct,
            examples=column.examples,
            tells_time=column.name in timed,
        )
        for column in columns
    ]


def _suggest(
    table: TableProfile, time: TimeProfile | None, name: str, concepts: Sequence[Concept], precedents: Precedents
) -> TableProfile:
    advice = advise(plain_columns(table.columns, time), concepts, name, precedents)
    columns = tuple(replace(column, suggestion=_sure(advice.columns[column.name])) for column in table.columns)
    return replace(table, columns=columns)


def _sure(candidates: Sequence[Candidate]) -> Suggestion | None:
    if not candidates or candidates[0].confidence < SURE:
        return None
    first = candidates[0]
    return Suggestion(first.concept, first.field, first.unit, first.confidence, first.reason)


def _number(column: ColumnProfile, text: str | None) -> float | None:
    if text is None or column.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
        return None
    return float(text)
