"""A batch that was taken back keeps the run that had loaded it, whose event says so for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Give each earlier rollback one of the runs of its dataset that loaded what is no longer there."""
    op.add_column("batch_rollback", sa.Column("run_id", sa.Text, comment="that had loaded it"), schema="cdmp")
    op.execute("""
        WITH gone AS (
            SELECT dataset_id, run_id, row_number() OVER (PARTITION BY dataset_id ORDER BY id) AS place FROM (
                SELECT id, (facts->>'dataset_id')::uuid AS dataset_id, facts->>'run_id' AS run_id
                FROM cdmp.outbox WHERE kind = 'batch.loaded') AS told
            WHERE NOT EXISTS (SELECT FROM cdmp.batch AS b
                WHERE b.dataset_id = told.dataset_id AND b.run_id = told.run_id)
            AND NOT EXISTS (SELECT FROM cdmp.quarantine_departure AS q
                WHERE q.dataset_id = told.dataset_id AND q.run_id = told.run_id)),
        taken AS (
            SELECT dataset_id, number, row_number() OVER (PARTITION BY dataset_id ORDER BY number) AS place
            FROM cdmp.batch_rollback)
        UPDATE cdmp.batch_rollback AS r SET run_id = gone.run_id FROM taken JOIN gone USING (dataset_id, place)
        WHERE r.dataset_id = taken.dataset_id AND r.number = taken.number
    """)
