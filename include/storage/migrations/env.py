"""Alembic's entry: runs the revisions on the connection that `migrate` opened and locked."""

from __future__ import annotations

from alembic import context

from include.storage.schema import PLATFORM, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=PLATFORM,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
