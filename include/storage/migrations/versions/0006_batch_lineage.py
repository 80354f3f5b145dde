"""What was done to the values of a batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add it, and the way to list a dataset's batches by time."""
    lineage = sa.Column("lineage", sa.JSON(none_as_null=True), comment="how each field came about; no values of rows")
    op.add_column("batch", lineage, schema="cdmp")
    op.create_index("batch_committed_idx", "batch", ["dataset_id", "committed", "id"], schema="cdmp")
