"""A dataset's keys can be shredded: what they were is gone, that they were stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let a key be gone, and say since when."""
    shredded = sa.Column("shredded", sa.DateTime(timezone=True), comment="when the key was destroyed")
    op.add_column("secret", shredded, schema="cdmp")
    op.alter_column("secret", "sealed", nullable=True, schema="cdmp")
    op.create_check_constraint(
        "secret_there_check", "secret", "(sealed IS NULL) = (shredded IS NOT NULL)", schema="cdmp"
    )
