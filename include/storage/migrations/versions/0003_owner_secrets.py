"""Secrets of owners, and runs of a span of time."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PLATFORM: Final = "cdmp"
Moment: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of secrets, and give runs their window."""
    op.create_table(
        "owner_secret",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False, comment="of the master key that sealed it"),
        sa.Column("created", Moment, nullable=False),
        sa.Column("updated", Moment, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "name", name="owner_secret_pkey"),
        schema=PLATFORM,
    )
    window = "the span of time that was asked for, where one was"
    op.add_column("run", sa.Column("window_start", Moment, nullable=True, comment=window), schema=PLATFORM)
    op.add_column("run", sa.Column("window_end", Moment, nullable=True), schema=PLATFORM)
