"""What was found out about samples, sealed: examples of their cells may name a person."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select

from include.collection.upload import Sample
from include.errors import NotFound
from include.ports import SecretStore
from include.storage.connection import begin
from include.storage.schema import sample as samples


class SealedSampleStore:
    """The port `SampleStore`."""

    def __init__(self, engine: Engine, secrets: SecretStore) -> None:
        self._engine = engine
        self._secrets = secrets

    def add(self, sample: Sample) -> None:
        """Keep a sample."""
        plain = {name: getattr(sample, name) for name in Sample.__slots__ if name != "document"}
        sealed = self._secrets.seal(json.dumps(sample.document).encode())
        with begin(self._engine) as connection:
            connection.execute(insert(samples).values(**plain, sealed=sealed))

    def get(self, sample_id: UUID) -> Sample:
        """Give a sample; raises NotFound."""
        with begin(self._engine) as connection:
            row = connection.execute(select(samples).where(samples.c.id == sample_id)).mappings().first()
        if row is None:
            raise NotFound(f"sample {sample_id}", "there is none", "Hand over the sample again")
        plain = {name: row[name] for name in Sample.__slots__ if name != "document"}
        return Sample(**plain, document=json.loads(self._secrets.unseal(row["sealed"])))

    def remove_expired(self, now: datetime) -> int:
        """Forget the samples whose time is over."""
        with begin(self._engine) as connection:
            return connection.execute(delete(samples).where(samples.c.expires < now)).rowcount
