"""Checks how further batches meet what is there, against the mapping and its concept."""

from __future__ import annotations

from collections.abc import Iterator

from include.batch import LoadMode
from include.cim.concept import Concept, time_field
from include.cim.mapping_config import MapperConfig
from include.cim.previous import needs_previous
from include.collection.load import LoadConfig
from include.errors import Problem, name_close


def check_load(load: LoadConfig, mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    """Find what is wrong with it for rows of this mapping and concept."""
    time = time_field(concept)
    if load.mode is LoadMode.REPLACE:
        if time is None:
            what = f"{concept.name} has no time, so a batch covers none"
            yield Problem("load.mode", what, "`upsert` replaces rows by their key.")
        elif time not in concept.key and load.per is None:
            what = f"the key of {concept.name} names no series"
            yield Problem("load.per", what, "Name the fields that do; or write [] for the whole dataset.")
    elif load.per is not None:
        yield Problem("load.per", f"only `replace` covers a time; the mode is {load.mode}", "Leave `per` out.")
    for number, name in enumerate(load.per or ()):
        if name not in concept.fields:
            what = f"{concept.name} has no field {name!r}"
            yield Problem(f"load.per[{number}]", what, name_close(name, list(concept.fields)))
        elif name == time:
            yield Problem(f"load.per[{number}]", f"{name} is the time that a batch covers", "Leave it out.")
    counting = next((rule.field for rule in mapper.rules if needs_previous(rule)), None)
    if counting is not None and load.mode is not LoadMode.APPEND:
        yield Problem(
            "load.mode",
            f"{counting} is held against the reading before, and one that is read again has none: "
            f"what is there would be replaced by nothing",
            "Leave `append`; a batch that was wrong is taken back, and its file loaded again.",
        )
