"""A row in quarantine hangs on its batch, and with that on its dataset: to look up both for each row took longer."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Keep the key that leads to the batch."""
    op.drop_constraint("quarantine_row_dataset_id_fkey", "quarantine_row", schema="cdmp")
