"""The columns that a source has had, and what a stage has to say beside its counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both."""
    source_columns = sa.Column(
        "source_columns", sa.JSON(none_as_null=True), comment="every column that the source has had so far"
    )
    op.add_column("batch", source_columns, schema="cdmp")
    op.add_column(
        "run_stage", sa.Column("notes", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"), schema="cdmp"
    )
