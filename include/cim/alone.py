"""The mapping of a row that has left its batch: what other rows would tell of it is not known any more."""

from __future__ import annotations

from include.cim.mapping_config import MapperConfig, RepeatedHour
from include.cim.previous import needs_previous
from include.cim.raw_rows import raw_name
from include.errors import ConfigurationInvalid, Problem


def refuse_neighbours(mapper: MapperConfig) -> None:
    """Raise ConfigurationInvalid where a row's values are made of other rows, which are not there any more."""
    remedy = "Correct the source and load it as a further file, then discard the rows."
    before = "is made of the reading before, which is not in quarantine"
    problems = [
        Problem(f"mapper.rules[{place}]", f"{rule.field} {before}", remedy)
        for place, rule in enumerate(mapper.rules)
        if needs_previous(rule)
    ]
    if mapper.merge_rows:
        what = "rows with one key are one, and the others are not in quarantine"
        problems.append(Problem("mapper.merge_rows", what, remedy))
    if problems:
        raise ConfigurationInvalid(problems)


def columns_read(mapper: MapperConfig) -> tuple[str, ...]:
    """Give the columns that the rules read of a row that has left its batch, under the names that it has them by."""
    return tuple(dict.fromkeys(raw_name(name) for rule in mapper.rules for name in rule.reads))


def map_alone(mapper: MapperConfig) -> MapperConfig:
    """Give the mapping for rows that come alone: the order of a batch cannot tell which of two hours one means."""
    alone = {"repeated_hour": RepeatedHour.REFUSE}
    rules = [
        rule.model_copy(update=alone) if rule.repeated_hour is RepeatedHour.BY_OCCURRENCE else rule
        for rule in mapper.rules
    ]
    return mapper.model_copy(update={"rules": tuple(rules)})
