"""The platform's first tables, and what the two other roles may do with them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None

# As they were when this revision was written: a revision does not follow `schema`.
PLATFORM: Final = "cdmp"
DATA: Final = "data"
LOADER: Final = "cdmp_loader"
READER: Final = "cdmp_reader"
Moment: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables and grant the roles what they need."""
    _create_collections()
    _create_datasets()
    _create_the_rest()
    _grant()


def _create_collections() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("updated", Moment, nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'deleting')", name="collection_state_check"),
        sa.PrimaryKeyConstraint("id", name="collection_pkey"),
        sa.UniqueConstraint("dataset_id", name="collection_dataset_id_key"),
        schema=PLATFORM,
    )
    op.create_index("collection_created_idx", "collection", ["created", "id"], unique=False, schema=PLATFORM)
    op.create_index("collection_owner_idx", "collection", ["owner_id", "created", "id"], unique=False, schema=PLATFORM)
    op.create_table(
        "collection_version",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("saved", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["cdmp.collection.id"], name="collection_version_collection_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "version", name="collection_version_pkey"),
        schema=PLATFORM,
    )
    op.create_table(
        "run",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False, comment="Airflow's"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False, comment="by a person or program; else by its schedule"),
        sa.Column("triggered", sa.Boolean(), server_default=sa.false(), nullable=False, comment="Airflow has it"),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("queued", Moment, nullable=False),
        sa.Column("started", Moment, nullable=True),
        sa.Column("finished", Moment, nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'unchanged')", name="run_state_check"
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["cdmp.collection.id"], name="run_collection_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "run_id", name="run_pkey"),
        schema=PLATFORM,
    )
    op.create_index(
        "run_one_asked_idx",
        "run",
        ["collection_id"],
        unique=True,
        schema=PLATFORM,
        postgresql_where=sa.text("asked AND state IN ('queued', 'running')"),
    )
    op.create_index("run_queued_idx", "run", ["collection_id", "queued"], unique=False, schema=PLATFORM)
    op.create_table(
        "run_stage",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("started", Moment, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id", "run_id"],
            ["cdmp.run.collection_id", "cdmp.run.run_id"],
            name="run_stage_collection_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", "run_id", "task", name="run_stage_pkey"),
        schema=PLATFORM,
    )


def _create_datasets() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("concept", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("first", Moment, nullable=True),
        sa.Column("last", Moment, nullable=True),
        sa.Column("updated", Moment, nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True, comment="where the last batch of an incremental source ended"),
        sa.Column("dcat", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="dataset_pkey"),
        schema=PLATFORM,
    )
    op.create_index("dataset_owner_idx", "dataset", ["owner_id", "id"], unique=False, schema=PLATFORM)
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("source_digest", sa.Text(), nullable=False),
        sa.Column("rows_loaded", sa.BigInteger(), nullable=False),
        sa.Column("rows_already_there", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("committed", Moment, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["cdmp.dataset.id"], name="batch_dataset_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="batch_pkey"),
        schema=PLATFORM,
    )
    op.create_index("batch_content_idx", "batch", ["dataset_id", "source_digest"], unique=True, schema=PLATFORM)
    op.create_table(
        "quarantine_row",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False, comment="JSON: a list of {field, rule}"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="the row as it was read, encrypted"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["cdmp.batch.id"], name="quarantine_row_batch_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["cdmp.dataset.id"], name="quarantine_row_dataset_id_fkey"),
        sa.PrimaryKeyConstraint("batch_id", "row_id", name="quarantine_row_pkey"),
        schema=PLATFORM,
    )
    op.create_index("quarantine_row_dataset_idx", "quarantine_row", ["dataset_id"], unique=False, schema=PLATFORM)


def _create_the_rest() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False, comment="sha256 of the bytes"),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what the owner calls the file; never a path"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored", Moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", "owner_id", name="upload_pkey"),
        schema=PLATFORM,
    )
    op.create_table(
        "secret",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created", Moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "subject", "key_id", name="secret_pkey"),
        schema=PLATFORM,
    )
    op.create_table(
        "search_document",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="search_document_pkey"),
        schema=PLATFORM,
    )
    op.create_index(
        "search_document_words_idx", "search_document", ["words"], unique=False, schema=PLATFORM, postgresql_using="gin"
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False, comment="names and counts, never values of rows"),
        sa.Column("created", Moment, nullable=False),
        sa.Column("delivered", Moment, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", Moment, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        schema=PLATFORM,
    )
    op.create_index(
        "outbox_pending_idx",
        "outbox",
        ["not_before"],
        unique=False,
        schema=PLATFORM,
        postgresql_where=sa.text("delivered IS NULL"),
    )


def _grant() -> None:
    op.execute(f"CREATE SCHEMA {DATA}")
    op.execute(f"GRANT USAGE ON SCHEMA {PLATFORM} TO {LOADER}")
    # later revisions' tables too
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {PLATFORM} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {LOADER}"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {PLATFORM} TO {LOADER}")
    op.execute(f"REVOKE ALL ON {PLATFORM}.alembic_version FROM {LOADER}")
    # for the rows of a batch on their way into a table that has rows
    op.execute(f"DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {LOADER}', current_database()); END $$")
    # the loader makes the datasets' tables and owns them; the reader gets SELECT on each, below row-level security
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA {DATA} TO {LOADER}")
    op.execute(f"GRANT USAGE ON SCHEMA {DATA} TO {READER}")
