"""Reads messages of UFTP."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import polars as pl

from include.cim.messages.uftp import ELEMENTS, message_rows
from include.collection.formats.uftp import UftpFormat
from include.connectors.content import Content
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.xml_stream import Path, local_name, read_elements
from include.errors import SourceEmpty, SourceRefused


def read_uftp(content: Content, form: UftpFormat) -> Iterator[pl.DataFrame]:
    """Read messages of one kind; see `read_frames`."""
    return tabulate(_rows(content, form), content.name)


def is_message(path: Path) -> bool:
    """Say whether a path leads to a message that is read."""
    return path[-1] in ELEMENTS


def _rows(content: Content, form: UftpFormat) -> Iterator[Row]:
    wanted = form.message
    number = given = 0
    for number, element in enumerate(content.count_records(read_messages(content)), start=1):
        where = f"{content.name}, message {number}"
        kind = ELEMENTS[local_name(element)]
        if wanted is None:
            wanted = kind
        if kind != wanted:
            if form.message is None:
                raise SourceRefused(
                    where, f"it is a {kind}, and those before are {wanted}s", "Set `message` to the kind to be read."
                )
            continue
        given += 1
        try:
            yield from message_rows(element, form.zone, form.isp_length)
        except ValueError as error:
            raise SourceRefused(where, str(error), f"It is read as a {kind} of UFTP.") from None
    if not given:
        what = f"there is no {wanted or 'message of UFTP'} in it"
        raise SourceEmpty(content.name, what, "A SignedMessage has to be opened before; else nothing can be loaded.")


def read_messages(content: Content) -> Iterator[Element]:
    """Give one message after the other."""
    return (element for _, _, element in read_elements(content, is_message))
