"""Keeps what counters have counted with the batch that came last, sealed: it names meters and their readings."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import polars as pl
from adbc_driver_postgresql import dbapi

from include.batch import BatchRef
from include.ports import SecretStore, Staging

_KEPT: Final = 3
"""So many batches of a dataset keep theirs, so that the last ones can be taken back."""


def keep_counted(cursor: dbapi.Cursor, ref: BatchRef, staging: Staging, secrets: SecretStore) -> None:
    """Keep it in the transaction that loads the batch: what is counted, and what is loaded, are one thing."""
    if ref.counted is None:
        return
    plain = BytesIO()
    staging.read(ref.counted).write_parquet(plain, compression="zstd")
    cursor.execute(
        "INSERT INTO cdmp.counted (batch_id, dataset_id, sealed) VALUES ($1::uuid, $2::uuid, $3)",
        (str(ref.batch_id), str(ref.dataset_id), secrets.seal(plain.getvalue())),
    )
    cursor.execute(
        "DELETE FROM cdmp.counted WHERE dataset_id = $1::uuid AND place NOT IN"
        " (SELECT place FROM cdmp.counted WHERE dataset_id = $1::uuid ORDER BY place DESC LIMIT $2)",
        (str(ref.dataset_id), _KEPT),
    )


def open_counted(sealed: bytes, secrets: SecretStore) -> pl.DataFrame:
    """Give what was kept."""
    return pl.read_parquet(BytesIO(secrets.unseal(sealed)))
