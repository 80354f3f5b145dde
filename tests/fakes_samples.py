"""What was found out about samples, held in memory."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from include.collection.upload import Sample
from include.errors import NotFound


class FakeSamples:
    """The port `SampleStore`."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Sample] = {}

    def add(self, sample: Sample) -> None:
        self.rows[sample.id] = sample

    def get(self, sample_id: UUID) -> Sample:
        if sample_id not in self.rows:
            raise NotFound("store", "no such row")
        return self.rows[sample_id]

    def remove_expired(self, now: datetime) -> int:
        return 0
