"""Numbered Elasticsearch indices behind an alias: `cdmp-datasets` stands for `cdmp-datasets-000002`.

Who writes and searches names the alias. A new index is filled beside the old one and takes the alias over in one step.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.helpers import streaming_bulk

from include.errors import IndexAway, IndexRefuses

_AGAIN: Final = "The platform tries again by itself"
_PATIENCE_S: Final = 10
_BULK_S: Final = 60
_CHUNK: Final = 1000
_CHUNK_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Shape:
    """What an index is made with."""

    settings: Mapping[str, Any]
    mappings: Mapping[str, Any]


def open_client(url: str) -> Elasticsearch:
    """Make a client; connects when first used. A connection that broke meanwhile is made anew, a timeout is told."""
    return Elasticsearch(url, request_timeout=_PATIENCE_S, max_retries=1, retry_on_timeout=False)


@contextmanager
def answering() -> Iterator[None]:
    """Turn the client's errors into ours, without their text: it may quote what was to be stored.

    Raises:
        IndexAway: Elasticsearch does not answer, cannot now, or its index is not as this version of the platform needs.
    """
    try:
        yield
    except TransportError:
        raise IndexAway("Elasticsearch", "does not answer", _AGAIN) from None
    except ApiError as error:
        raise _judge(error.status_code, error.error) from None


def ensure(client: Elasticsearch, alias: str, shape: Shape) -> None:
    """Make the alias and its first index where they are not there."""
    if not client.indices.exists_alias(name=alias):
        name = f"{alias}-{_next(client, alias):06}"
        with _whoever_was_quicker():
            client.indices.create(index=name, settings=shape.settings, mappings=shape.mappings, aliases={alias: {}})


def put_all(client: Elasticsearch, index: str, actions: Iterable[dict[str, Any]], **options: Any) -> int:
    """Send actions by bulk, as they come; gives their number.

    Raises:
        IndexAway: Some were refused; what others did stays.
    """
    patient = client.options(request_timeout=_BULK_S)
    sent, refused = 0, Counter[tuple[int, str]]()
    for taken, item in streaming_bulk(
        patient,
        actions,
        index=index,
        chunk_size=_CHUNK,
        max_chunk_bytes=_CHUNK_BYTES,
        raise_on_error=False,
        max_retries=3,
        **options,
    ):
        (result,) = item.values()
        gone = "delete" in item and result["status"] == 404
        if taken or gone:
            sent += 1
        else:
            refused[result["status"], result.get("error", {}).get("type", "")] += 1
    if refused:
        raise _judge(*refused.most_common(1)[0][0])
    return sent


def replace(client: Elasticsearch, alias: str, shape: Shape, actions: Iterable[dict[str, Any]]) -> int:
    """Fill a new index and let it take the alias over; searches answer from the old one until then, which goes.

    What an earlier try left half-filled goes too. Gives the number of documents.
    """
    name = make_beside(client, alias, shape)
    try:
        count = put_all(client, name, actions)
        take_over(client, alias, name)
    except BaseException:  # a stop too: no half-filled index stays
        with _unless_away():
            client.indices.delete(index=name, ignore_unavailable=True)
        raise
    return count


def make_beside(client: Elasticsearch, alias: str, shape: Shape) -> str:
    """Make an index that is not behind the alias yet, for filling; gives its name. A half-filled one goes."""
    name = f"{alias}-{_next(client, alias):06}"
    there = indices_of(client, alias)
    if old := [each for each, told in there.items() if alias not in told["aliases"] and each != alias]:
        client.indices.delete(index=old, ignore_unavailable=True)
    filling = {**shape.settings, "refresh_interval": "-1"}
    client.indices.create(index=name, settings=filling, mappings=shape.mappings)
    return name


def take_over(client: Elasticsearch, alias: str, name: str) -> None:
    """Let an index that was made beside take the alias over, in one step; the others go."""
    client.indices.put_settings(index=name, settings={"refresh_interval": None})
    client.indices.refresh(index=name)
    swap: list[dict[str, Any]] = [{"remove_index": {"index": old}} for old in indices_of(client, alias) if old != name]
    client.indices.update_aliases(actions=[*swap, {"add": {"index": name, "alias": alias}}])


def drop(client: Elasticsearch, alias: str) -> None:
    """Remove the alias and its indices; the second time does nothing."""
    if names := [*indices_of(client, alias)]:
        client.indices.delete(index=names, ignore_unavailable=True)


def indices_of(client: Elasticsearch, alias: str) -> dict[str, Any]:
    """Describe every index of the alias: behind it, half-filled, or (made by a stray write) called as it is."""
    there = client.indices.get(index=f"{alias},{alias}-*", ignore_unavailable=True, allow_no_indices=True)
    numbered = re.compile(rf"{re.escape(alias)}(-\d+)?")
    return {name: told for name, told in there.items() if numbered.fullmatch(name)}


def _next(client: Elasticsearch, alias: str) -> int:
    numbers = (name.removeprefix(alias).removeprefix("-") for name in indices_of(client, alias))
    return max((int(number) for number in numbers if number), default=0) + 1


@contextmanager
def _whoever_was_quicker() -> Iterator[None]:
    try:
        yield
    except BadRequestError as error:
        if error.error != "resource_already_exists_exception":
            raise


@contextmanager
def _unless_away() -> Iterator[None]:
    try:
        yield
    except (TransportError, NotFoundError):
        return


def _judge(status: int, kind: str) -> IndexAway:
    if status in (429, 502, 503, 504):
        return IndexAway("Elasticsearch", "is overloaded", _AGAIN)
    if status in (401, 403):
        return IndexAway("Elasticsearch", f"does not let the platform in ({status})", "Check CDMP_ELASTICSEARCH_URL")
    remedy = "An index of another version of the platform is made anew by `cdmp reindex`"
    return IndexRefuses("Elasticsearch", f"refuses what it is asked ({status} {kind})", remedy)
