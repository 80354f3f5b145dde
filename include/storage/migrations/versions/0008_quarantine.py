"""What owners do with rows in quarantine, and runs that wait for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

PLATFORM = "cdmp"
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add edits, departures, replays and reviews; a dataset's quarantine goes with it."""
    _extend_quarantine()
    _add_departures()
    _extend_runs()


def _extend_quarantine() -> None:
    op.alter_column(
        "quarantine_row",
        "sealed",
        comment="the row as it was read, or as its owner edited it, encrypted",
        existing_comment="the row as it was read, encrypted",
        schema=PLATFORM,
    )
    for column in (
        sa.Column("original", sa.LargeBinary(), comment="where it was edited: the row as it was read, encrypted"),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0", comment="counts the edits"),
        sa.Column("edited", Moment),
        sa.Column("edited_by", sa.Text()),
    ):
        op.add_column("quarantine_row", column, schema=PLATFORM)
    op.drop_index("quarantine_row_dataset_idx", "quarantine_row", schema=PLATFORM)
    columns = ["dataset_id", "batch_id", "row_id"]
    op.create_index("quarantine_row_dataset_idx", "quarantine_row", columns, schema=PLATFORM)
    name = "quarantine_row_dataset_id_fkey"
    op.drop_constraint(name, "quarantine_row", schema=PLATFORM)
    op.create_foreign_key(
        name,
        "quarantine_row",
        "dataset",
        ["dataset_id"],
        ["id"],
        source_schema=PLATFORM,
        referent_schema=PLATFORM,
        ondelete="CASCADE",
    )


def _add_departures() -> None:
    op.create_table(
        "quarantine_departure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.Text(), comment="the user; null: the platform"),
        sa.Column("rows_left", sa.BigInteger(), nullable=False),
        sa.Column("rows_loaded", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column(
            "rows_back", sa.BigInteger(), nullable=False, server_default="0", comment="tried, and back with new reasons"
        ),
        sa.Column("run_id", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "what IN ('replayed', 'released', 'discarded', 'expired')", name="quarantine_departure_what_check"
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["cdmp.dataset.id"], name="quarantine_departure_dataset_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="quarantine_departure_pkey"),
        schema=PLATFORM,
    )
    table = "quarantine_departure"
    op.create_index("quarantine_departure_at_idx", table, ["dataset_id", "at", "id"], schema=PLATFORM)
    op.create_index("quarantine_departure_run_idx", table, ["dataset_id", "run_id"], unique=True, schema=PLATFORM)


def _extend_runs() -> None:
    for column in (
        sa.Column(
            "replay", sa.JSON(none_as_null=True), comment="the rows in quarantine that were asked for, where some were"
        ),
        sa.Column("review", sa.JSON(none_as_null=True), comment="what a person decided on a batch that a rule held"),
    ):
        op.add_column("run", column, schema=PLATFORM)
    states = "'queued', 'running', 'awaiting-review', 'succeeded', 'failed', 'unchanged', 'rejected'"
    op.drop_constraint("run_state_check", "run", type_="check", schema=PLATFORM)
    op.create_check_constraint("run_state_check", "run", f"state IN ({states})", schema=PLATFORM)
    op.drop_index("run_one_asked_idx", "run", schema=PLATFORM)
    op.create_index(
        "run_one_asked_idx",
        "run",
        ["collection_id"],
        unique=True,
        schema=PLATFORM,
        postgresql_where=sa.text("asked AND state IN ('queued', 'running', 'awaiting-review')"),
    )
