"""Collections and their versions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql

from include.cim.mapping_config import MapperConfig
from include.collection.model import Collection, CollectionConfig, CollectionState
from include.configuration import AS_STORED
from include.errors import Conflict, NotFound
from include.ports import Fingerprint
from include.storage.connection import begin
from include.storage.index_queue import note_change
from include.storage.schema import collection as collections
from include.storage.schema import collection_version as versions


class PostgresCollectionStore:
    """The port `CollectionStore`, as the role that writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: Collection) -> None:
        """Store a new collection; raises Conflict where its id is taken."""
        with begin(self._engine) as connection:
            added = connection.execute(
                postgresql.insert(collections)
                .values(
                    id=collection.id,
                    version=collection.version,
                    owner_id=collection.owner_id,
                    owner_name=collection.owner_name,
                    state=collection.state.value,
                    dataset_id=collection.dataset_id,
                    created=collection.created,
                    updated=collection.updated,
                )
                .on_conflict_do_nothing()
                .returning(collections.c.id)
            )
            if added.first() is None:
                raise Conflict(f"collection {collection.id}", "exists already", "Replace it, or choose another id")
            _add_version(connection, collection)

    def get(self, collection_id: UUID, version: int | None = None) -> Collection:
        """Read a collection, at its current version unless another is asked for; raises NotFound."""
        with begin(self._engine) as connection:
            row = connection.execute(_at(version).where(collections.c.id == collection_id)).first()
        if row is None:
            at = "" if version is None else f" at version {version}"
            raise NotFound(f"collection {collection_id}", f"there is none{at}")
        return _read(row)

    def find(
        self, owner_id: str | None, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Collection]:
        """List newest first; see the port."""
        query = _at(None).where(collections.c.state != CollectionState.DELETING.value)
        if owner_id is not None:
            query = query.where(collections.c.owner_id == owner_id)
        if after is not None:
            query = query.where(tuple_(collections.c.created, collections.c.id) < tuple_(*after))
        query = query.order_by(collections.c.created.desc(), collections.c.id.desc()).limit(limit)
        with begin(self._engine) as connection:
            return [_read(row) for row in connection.execute(query)]

    def mappers(self, owner_id: str | None, *, limit: int = 1000) -> Sequence[tuple[str, MapperConfig]]:
        """Give the owners and current mappings of the newest collections in use; see the port."""
        mapper = versions.c.config["mapper"]
        query = (
            _at(None)
            .with_only_columns(collections.c.owner_id, mapper.label("mapper"))
            .where(
                collections.c.state.in_([CollectionState.ACTIVE.value, CollectionState.PAUSED.value]),
                mapper.as_string().is_not(None),
            )
            .order_by(collections.c.created.desc(), collections.c.id.desc())
            .limit(limit)
        )
        if owner_id is not None:
            query = query.where(collections.c.owner_id == owner_id)
        with begin(self._engine) as connection:
            rows = connection.execute(query).all()
        read = ((row.owner_id, _read_mapper(row.mapper)) for row in rows)
        return [(owner, mapper) for owner, mapper in read if mapper is not None]

    def replace(self, collection: Collection, expected_version: int) -> None:
        """Store `collection` as a new version; raises Conflict where somebody was quicker, or deletes it."""
        with begin(self._engine) as connection:
            changed = connection.execute(
                update(collections)
                .where(
                    collections.c.id == collection.id,
                    collections.c.version == expected_version,
                    collections.c.state != CollectionState.DELETING.value,
                )
                .values(
                    version=collection.version,
                    owner_id=collection.owner_id,
                    owner_name=collection.owner_name,
                    state=collection.state.value,
                    updated=collection.updated,
                )
            )
            if changed.rowcount == 0:
                _refuse_change(connection, collection.id, f"is no longer at version {expected_version}")
            _add_version(connection, collection)
            note_change(connection, collection.dataset_id, collection.owner_id)

    def set_state(self, collection_id: UUID, state: CollectionState) -> None:
        """Move through the life cycle; who is deleting stays so. Waits for a load that is about to commit."""
        with begin(self._engine) as connection:
            changed = connection.execute(
                update(collections)
                .where(
                    collections.c.id == collection_id,
                    collections.c.state.in_([state.value, *(s.value for s in CollectionState if s is not s.DELETING)]),
                )
                .values(state=state.value)
                .returning(collections.c.dataset_id, collections.c.owner_id)
            ).first()
            if changed is None:
                _refuse_change(connection, collection_id, "is being deleted")
            elif state is CollectionState.DELETING:
                note_change(connection, changed.dataset_id, changed.owner_id)

    def erase(self, collection_id: UUID) -> None:
        """Forget a collection in state `deleting`, its versions and runs; the second time does nothing."""
        with begin(self._engine) as connection:
            state = connection.scalar(select(collections.c.state).where(collections.c.id == collection_id))
            if state not in (None, CollectionState.DELETING.value):
                raise Conflict(f"collection {collection_id}", f"is {state}", "Delete it first")
            connection.execute(delete(collections).where(collections.c.id == collection_id))

    def fingerprints(self) -> Mapping[UUID, Fingerprint]:
        """Every collection that has a DAG; reads no configuration."""
        query = select(collections.c.id, collections.c.version, collections.c.state)
        with begin(self._engine) as connection:
            rows = connection.execute(query.where(collections.c.state != CollectionState.DRAFT.value)).all()
        return {row.id: Fingerprint(row.version, CollectionState(row.state)) for row in rows}


def _at(version: int | None) -> Select[Any]:
    chosen = versions.c.version == (collections.c.version if version is None else version)
    joined = collections.join(versions, (versions.c.collection_id == collections.c.id) & chosen)
    return select(
        collections.c.id,
        versions.c.version,
        collections.c.owner_id,
        collections.c.owner_name,
        versions.c.config,
        collections.c.state,
        collections.c.dataset_id,
        collections.c.created,
        func.greatest(versions.c.saved, collections.c.created).label("updated"),
    ).select_from(joined)


def _read(row: Row[Any]) -> Collection:
    plain = dict(row._mapping)
    return Collection(
        **{
            **plain,
            "config": CollectionConfig.model_validate(plain["config"], context=AS_STORED),
            "state": CollectionState(plain["state"]),
        }
    )


def _read_mapper(plain: Any) -> MapperConfig | None:
    """Read a mapping; None where it cannot be: somebody's old collection must not stand in everybody's way."""
    try:
        return MapperConfig.model_validate(plain, context=AS_STORED)
    except ValidationError:
        return None


def _add_version(connection: Connection, collection: Collection) -> None:
    connection.execute(
        insert(versions).values(
            collection_id=collection.id,
            version=collection.version,
            config=collection.config.model_dump(mode="json"),
            saved=collection.updated,
        )
    )


def _refuse_change(connection: Connection, collection_id: UUID, why: str) -> None:
    if connection.scalar(select(collections.c.id).where(collections.c.id == collection_id)) is None:
        raise NotFound(f"collection {collection_id}", "there is none")
    raise Conflict(f"collection {collection_id}", why, "Read it again, then repeat your change")
