"""The order of batches, what they overwrote, and those that were taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

PLATFORM = "cdmp"


def upgrade() -> None:
    """Number the batches that are there by their commits, and make room for the rest."""
    loads = sa.Column(
        "loads",
        sa.BigInteger(),
        nullable=False,
        server_default="0",
        comment="the last number that a load was given",
    )
    op.add_column("dataset", loads, schema=PLATFORM)
    number = sa.Column("number", sa.BigInteger(), comment="its place among the loads of the dataset, as committed")
    op.add_column("batch", number, schema=PLATFORM)
    for name, by in (("rows_replaced", "rows"), ("rows_removed", "span")):
        column = sa.Column(
            name, sa.BigInteger(), nullable=False, server_default="0", comment=f"of earlier batches, by its {by}"
        )
        op.add_column("batch", column, schema=PLATFORM)
    op.execute(
        "UPDATE cdmp.batch AS b SET number = n.number FROM (SELECT id, row_number() OVER"
        " (PARTITION BY dataset_id ORDER BY committed, id) AS number FROM cdmp.batch) AS n WHERE n.id = b.id"
    )
    op.execute("UPDATE cdmp.dataset AS d SET loads = (SELECT count(*) FROM cdmp.batch AS b WHERE b.dataset_id = d.id)")
    op.alter_column("batch", "number", nullable=False, schema=PLATFORM)
    op.create_index("batch_number_idx", "batch", ["dataset_id", "number"], unique=True, schema=PLATFORM)
    _add_rollbacks()


def _add_rollbacks() -> None:
    op.create_table(
        "batch_rollback",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="the batch's"),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="the user"),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("rows_removed", sa.BigInteger(), nullable=False),
        sa.Column("rows_restored", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["cdmp.dataset.id"], name="batch_rollback_dataset_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "number", name="batch_rollback_pkey"),
        schema=PLATFORM,
    )
    op.create_index("batch_rollback_batch_idx", "batch_rollback", ["batch_id"], schema=PLATFORM)
