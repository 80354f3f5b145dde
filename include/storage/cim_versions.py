"""Adds versions to the CIM's record, one after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

from include.cim.amend import describe_changes
from include.cim.definition import Definition, read_definition_document, write_definition
from include.cim.shipping import merge_shipped
from include.storage.schema import cim_version as versions
from include.storage.stored_definition import read_version

_LOCK: Final = "cdmp.cim_version"
MADE_BY_US: Final = "the platform"


def lock_versions(connection: Connection) -> Definition | None:
    """Give the newest version, or None before the first; until the transaction ends nobody else makes one."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    newest = connection.scalar(select(func.max(versions.c.version)))
    return None if newest is None else read_version(connection, newest)


def add_version(
    connection: Connection,
    before: Definition,
    after: Definition,
    *,
    made: datetime,
    made_by: str,
    reason: str,
    extension_id: UUID | None = None,
    shipped: dict[str, Any] | None = None,
) -> int:
    """Add the next version; the caller holds the lock. Gives its number."""
    document = write_definition(after)
    read_definition_document(document, before.version + 1)  # what cannot be read again must not be written
    connection.execute(
        insert(versions).values(
            version=before.version + 1,
            definition=document,
            shipped=shipped,
            made=made,
            made_by=made_by,
            changes=describe_changes(before, after),
            reason=reason,
            extension_id=extension_id,
        )
    )
    return before.version + 1


def ship(connection: Connection, shipped: Definition, now: datetime) -> int:
    """Bring what comes with the platform into the record, where it is not there yet; gives the newest version.

    What was accepted here stays: see `merge_shipped`.
    """
    current = lock_versions(connection)
    document = write_definition(shipped)
    if current is None:
        reason = "The concepts that come with the platform."
        return add_version(
            connection, Definition({}), shipped, made=now, made_by=MADE_BY_US, reason=reason, shipped=document
        )
    last = select(versions.c.shipped).where(versions.c.shipped.is_not(None)).order_by(versions.c.version.desc())
    before = connection.scalar(last.limit(1))
    if before == document:
        return current.version
    merged = merge_shipped(current, read_definition_document(before or {}, 0), shipped)
    return add_version(
        connection,
        current,
        merged,
        made=now,
        made_by=MADE_BY_US,
        reason="The platform was updated, and brought other concepts along.",
        shipped=document,
    )
