"""Searches answer with whole documents, and filter by them; every dataset is indexed anew. Records can be, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Keep the documents, and let the index follow every dataset."""
    op.execute("DELETE FROM cdmp.search_document")
    op.drop_column("search_document", "title", schema="cdmp")
    op.add_column("search_document", sa.Column("document", JSONB(), nullable=False), schema="cdmp")
    op.create_table(
        "search_record",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, comment="of the row: made of its key"),
        sa.Column("row", JSONB(), nullable=False, comment="what readers of the dataset see of it"),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "id", name="search_record_pkey"),
        schema="cdmp",
    )
    op.create_index("search_record_words_idx", "search_record", ["words"], schema="cdmp", postgresql_using="gin")
    op.execute(
        "INSERT INTO cdmp.outbox (kind, recipient_id, facts, created, not_before)"
        " SELECT 'dataset.changed', owner_id, json_build_object('dataset_id', id), now(), now() FROM cdmp.dataset"
    )
