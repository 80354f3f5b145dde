"""Who asks, and what they may do until policies exist: owners and stewards, nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STEWARD: Final = "Steward"
"""The role whose holders keep CIM, users, policies and quality in order."""


@dataclass(frozen=True, slots=True)
class Requestor:
    """A signed-in user.

    Attributes:
        id: The id in Airflow's user table, as text.
    """

    id: str
    name: str
    roles: frozenset[str] = frozenset()

    def may_see(self, owner_id: str) -> bool:
        """Whether what `owner_id` owns exists for this requestor; what does not answers like what is absent."""
        return self.id == owner_id or STEWARD in self.roles

    def may_change(self, owner_id: str) -> bool:
        """Whether the requestor may change or run what `owner_id` owns."""
        return self.id == owner_id
