"""The CIM's record in PostgreSQL: its versions, what people propose, and who uses what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, and_, func, insert, select, tuple_, update

from include.cim.definition import Definition
from include.cim.extension import CimVersion, Decision, Extension, ExtensionState, Proposal, Review
from include.cim_ports import Use
from include.collection.model import CollectionState
from include.errors import Conflict, NotFound, StoreUnavailable
from include.storage.cim_versions import add_version, lock_versions
from include.storage.connection import begin
from include.storage.schema import cim_extension as extensions
from include.storage.schema import cim_version as versions
from include.storage.schema import collection as collections
from include.storage.schema import collection_version as collection_versions
from include.storage.schema import dataset as datasets
from include.storage.schema import outbox as events
from include.storage.stored_definition import StoredDefinition

_STATES = {
    Decision.ACCEPT: ExtensionState.ACCEPTED,
    Decision.REJECT: ExtensionState.REJECTED,
    Decision.MERGE: ExtensionState.MERGED,
}


class PostgresCimStore:
    """The port `CimStore`, as the role that writes; `definition` is told of the versions that are made here."""

    def __init__(self, engine: Engine, definition: StoredDefinition) -> None:
        self._engine = engine
        self._definition = definition

    def versions(self, *, before: int | None = None, limit: int = 50) -> Sequence[CimVersion]:
        """List newest first, those `before` the given one."""
        query = select(*(versions.c[name] for name in CimVersion.__slots__))
        if before is not None:
            query = query.where(versions.c.version < before)
        with begin(self._engine) as connection:
            rows = connection.execute(query.order_by(versions.c.version.desc()).limit(limit)).mappings()
            return [CimVersion(**{**row, "changes": tuple(row["changes"])}) for row in rows]

    def add(self, extension: Extension) -> None:
        """Keep a proposal."""
        plain = {name: getattr(extension, name) for name in Extension.__slots__}
        proposal = extension.proposal.model_dump(mode="json", exclude_defaults=True)
        with begin(self._engine) as connection:
            connection.execute(
                insert(extensions).values({**plain, "proposal": proposal, "state": extension.state.value})
            )

    def get(self, extension_id: UUID) -> Extension:
        """Read a proposal and what became of it; raises NotFound."""
        with begin(self._engine) as connection:
            return _get(connection, extension_id)

    def find(
        self,
        proposer_id: str | None,
        state: ExtensionState | None = None,
        *,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[Extension]:
        """List newest first; see the port."""
        query = select(extensions)
        if proposer_id is not None:
            query = query.where(extensions.c.proposer_id == proposer_id)
        if state is not None:
            query = query.where(extensions.c.state == state.value)
        if after is not None:
            query = query.where(tuple_(extensions.c.proposed, extensions.c.id) < tuple_(*after))
        query = query.order_by(extensions.c.proposed.desc(), extensions.c.id.desc()).limit(limit)
        with begin(self._engine) as connection:
            return [_read(row) for row in connection.execute(query)]

    def review(
        self,
        extension_id: UUID,
        review: Review,
        reviewer_name: str,
        now: datetime,
        amend: Callable[[Definition], Definition] | None,
    ) -> Extension:
        """Decide in one transaction: state, next version, event; see the port."""
        with begin(self._engine) as connection:
            version = None
            current = lock_versions(connection) if amend is not None else None
            _close(
                connection,
                extension_id,
                state=_STATES[review.decision].value,
                reviewer_name=reviewer_name,
                reviewed=now,
                into=review.into,
                reason=review.reason,
            )
            decided = _get(connection, extension_id)
            if amend is not None:
                if current is None:
                    raise StoreUnavailable("the CIM", "it is not in the database yet", "`make up` brings it there")
                version = add_version(
                    connection,
                    current,
                    amend(current),
                    made=now,
                    made_by=reviewer_name,
                    reason=review.reason or decided.proposal.reason,
                    extension_id=extension_id,
                )
                connection.execute(update(extensions).where(extensions.c.id == extension_id).values(version=version))
                decided = replace(decided, version=version)
            _announce(connection, decided, now)
        if version is not None:
            self._definition.look_again()
        return decided

    def withdraw(self, extension_id: UUID, now: datetime) -> Extension:
        """Take a proposal back; see the port."""
        with begin(self._engine) as connection:
            _close(connection, extension_id, state=ExtensionState.WITHDRAWN.value, reviewed=now)
            return _get(connection, extension_id)

    def uses(self, concept: str) -> Sequence[Use]:
        """List the collections that map to a concept, and the datasets that hold it; see the port."""
        mapper = collection_versions.c.config["mapper"]
        mapped = (
            select(collections.c.id, collections.c.dataset_id, collections.c.owner_id, collection_versions.c.config)
            .join(
                collection_versions,
                and_(
                    collection_versions.c.collection_id == collections.c.id,
                    collection_versions.c.version == collections.c.version,
                ),
            )
            .where(
                collections.c.state != CollectionState.DELETING.value,
                func.json_typeof(mapper) == "object",
                mapper["concept"].as_string() == concept,
            )
        )
        held = select(datasets.c.id, datasets.c.title, datasets.c.owner_id).where(datasets.c.concept == concept)
        with begin(self._engine) as connection:
            mapping = connection.execute(mapped).all()
            holding = connection.execute(held).all()
        fields = {row.dataset_id: _filled(row.config["mapper"]) for row in mapping}
        found = [
            Use("collection", row.id, row.config["title"], row.owner_id, fields[row.dataset_id]) for row in mapping
        ]
        found += [Use("dataset", row.id, row.title, row.owner_id, fields.get(row.id)) for row in holding]
        return sorted(found, key=lambda use: (use.kind, use.title, use.id))


def _filled(mapper: dict[str, Any]) -> frozenset[str]:
    """Name the fields that a stored mapping fills, whatever else its version of the platform wrote."""
    return frozenset(rule["field"] for rule in mapper["rules"])


def _close(connection: Connection, extension_id: UUID, **values: Any) -> None:
    waiting = (extensions.c.id == extension_id) & (extensions.c.state == ExtensionState.PROPOSED.value)
    if connection.execute(update(extensions).where(waiting).values(**values)).rowcount == 0:
        there = _get(connection, extension_id)
        by = f" by {there.reviewer_name}" if there.reviewer_name else ""
        raise Conflict(f"extension {extension_id}", f"it is {there.state} already{by}", "Read it again")


def _get(connection: Connection, extension_id: UUID) -> Extension:
    row = connection.execute(select(extensions).where(extensions.c.id == extension_id)).first()
    if row is None:
        raise NotFound(f"extension {extension_id}", "there is none")
    return _read(row)


def _read(row: Row[Any]) -> Extension:
    plain = dict(row._mapping)
    proposal = Proposal.model_validate(plain["proposal"])
    return Extension(**{**plain, "proposal": proposal, "state": ExtensionState(plain["state"])})


def _announce(connection: Connection, decided: Extension, now: datetime) -> None:
    facts = {
        "extension_id": str(decided.id),
        "about": decided.proposal.subject,
        "state": decided.state.value,
        "into": decided.into,
        "reason": decided.reason,
        "version": decided.version,
    }
    connection.execute(
        insert(events).values(
            kind="cim.reviewed", recipient_id=decided.proposer_id, facts=facts, created=now, not_before=now
        )
    )
