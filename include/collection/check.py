"""Checks a collection against the CIM: everything that can be known to be wrong before a run."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from croniter import CroniterBadDateError, croniter

from include.anonymization.config import AnonymizationConfig
from include.catalog.config import THEMES, MetadataConfig
from include.cim.concept import Concept
from include.cim.mapping_config import MapperConfig
from include.collection.check_curator import check_curator
from include.collection.check_load import check_load
from include.collection.check_plan import check_plan, check_scans
from include.collection.check_rest import check_rest
from include.collection.check_rule import check_rule
from include.collection.check_shape import check_shape
from include.collection.formats.delimited import CsvFormat
from include.collection.model import CollectionConfig
from include.collection.rest_source import RestSource
from include.collection.source import FileSource
from include.configuration import UNPRINTABLE
from include.errors import NotFound, Problem, name_close
from include.expectations.check_rules import check_rules


class Concepts(Protocol):
    """What a check asks of the CIM; the port `Definition` gives it."""

    def concept(self, name: str) -> Concept: ...

    def concepts(self) -> Sequence[Concept]: ...


def check_collection(config: CollectionConfig, definition: Concepts) -> list[Problem]:
    """Find everything that is wrong in the steps that are there; a draft may lack some (see `missing_steps`)."""
    problems = [*_check_title(config.title), *_check_source(config), *_check_schedule(config)]
    problems += _check_metadata(config.metadata)
    if config.mapper is None:
        return [*problems, *check_rules(config.curator.rules, None), *check_scans(config.anonymization)]
    try:
        concept = definition.concept(config.mapper.concept)
    except NotFound:
        known = [each.name for each in definition.concepts()]
        return [
            *problems,
            Problem(
                "mapper.concept",
                f"the CIM has no concept {config.mapper.concept!r}",
                name_close(config.mapper.concept, known),
            ),
        ]
    return [
        *problems,
        *_check_mapper(config.mapper, concept),
        *check_shape(config.mapper, concept),
        *check_curator(config.curator, config.mapper, concept),
        *_check_plan(config.anonymization, config.mapper, concept),
        *check_load(config.load, config.mapper, concept),
    ]


def missing_steps(config: CollectionConfig) -> list[str]:
    """Name what a collection still needs before it can run: nothing of it is wrong, it is only not there yet."""
    missing = [step for step in ("ingester", "mapper", "metadata") if getattr(config, step) is None]
    if isinstance(config.ingester, FileSource) and config.ingester.upload is None:
        missing.append("ingester.upload")
    return missing


def _check_title(title: str) -> Iterator[Problem]:
    """Look at the title when it is saved, not when it is read: those that are there stay."""
    if not any(sign.isprintable() and not sign.isspace() for sign in title):
        yield Problem("title", "it is blank", "Name what the data is.")
    elif UNPRINTABLE.search(title):
        yield Problem("title", "it holds a line end or another character that does not print", "Write it in one line.")


def _check_source(config: CollectionConfig) -> Iterator[Problem]:
    if isinstance(config.ingester, RestSource):
        yield from check_rest(config.ingester)
    form = config.ingester.format if config.ingester is not None else None
    encoding = getattr(form, "encoding", "utf-8")
    try:
        text = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        text = False
    if not text:
        what = f"no encoding is called {encoding!r}"
        yield Problem("ingester.format.encoding", what, "utf-8, cp1252 and latin-1 are common.")
    if not isinstance(form, CsvFormat):
        return
    for name in form.odd_signs:
        yield Problem(f"ingester.format.{name}", "it is no ASCII character", "Convert the file beforehand.")
    if form.delimiter in (form.quote, "\n", "\r"):
        yield Problem("ingester.format.delimiter", "it is the quote or a line's end", "Usual are , ; | and the tab.")


def _check_metadata(metadata: MetadataConfig | None) -> Iterator[Problem]:
    for number, theme in enumerate(metadata.themes if metadata is not None else ()):
        if theme not in THEMES:
            what = f"the EU's data themes have no {theme!r}"
            yield Problem(f"metadata.themes[{number}]", what, name_close(theme, THEMES))


def _check_schedule(config: CollectionConfig) -> Iterator[Problem]:
    cron = config.schedule.cron if config.schedule is not None else None
    if cron is not None and not croniter.is_valid(cron):
        remedy = "Minute, hour, day, month, weekday: `15 6 * * *` is every day at 06:15."
        yield Problem("schedule.cron", f"{cron!r} is no cron expression", remedy)
    elif cron is not None and not _comes(cron):
        yield Problem("schedule.cron", f"{cron!r} never comes", "Name a day that its month has.")


def _comes(cron: str) -> bool:
    try:
        croniter(cron).get_next()
    except CroniterBadDateError:
        return False
    return True


def _check_mapper(mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    names = Counter(rule.field for rule in mapper.rules)
    for number, rule in enumerate(mapper.rules):
        where = f"mapper.rules[{number}]"
        if rule.field not in concept.fields:
            what = f"{concept.name} has no field {rule.field!r}"
            yield Problem(f"{where}.field", what, name_close(rule.field, list(concept.fields)))
            continue
        if names[rule.field] > 1:
            yield Problem(f"{where}.field", f"{rule.field} is mapped {names[rule.field]} times", "Map each field once.")
        yield from check_rule(rule, where, concept, mapper)
    for field in concept.fields.values():
        if field.required and field.name not in names:
            remedy = (
                f"Add {{field: {field.name}, source: …}} with its column; or a constant, where it is always the same."
            )
            yield Problem("mapper.rules", f"{field.name} is not mapped, and {concept.name} requires it", remedy)


def _check_plan(plan: AnonymizationConfig, mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    mapped = [rule.field for rule in mapper.rules if rule.field in concept.fields]
    gate = plan.k_anonymity
    spoken_of = {f"fields.{name}": name for name in plan.fields}
    spoken_of |= {f"k_anonymity.{place}": name for place, name in gate.named} if gate is not None else {}
    for place, name in spoken_of.items():
        if name not in mapped:
            what = f"the mapping fills no field {name!r}"
            yield Problem(f"anonymization.{place}", what, name_close(name, mapped))
    unmapped = {f"anonymization.{place}" for place, name in spoken_of.items() if name not in mapped}
    yield from (problem for problem in check_plan(plan, mapped, concept) if problem.where not in unmapped)
