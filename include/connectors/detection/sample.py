"""The beginning of a source, for detection to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from include.connectors.content import Content

SAMPLE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What detection sees of a source.

    Attributes:
        head: The first `SAMPLE_BYTES` bytes, unpacked.
        whole: Whether that is all of it.
        open: Opens the source from its beginning, for whoever has to read more; the caller closes it.
    """

    name: str
    head: bytes
    whole: bool
    open: Callable[[], Content]


def take_sample(name: str, open_content: Callable[[], Content]) -> Sample:
    """Read the beginning of a source.

    Raises:
        SourceRefused: It cannot even be unpacked.
    """
    head = bytearray()
    with open_content() as content:
        while len(head) <= SAMPLE_BYTES and (chunk := content.read(SAMPLE_BYTES)):
            head += chunk
    return Sample(name, bytes(head[:SAMPLE_BYTES]), len(head) <= SAMPLE_BYTES, open_content)
