"""The beginning of a source, for detection to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from include.connectors.archive import choose_member
from include.connectors.content import Content

SAMPLE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What detection sees of a source.

    Attributes:
        head: The first `SAMPLE_BYTES` bytes, unpacked.
        whole: Whether that is all of it.
        open: Opens the source from its beginning, for whoever has to read more; the caller closes it.
        members: The files of a ZIP archive, the one that was sampled first; of anything else none.
    """

    name: str
    head: bytes
    whole: bool
    open: Callable[[], Content]
    members: tuple[str, ...] = ()


def take_sample(name: str, open_content: Callable[[], Content], member: str | None = None) -> Sample:
    """Read the beginning of a source.

    Args:
        member: Which file of a ZIP archive; where it holds several and nobody said which, the greatest is looked at.

    Raises:
        SourceRefused: It cannot even be unpacked.
    """
    head = bytearray()
    with open_content() as content:
        members = content.members
        if members:
            chosen = members[0] if member is None else choose_member(members, member, name)
            members = (chosen, *(other for other in members if other != chosen))
            content.choose(chosen)
        while len(head) <= SAMPLE_BYTES and (chunk := content.read(SAMPLE_BYTES)):
            head += chunk

    def reopen() -> Content:
        return open_content().choose(members[0]) if members else open_content()

    return Sample(name, bytes(head[:SAMPLE_BYTES]), len(head) <= SAMPLE_BYTES, reopen, members)
