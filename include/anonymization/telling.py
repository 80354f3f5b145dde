"""Names that a file brings along, as messages may tell them: of columns, members, sheets, files in archives.

Messages go to logs, records of runs and mails, and what stands where a name should may be somebody's: a file without
its header has values there, an export has a sheet or a column for each household.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

HIDDEN: Final = "(a name that may be a person's)"

_NUMBER: Final = re.compile(r"@|\d(?:[ ./-]?\d){7}")
"""A mail address, or as many digits as a telephone number has, grouped or not; times of a header are told below."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d|\d\d[./-]\d\d[./-]\d{4}|(?:19|20)\d{6}(?!\d)")


@lru_cache(maxsize=10_000)
def tell_name(name: str) -> str:
    """Give a name as a message may tell it; `HIDDEN` where it looks like a person's, or like a number of one.

    Names that nothing tells are told: this keeps accidents out of messages, and is no promise.

    Example:
        >>> [tell_name(name) for name in ("Energy (kWh)", "541448820000000001", "Anna Peeters kWh")]
        ['Energy (kWh)', "(a name that may be a person's)", "(a name that may be a person's)"]
    """
    from include.anonymization.recognisers.names import find_full_names  # lists of names: a third of a second

    timeless = _TIME.sub(" ", name)
    return HIDDEN if _NUMBER.search(timeless) or find_full_names(timeless.replace("_", " ")) else name


def list_names(names: Sequence[str], most: int = 20) -> str:
    """List names for a message.

    Example:
        >>> list_names(["a", "b", "c"], most=2)
        "'a', 'b' and 1 more"
    """
    told = [tell_name(name) for name in names[:most]]
    shown = ", ".join(name if name == HIDDEN else repr(name[:60]) for name in told)
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
