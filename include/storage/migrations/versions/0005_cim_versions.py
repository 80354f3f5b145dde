"""The CIM's versions, what people propose to it, and which version a batch was mapped to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PLATFORM = "cdmp"
LOADER = "cdmp_loader"
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables; a version cannot be changed by whoever adds it."""
    op.create_table(
        "cim_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False, comment="concept → as its YAML"),
        sa.Column(
            "shipped",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="the platform's own concepts, where they made this version",
        ),
        sa.Column("made", Moment, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("changes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("extension_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("version", name="cim_version_pkey"),
        schema=PLATFORM,
    )
    op.create_table(
        "cim_extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal", sa.JSON(), nullable=False),
        sa.Column("proposer_id", sa.Text(), nullable=False),
        sa.Column("proposer_name", sa.Text(), nullable=False),
        sa.Column("proposed", Moment, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reviewer_name", sa.Text(), nullable=True),
        sa.Column("reviewed", Moment, nullable=True),
        sa.Column("into", sa.Text(), nullable=True, comment="what it was merged into: concept.field"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True, comment="of the CIM that it made"),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'merged', 'rejected', 'withdrawn')", name="cim_extension_state_check"
        ),
        sa.PrimaryKeyConstraint("id", name="cim_extension_pkey"),
        schema=PLATFORM,
    )
    op.create_index("cim_extension_proposed_idx", "cim_extension", ["proposed", "id"], unique=False, schema=PLATFORM)
    op.create_index(
        "cim_extension_proposer_idx",
        "cim_extension",
        ["proposer_id", "proposed", "id"],
        unique=False,
        schema=PLATFORM,
    )
    op.add_column(
        "batch",
        sa.Column("cim_version", sa.Integer(), nullable=True, comment="of the CIM that its rows were mapped to"),
        schema=PLATFORM,
    )
    op.execute(f"REVOKE UPDATE, DELETE ON {PLATFORM}.cim_version FROM {LOADER}")
