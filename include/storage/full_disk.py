"""What a full disk means: nothing was damaged, and another try may do, once somebody has made room."""

from __future__ import annotations

import errno
import re
from typing import Final

from include.errors import StoreUnavailable

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NUMBER: Final = re.compile(r"\(os error (\d+)\)")
"""As Rust's libraries, polars among them, write the number of an error of the system."""


def refuse_full(where: str, error: Exception, remedy: str = "Nothing was damaged; make room, and try again") -> None:
    """Raise StoreUnavailable where an error says that a disk is full; else do nothing."""
    number = getattr(error, "errno", None)
    if number is None and (found := _NUMBER.search(str(error))):
        number = int(found[1])
    if number in _FULL:
        raise StoreUnavailable(where, "the disk is full", remedy) from error
