"""The CIM's record held in memory: both ports in one, as one process sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from include.cim.amend import describe_changes
from include.cim.concept import Concept
from include.cim.definition import Definition, absent_version, load_definition
from include.cim.extension import CimVersion, Decision, Extension, ExtensionState, Review
from include.cim_ports import Use
from include.errors import Conflict, NotFound
from tests.factories import NOON


class FakeCim:
    """The ports `Definition` and `CimStore`."""

    def __init__(self) -> None:
        self.definitions = [replace(load_definition(), version=1)]
        self.made = [CimVersion(1, NOON, "the platform", ("everything",), "It came with it.")]
        self.extensions: dict[UUID, Extension] = {}
        self.used: list[Use] = []
        self.told: list[tuple[str, ExtensionState]] = []

    def concept(self, name: str) -> Concept:
        return self.current().concept(name)

    def concepts(self) -> Sequence[Concept]:
        return self.current().concepts()

    def current(self) -> Definition:
        return self.definitions[-1]

    def at(self, version: int) -> Definition:
        if not 1 <= version <= len(self.definitions):
            raise absent_version(version)
        return self.definitions[version - 1]

    def versions(self, *, before: int | None = None, limit: int = 50) -> Sequence[CimVersion]:
        return [each for each in reversed(self.made) if before is None or each.version < before][:limit]

    def add(self, extension: Extension) -> None:
        self.extensions[extension.id] = extension

    def get(self, extension_id: UUID) -> Extension:
        if extension_id not in self.extensions:
            raise NotFound("store", "no such row")
        return self.extensions[extension_id]

    def find(
        self,
        proposer_id: str | None,
        state: ExtensionState | None = None,
        *,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[Extension]:
        newest = sorted(self.extensions.values(), key=lambda each: (each.proposed, each.id), reverse=True)
        return [
            each
            for each in newest
            if proposer_id in (None, each.proposer_id)
            and state in (None, each.state)
            and (after is None or (each.proposed, each.id) < after)
        ][:limit]

    def review(
        self,
        extension_id: UUID,
        review: Review,
        reviewer_name: str,
        now: datetime,
        amend: Callable[[Definition], Definition] | None,
    ) -> Extension:
        there = self._waiting(extension_id)
        version = None
        if amend is not None:
            before = self.current()
            version = before.version + 1
            after = replace(amend(before), version=version)
            self.definitions.append(after)
            changes = tuple(describe_changes(before, after))
            self.made.append(CimVersion(version, now, reviewer_name, changes, review.reason, extension_id))
        states = {Decision.ACCEPT: "accepted", Decision.REJECT: "rejected", Decision.MERGE: "merged"}
        decided = replace(
            there,
            state=ExtensionState(states[review.decision]),
            reviewer_name=reviewer_name,
            reviewed=now,
            into=review.into,
            reason=review.reason,
            version=version,
        )
        self.told.append((there.proposer_id, decided.state))
        self.extensions[extension_id] = decided
        return decided

    def withdraw(self, extension_id: UUID, now: datetime) -> Extension:
        there = self._waiting(extension_id)
        self.extensions[extension_id] = replace(there, state=ExtensionState.WITHDRAWN, reviewed=now)
        return self.extensions[extension_id]

    def uses(self, concept: str) -> Sequence[Use]:
        return self.used if concept == "meter_reading" else []

    def _waiting(self, extension_id: UUID) -> Extension:
        there = self.get(extension_id)
        if there.state is not ExtensionState.PROPOSED:
            raise Conflict(f"extension {extension_id}", f"it is {there.state} already")
        return there
