"""The index of a dataset's records has an id of its own, so that another can be filled beside it and gone on with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Name the indices that are there as their datasets."""
    op.alter_column("search_record", "dataset_id", new_column_name="index_id", schema="cdmp")
    op.create_table(
        "record_index",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("index_id", sa.Uuid(), comment="which searches answer from"),
        sa.Column("beside_id", sa.Uuid(), comment="which is being filled, and takes its place"),
        sa.Column("filling", sa.JSON(), comment="how far that is, or what is added"),
        sa.PrimaryKeyConstraint("dataset_id", name="record_index_pkey"),
        schema="cdmp",
    )
    op.execute(
        "INSERT INTO cdmp.record_index (dataset_id, index_id)"
        " SELECT DISTINCT index_id, index_id FROM cdmp.search_record"
    )
