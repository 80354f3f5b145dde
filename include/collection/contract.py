"""What happens when a source is not as it was."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from include.configuration import Configuration


class OnDrift(StrEnum):
    """What becomes of a batch whose source has changed."""

    EVOLVE = "evolve"  # it is loaded as well as it can be
    FREEZE = "freeze"  # nothing of it is loaded
    QUARANTINE = "quarantine"  # the rows that the change concerns are set aside


class Contract(Configuration):
    """What may change about a source. Whatever is chosen, a change is reported before anything is loaded."""

    appear: OnDrift = Field(OnDrift.EVOLVE, description="a column that the batches before did not have")
    vanish: OnDrift = Field(OnDrift.FREEZE, description="a column that the mapping reads; evolve: its field is empty")
    retype: OnDrift = Field(
        OnDrift.QUARANTINE,
        description="cells that cannot be read any more; evolve: they are emptied; freeze: more than half of a column",
    )
