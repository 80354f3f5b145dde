"""The CIM out of PostgreSQL: a version is read once per process, and a new one is noticed within seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from include.cim.concept import Concept
from include.cim.definition import Definition, absent_version, read_definition_document
from include.errors import StoreUnavailable
from include.storage.connection import begin
from include.storage.schema import cim_version as versions

FRESH_S: Final = 2.0
"""For so long, what was current is taken for current."""

_KEPT: Final = 8


class StoredDefinition:
    """The port `Definition`. Opens no connection before it is asked.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = RLock()
        self._known: dict[int, Definition] = {}
        self._newest: int | None = None
        self._looked = 0.0

    def concept(self, name: str) -> Concept:
        """Give one concept as it is now; raises NotFound, naming what there is."""
        return self.current().concept(name)

    def concepts(self) -> Sequence[Concept]:
        """Give every concept as it is now, by name."""
        return self.current().concepts()

    def current(self) -> Definition:
        """Give the newest version.

        Raises:
            StoreUnavailable: PostgreSQL is away, or was never told what comes with the platform.
        """
        with self._lock:
            newest = self._newest
            if newest is not None and self._clock() - self._looked < FRESH_S:
                return self.at(newest)
            looked = self._clock()
            with begin(self._engine) as connection:
                newest = connection.scalar(select(func.max(versions.c.version)))
            if newest is None:
                raise StoreUnavailable("the CIM", "it is not in the database yet", "`make up` brings it there")
            self._newest, self._looked = newest, looked
            return self.at(newest)

    def at(self, version: int) -> Definition:
        """Give a version; raises NotFound."""
        with self._lock:
            known = self._known.get(version)
            if known is not None:
                return known
            with begin(self._engine) as connection:
                read = read_version(connection, version)
            while len(self._known) >= _KEPT:
                del self._known[min(self._known)]
            self._known[version] = read
            return read

    def look_again(self) -> None:
        """Forget which version is current: this process has just made another."""
        self._newest = None


def read_version(connection: Connection, version: int) -> Definition:
    """Read one version; raises NotFound."""
    plain = connection.scalar(select(versions.c.definition).where(versions.c.version == version))
    if plain is None:
        raise absent_version(version)
    return read_definition_document(plain, version)
