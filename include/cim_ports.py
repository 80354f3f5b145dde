"""What the platform asks of whoever keeps the CIM: its versions, and what people propose to it.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from include.cim.concept import Concept
from include.cim.definition import Definition as FixedDefinition
from include.cim.extension import CimVersion, Extension, ExtensionState, Review


class Definition(Protocol):
    """The CIM that is installed, at its current version."""

    def concept(self, name: str) -> Concept:
        """Raises NotFound, naming what there is."""

    def concepts(self) -> Sequence[Concept]: ...

    def current(self) -> FixedDefinition:
        """Give what is current now: for whoever needs one version for as long as the work takes."""

    def at(self, version: int) -> FixedDefinition:
        """Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Use:
    """A collection or a dataset that uses a concept.

    Attributes:
        fields: Those that it fills; None where that is not known any more: then it counts for each.
    """

    kind: Literal["collection", "dataset"]
    id: UUID
    title: str
    owner_id: str
    fields: frozenset[str] | None


class CimStore(Protocol):
    """The CIM's record. Knows nothing of who may do what: `operations` decides."""

    def versions(self, *, before: int | None = None, limit: int = 50) -> Sequence[CimVersion]:
        """List newest first, those `before` the given one."""

    def add(self, extension: Extension) -> None: ...

    def get(self, extension_id: UUID) -> Extension:
        """Raises NotFound."""

    def find(
        self,
        proposer_id: str | None,
        state: ExtensionState | None = None,
        *,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[Extension]:
        """List newest first, `after` the given (proposed, id); `proposer_id` None: everybody's."""

    def review(
        self,
        extension_id: UUID,
        review: Review,
        reviewer_name: str,
        now: datetime,
        amend: Callable[[FixedDefinition], FixedDefinition] | None,
    ) -> Extension:
        """Decide on a proposal in one transaction: its state, the next version, and the event for the proposer.

        Args:
            amend: Makes the next definition of the current one, which nobody changes meanwhile; what it raises passes,
                and nothing is decided. None: there is no next one.

        Raises:
            NotFound: There is no such extension.
            Conflict: It was decided on, or withdrawn, meanwhile.
        """

    def withdraw(self, extension_id: UUID, now: datetime) -> Extension:
        """Take a proposal back; raises as `review`."""

    def uses(self, concept: str) -> Sequence[Use]:
        """List the collections that map to a concept and the datasets that hold it, by title."""
