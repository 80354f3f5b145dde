"""What counters have counted, for the batch that comes next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PLATFORM = "cdmp"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "counted",
        sa.Column(
            "place",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="the last batch has the largest",
        ),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="what each counter had counted then, as Parquet, encrypted",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["cdmp.batch.id"], name="counted_batch_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["cdmp.dataset.id"], name="counted_dataset_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("place", name="counted_pkey"),
        schema=PLATFORM,
    )
    op.create_index("counted_dataset_idx", "counted", ["dataset_id", "place"], schema=PLATFORM)
    op.create_index("counted_batch_idx", "counted", ["batch_id"], schema=PLATFORM)
