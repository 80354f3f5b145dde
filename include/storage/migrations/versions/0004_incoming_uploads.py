"""Files on their way in, files that are kept for a time only, and what was found out about samples."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

PLATFORM = "cdmp"
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of unfinished uploads and of samples; an upload may expire."""
    op.add_column(
        "upload",
        sa.Column("expires", Moment, nullable=True, comment="when it goes, unless a collection reads it"),
        schema=PLATFORM,
    )
    op.create_index("upload_owner_idx", "upload", ["owner_id", "stored", "id"], unique=False, schema=PLATFORM)
    op.create_table(
        "incoming",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what the owner calls the file; never a path"),
        sa.Column("media_type", sa.Text(), nullable=True, comment="as the client says"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="the length of the whole"),
        sa.Column("sha256", sa.Text(), nullable=True, comment="of the whole, as the client says"),
        sa.Column("again", sa.Boolean(), nullable=False, comment="content that is there already is welcome"),
        sa.Column("created", Moment, nullable=False),
        sa.Column("expires", Moment, nullable=False),
        sa.Column("finished", Moment, nullable=True),
        sa.Column("upload", sa.Text(), nullable=True, comment="what it became"),
        sa.PrimaryKeyConstraint("id", name="incoming_pkey"),
        schema=PLATFORM,
    )
    op.create_index("incoming_owner_idx", "incoming", ["owner_id"], unique=False, schema=PLATFORM)
    op.create_table(
        "sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("upload", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="what was found out, encrypted: it has examples"),
        sa.Column("created", Moment, nullable=False),
        sa.Column("expires", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sample_pkey"),
        schema=PLATFORM,
    )
