"""Random numbers that only the dataset's key gives: the same for the same record, whenever it comes."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from include.anonymization.key import Key, derive

_BLOCK: Final = 2  # words of 64 bits
_FRACTION: Final = 53
"""Bits of a float between 0 and 1."""


def draw_uniform(records: pl.DataFrame, key: Key, field: str) -> npt.NDArray[np.float64]:
    """Give a number from 0 to 1 for each record, which nobody without the key can draw.

    It depends on nothing but the key, the field and what names the record. So where a batch is cut or in what order its
    rows come changes nothing, a record that comes again (a retry, a reload, a replay of quarantine) gets its number
    again, so that comparing both tells nothing, and two records never share one by their place.

    Args:
        records: The fields that name a record, as they were before the plan.

    Source: NIST SP 800-38B, section 1 (CBC-MAC, whose messages here all have as many blocks), with AES-256.
    """
    secret = derive(key.secret, f"draw {field}")
    cipher = Cipher(AES256(secret[:32]), ECB()).encryptor()  # noqa: S305 - of one block each, chained below
    blocks = np.zeros((records.height, _BLOCK), dtype="<u8")
    for column in records.iter_columns():
        blocks[:, 0] ^= _words(column, secret[32:])
        blocks = np.frombuffer(cipher.update(blocks.tobytes()), dtype="<u8").reshape(-1, _BLOCK).copy()
    whole = blocks[:, 0] >> np.uint64(64 - _FRACTION)
    return whole.astype(np.float64) * 2.0**-_FRACTION


def _words(column: pl.Series, secret: bytes) -> npt.NDArray[np.uint64]:
    """Give 64 bits for each value, equal ones for equal values."""
    if column.dtype == pl.String:
        distinct = column.unique()
        words = [
            int.from_bytes(hashlib.blake2b((text or "").encode(), digest_size=8, key=secret).digest(), "little")
            for text in distinct
        ]
        column = column.replace_strict(distinct, pl.Series(words, dtype=pl.UInt64), return_dtype=pl.UInt64)
        return column.to_numpy().astype(np.uint64)
    if column.dtype.is_float():
        return column.cast(pl.Float64).fill_null(0.0).to_numpy().view(np.uint64)
    return column.to_physical().cast(pl.Int64, strict=False).fill_null(0).to_numpy().view(np.uint64)


def draw_places(key: Key, batch: bytes, field: str, rows: int) -> npt.NDArray[np.int64]:
    """Give a random order of the rows of one field of one batch: a retry draws the same."""
    seed = derive(key.secret, f"draw {batch.hex()} {field}")
    return np.random.Generator(np.random.PCG64(int.from_bytes(seed))).permutation(rows)
