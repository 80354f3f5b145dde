"""Searches answer with whole documents, and filter by them; every dataset is indexed anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Keep the documents, and let the index follow every dataset."""
    op.execute("DELETE FROM cdmp.search_document")
    op.drop_column("search_document", "title", schema="cdmp")
    op.add_column("search_document", sa.Column("document", JSONB(), nullable=False), schema="cdmp")
    op.execute(
        "INSERT INTO cdmp.outbox (kind, recipient_id, facts, created, not_before)"
        " SELECT 'dataset.changed', owner_id, json_build_object('dataset_id', id), now(), now() FROM cdmp.dataset"
    )
