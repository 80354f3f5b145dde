"""Extending the CIM: an owner proposes, stewards decide, and the version rises."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID, uuid4

from include.access.requestor import STEWARD, Requestor
from include.cim.amend import accept, merge
from include.cim.concept import FieldType
from include.cim.definition import Definition
from include.cim.extension import Decision, Extension, ExtensionState, Proposal, ProposedField, Review
from include.cim.near_match import NearMatch, find_near_matches
from include.cim.units import Unit, find_conversion, known_unit, needs_interval
from include.collection.inspection import ColumnType
from include.errors import ConfigurationInvalid, Conflict, NotAllowed, NotFound, Problem
from include.operations.cim_reading import Usage, read_field_usage
from include.operations.cursor import read_position, write_cursor
from include.operations.sampling import read_sample
from include.operations.services import Services, owner_filter, refuse_unknown

MOST_WAITING: Final = 100
"""So many proposals of one person may wait for a decision."""

_COMPARED: Final = 500

_TYPES: Final[Mapping[ColumnType, FieldType]] = {
    ColumnType.INTEGER: FieldType.INTEGER,
    ColumnType.DECIMAL: FieldType.FLOAT,
    ColumnType.BOOLEAN: FieldType.BOOLEAN,
    ColumnType.TIMESTAMP: FieldType.TIMESTAMP,
    ColumnType.DATE: FieldType.TIMESTAMP,
    ColumnType.TIME: FieldType.TEXT,
    ColumnType.TEXT: FieldType.TEXT,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """A proposal, with what a decision needs to know.

    Attributes:
        matches: What it may double; nothing once it is decided on.
        usage: Who uses the field that it changes, or the concept that it adds to.
    """

    extension: Extension
    matches: tuple[NearMatch, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class ExtensionPage:
    """Some proposals, newest first; `cursor` is None on the last page."""

    extensions: Sequence[Extension]
    cursor: str | None


def propose_extension(services: Services, requestor: Requestor, proposal: Proposal) -> ExtensionView:
    """Propose a field, a concept, or a change of a field.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong with it.
        Conflict: Too many proposals of theirs wait already.
    """
    filled = _fill_from_sample(services, requestor, proposal)
    accept(services.definition.current(), filled)
    if len(services.cim.find(requestor.id, ExtensionState.PROPOSED, limit=MOST_WAITING)) >= MOST_WAITING:
        what = f"{MOST_WAITING} proposals of yours wait for a decision"
        raise Conflict("extensions", what, "Withdraw some, or wait for a steward")
    extension = Extension(uuid4(), filled, requestor.id, requestor.name, services.clock())
    services.cim.add(extension)
    logger.info("extension %s: proposed by user %s", extension.id, requestor.id)
    return _view(services, requestor, extension)


def read_extension(services: Services, requestor: Requestor, extension_id: UUID) -> ExtensionView:
    """Read a proposal: one's own, or anybody's for a steward.

    Raises:
        NotFound: Absent, or somebody else's: the two answer alike.
    """
    return _view(services, requestor, _read(services, requestor, extension_id))


def list_extensions(
    services: Services,
    requestor: Requestor,
    *,
    state: ExtensionState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> ExtensionPage:
    """List the requestor's proposals, or everybody's for a steward."""
    after = read_position(cursor) if cursor else None
    found = services.cim.find(owner_filter(requestor), state, after=after, limit=limit + 1)
    page = found[:limit]
    return ExtensionPage(page, write_cursor([page[-1].proposed, page[-1].id]) if len(found) > limit else None)


def review_extension(services: Services, requestor: Requestor, extension_id: UUID, review: Review) -> ExtensionView:
    """Decide on a proposal, as a steward: accept it, reject it, or merge it into a field that is there.

    Raises:
        NotFound: As `read_extension`.
        NotAllowed: The requestor is no steward.
        ConfigurationInvalid: It cannot be merged into that.
        Conflict: Somebody else decided meanwhile, or the CIM is no longer one that the proposal fits.
    """
    extension = _read(services, requestor, extension_id)
    if STEWARD not in requestor.roles:
        raise NotAllowed(
            f"extension {extension_id}",
            "stewards decide on proposals",
            f"Withdraw it, or wait; an administrator gives people the role {STEWARD}",
        )
    proposal = extension.proposal

    def amend(current: Definition) -> Definition:
        if review.into is not None:
            return merge(current, proposal, review.into)
        try:
            return accept(current, proposal)
        except ConfigurationInvalid as error:  # it fitted when it was proposed
            remedy = "Reject it with what would be right, or merge it"
            raise Conflict(f"extension {extension_id}", f"the CIM has changed meanwhile: {error}", remedy) from None

    changes = None if review.decision is Decision.REJECT else amend
    decided = services.cim.review(extension_id, review, requestor.name, services.clock(), changes)
    logger.info("extension %s: %s by user %s, version %s", extension_id, decided.state, requestor.id, decided.version)
    return _view(services, requestor, decided)


def withdraw_extension(services: Services, requestor: Requestor, extension_id: UUID) -> ExtensionView:
    """Take one's own proposal back.

    Raises:
        NotFound: As `read_extension`.
        NotAllowed: It is another's, as a steward sees it.
        Conflict: It was decided on already.
    """
    extension = _read(services, requestor, extension_id)
    if not requestor.may_change(extension.proposer_id):
        raise NotAllowed(f"extension {extension_id}", "only its proposer withdraws it", "Reject it")
    return _view(services, requestor, services.cim.withdraw(extension_id, services.clock()))


def _read(services: Services, requestor: Requestor, extension_id: UUID) -> Extension:
    try:
        extension = services.cim.get(extension_id)
    except NotFound:
        refuse_unknown("extension", extension_id)
    if not requestor.may_see(extension.proposer_id):
        refuse_unknown("extension", extension_id)
    return extension


def _view(services: Services, requestor: Requestor, extension: Extension) -> ExtensionView:
    matches: tuple[NearMatch, ...] = ()
    concept, field = extension.proposal.about
    if extension.state is ExtensionState.PROPOSED:
        waiting = services.cim.find(owner_filter(requestor), ExtensionState.PROPOSED, limit=_COMPARED)
        others = [each.proposal for each in waiting if each.id != extension.id]
        matches = find_near_matches(extension.proposal, services.definition.current(), others)
    changed = field if extension.proposal.change is not None else None
    return ExtensionView(extension, matches, read_field_usage(services, requestor, concept, changed))


def _fill_from_sample(services: Services, requestor: Requestor, proposal: Proposal) -> Proposal:
    """Take type, unit and bounds from the sample's column, as far as the proposal does not say them.

    Raises:
        ConfigurationInvalid: There is no such sample or column, or what the proposal says contradicts it.
    """
    asked, field = proposal.sample, proposal.field
    if asked is None or field is None:
        return proposal
    try:
        document = read_sample(services, requestor, asked.id).document
    except NotFound as error:
        raise ConfigurationInvalid([Problem("sample.id", error.what, "Hand over the sample again")]) from None
    columns = [column for table in document.get("tables", ()) for column in table["columns"]]
    column = next((each for each in columns if each["name"] == asked.column), None)
    if column is None:
        there = ", ".join(repr(each["name"]) for each in columns[:50])
        raise ConfigurationInvalid([Problem("sample.column", "the sample has no such column", f"It has {there}.")])
    given, told = field.model_fields_set, _told_by(column, field)
    more = {name: value for name, value in told.items() if name not in given and value is not None}
    filled = field.model_copy(update=more)
    if problems := list(_contradictions(column, filled)):
        raise ConfigurationInvalid(problems)
    return proposal.model_copy(update={"field": filled})


def _told_by(column: Mapping[str, Any], field: ProposedField) -> dict[str, Any]:
    kind = field.type or _TYPES.get(ColumnType(column["type"]))
    if kind not in (FieldType.INTEGER, FieldType.FLOAT):
        return {"type": kind}
    unit = field.unit if "unit" in field.model_fields_set else column["unit"]
    if unit is not None and field.type is None:
        kind = FieldType.FLOAT  # what is measured is whole only by chance
    return {"type": kind, "unit": unit, **_bounds(column, unit)}


def _bounds(column: Mapping[str, Any], unit: str | None) -> dict[str, float]:
    """Give powers of ten, at least twice as far as the sample goes: plausible for others too, and no value of a row."""
    reach = _reach(column, unit)
    if reach is None or not all(isfinite(2 * each) for each in reach):
        return {}
    low, high = reach
    if unit == "%" and low >= 0 and high <= 100:
        return {"minimum": 0.0, "maximum": 100.0}
    return {"minimum": min(0.0, -_beyond(-low)), "maximum": max(0.0, _beyond(high))}


def _contradictions(column: Mapping[str, Any], field: ProposedField) -> Iterator[Problem]:
    """Say what a field cannot be whose values are those of the column: a mapping would have nothing to read."""
    source, target = _unit(column["unit"]), _unit(field.unit)
    otherwise = "or leave `sample` out, and say everything yourself"
    if source is not None and target is not None and not needs_interval(source, target):
        try:
            find_conversion(source, target)
        except ValueError as error:
            what = f"its column of the sample does not convert: {error}"
            yield Problem("field.unit", what, f"Write {source.name}, {otherwise}")
    if (reach := _reach(column, field.unit)) is None:
        return
    low, high = reach
    whole = field.type is FieldType.BOOLEAN or (field.type is FieldType.INTEGER and source == target)
    if whole and (low % 1 or high % 1):
        yield Problem("field.type", "its column of the sample holds fractions", f"Write float, {otherwise}")
    if (source is None) != (target is None):
        return
    remedy = "Bounds are in the field's unit; leave them out, and the column tells them"
    if field.minimum is not None and high < field.minimum:
        yield Problem("field.minimum", "every value of its column of the sample lies below it", remedy)
    if field.maximum is not None and low > field.maximum:
        yield Problem("field.maximum", "every value of its column of the sample lies above it", remedy)


def _reach(column: Mapping[str, Any], unit: str | None) -> tuple[float, float] | None:
    """Give a column's least and greatest number in a unit; None where it has none, or none in that unit."""
    if column["type"] not in (ColumnType.INTEGER, ColumnType.DECIMAL) or column["min"] is None:
        return None
    low, high = float(column["min"]), float(column["max"])
    source, target = _unit(column["unit"]), _unit(unit)
    if source is None or target is None:
        return low, high
    try:
        convert = find_conversion(source, target)
    except ValueError:
        return None
    return convert(low), convert(high)


def _unit(text: str | None) -> Unit | None:
    return known_unit(text) if text else None


def _beyond(value: float) -> float:
    """Give the power of ten that is at least twice a positive number.

    Example:
        >>> _beyond(37.5), _beyond(0.04), _beyond(50), _beyond(-1)
        (100.0, 0.1, 100.0, 0.0)
    """
    if value <= 0:
        return 0.0
    twice = Decimal(repr(2 * value))
    exponent = twice.adjusted() + (twice.normalize().as_tuple().digits != (1,))
    return float(Decimal(1).scaleb(exponent))
