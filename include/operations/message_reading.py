"""Reading a dataset of flexibility as the messages that others exchange, whole ones only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from include.access.requestor import Requestor
from include.cim.messages.write_openadr3 import OPENADR3_CONCEPTS, write_openadr3
from include.cim.messages.write_uftp import UFTP_CONCEPTS, write_uftp
from include.errors import ConfigurationInvalid, Problem
from include.operations.cursor import write_cursor
from include.operations.dataset_reading import read_dataset, read_records
from include.operations.services import Services

MOST_ROWS: Final = 100_000
"""Of one message."""


class Protocol(StrEnum):
    """How flexibility is written."""

    OPENADR3 = "openadr3"
    UFTP = "uftp"


_CONCEPTS: Final = {Protocol.OPENADR3: OPENADR3_CONCEPTS, Protocol.UFTP: UFTP_CONCEPTS}


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some whole messages, in the order of their ids; `cursor` is None on the last page.

    Attributes:
        text: A JSON list of OpenADR 3.1, or XML of UFTP.
    """

    text: str
    cursor: str | None


def read_messages(
    services: Services,
    requestor: Requestor,
    dataset_id: UUID,
    protocol: Protocol,
    *,
    cursor: str | None = None,
    limit: int = 50,
    as_of: UUID | None = None,
) -> MessagePage:
    """Read the messages that some rows of a dataset are; the last one is read to its end.

    Args:
        limit: Rows after which no further message begins.
        as_of: As for `read_records`.

    Raises:
        NotFound: As `read_dataset`.
        ConfigurationInvalid: The dataset holds nothing that the protocol writes, or its rows make no whole message.
    """
    concept = services.definition.concept(read_dataset(services, requestor, dataset_id).concept)
    if concept.name not in _CONCEPTS[protocol]:
        whole = ", ".join(_CONCEPTS[protocol])
        what = f"{protocol} writes no {concept.name}"
        raise ConfigurationInvalid([Problem("format", what, f"It writes datasets of {whole}")])
    page = read_records(services, requestor, dataset_id, cursor=cursor, limit=limit, as_of=as_of)
    rows: list[dict[str, Any]] = page.table.to_pylist()
    following = page.cursor
    while following is not None:
        page = read_records(services, requestor, dataset_id, cursor=following, limit=limit, as_of=as_of)
        more: list[dict[str, Any]] = page.table.to_pylist()
        last = rows[-1][concept.key[0]]
        same = next((place for place, row in enumerate(more) if row[concept.key[0]] != last), len(more))
        rows += more[:same]
        following = write_cursor([rows[-1][name] for name in concept.key])
        if same < len(more):
            break
        following = page.cursor
        if len(rows) > MOST_ROWS:
            raise ConfigurationInvalid(
                [Problem("format", f"a message has more than {MOST_ROWS} rows", "Read its rows")]
            )
    try:
        text = (
            json.dumps(write_openadr3(concept.name, rows), ensure_ascii=False, allow_nan=False)
            if protocol is Protocol.OPENADR3
            else write_uftp(rows)
        )
    except ValueError as error:
        raise ConfigurationInvalid(
            [Problem("format", str(error), "Read its rows as JSON, or map what is missing")]
        ) from None
    return MessagePage(text, following)
