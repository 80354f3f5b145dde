"""Everything that is known of a source: detected, read to its end, and profiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from include.cim.units import find_unit
from include.cim.zone import read_zone
from include.collection.inspection import DetectedTable, Detection, Inspection, Issue, Question, TimeProfile
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.noted_days import NotedDays, find_noted_days
from include.connectors.detection.profile import Profiled, profile_table
from include.connectors.detection.sample import Sample, take_sample
from include.connectors.detection.settings import read_value
from include.connectors.detection.times import profile_time
from include.connectors.detection.units import unit_in_name
from include.connectors.formats.choose import read_frames, read_units
from include.errors import ConfigurationInvalid, Problem, name_close

_OWN: Final = ("table", "concept", "zone", "date", "date_order", "interval_label")
"""What an owner may set beside the keys of the format."""

_ANSWERS: Final = {"date_order": ("dmy", "mdy", "ymd"), "interval_label": ("start", "end")}
_MEASURED: Final = frozenset({"energy", "power", "reactive_energy", "reactive_power", "volume", "temperature"})
"""What a title's last word or brackets tell of a table's values: an hour or a metre may be anything's there."""

_TIMELESS: Final = "If one or several do, name them in the mapping."
_HINTS: Final = 20_000
"""So many bytes of a file tell its language."""


def inspect_source(path: Path, name: str, given: Mapping[str, Any]) -> Inspection:
    """Say everything that is known of a file, over all its rows and in bounded memory.

    Args:
        name: What its owner calls it.
        given: What its owner has set, which is taken as right: keys of the format, and `kind`, `table`, `concept`,
            `zone`, `date`, `date_order`, `interval_label`.

    Raises:
        SourceRefused: It cannot be read; says why.
        ConfigurationInvalid: There is no such setting, or it cannot have this value.
    """
    given = {key: read_value(key, value) for key, value in given.items()}
    own = _read_own(given)
    form = {key: value for key, value in given.items() if key not in _OWN}
    sample = take_sample(name, lambda: Content.open(path, name), given.get("member"))
    found = _choose_table(detect(sample, form), given.get("table"))
    own = {"zone": found.zone, **own} if found.zone else own
    noted = [find_noted_days(Path(name).stem, table.notes) for table in found.tables]
    days = [_day_of(each, own) for each in noted]
    profiles = [_profile(sample, table, own, day) for table, day in zip(found.tables, days, strict=True)]
    main = profiles[0]
    hints = " ".join([name, *(column.name for column in main.columns), sample.head[:_HINTS].decode("latin-1")])
    timed = profile_time(
        main.axes, main.columns, hints, own.get("zone"), own.get("interval_label"), days_noted=noted[0].certain
    )
    issues = [*found.issues, *(issue for each in profiles for issue in each.issues)]
    questions = list(found.questions)
    if timed:
        issues += timed.issues
        questions += timed.questions
        if timed.profile is None:
            questions.append(_ask_day(timed.columns, noted[0].options))
        elif timed.profile.date and "date" not in own:
            issues.append(_tell_day(timed.profile, noted[0].where))
    elif main.table.rows and any(column.counts for column in main.columns):
        issues.append(
            Issue(f"table {main.table.name!r}", "no column was found that tells the time of a row", _TIMELESS)
        )
    if timed and timed.form and len(timed.columns) == 1:
        profiles[0] = _settle_time(main, timed.columns[0], timed.form)
    tables = tuple(each.table for each in profiles)
    time = timed.profile if timed else None
    return Inspection(found, tables, time, tuple(issues), tuple(questions), own.get("concept"))


def _day_of(noted: NotedDays, own: Mapping[str, str]) -> date | None:
    """Give the day of all rows of a table, where it is certain."""
    if "date" in own:
        return date.fromisoformat(own["date"])
    return noted.options[0] if len(noted.options) == 1 else None


def _tell_day(profile: TimeProfile, where: str) -> Issue:
    what = f"its day, {profile.date}, stands {where} alone"
    return Issue(f"column {' '.join(profile.columns)!r}", what, "Give it to the mapping's rule: `date`.")


def _ask_day(clock: Sequence[str], options: tuple[date, ...]) -> Question:
    what = f"Column {' '.join(clock)!r} tells the time of a day, and no column the day: which is it?"
    return Question("date", what, tuple(map(str, options)))


def _profile(sample: Sample, table: DetectedTable, own: Mapping[str, str], day: date | None) -> Profiled:
    with sample.open() as content:
        above = _unit_above(table)
        units = {**above, **read_units(content, table.form)}
    with sample.open() as content:
        frames = read_frames(content, table.form)
        profiled = profile_table(table.name, frames, table.form.numbers, units, own.get("date_order"), day)
        told = tuple(issue for issue in content.issues if "U+FFFD" not in issue.what)  # the profile counts them all
        taken = (Issue(f"column {name!r}", f"its unit, {unit}, stands above it") for name, unit in above.items())
        return replace(profiled, issues=(*told, *taken, *profiled.issues))


def _unit_above(table: DetectedTable) -> dict[str, str]:
    """Find the unit of cells that became one column, where a title or the corner of their matrix tells one."""
    unpivot = getattr(table.form, "unpivot", None)
    if unpivot is None or unpivot.columns:
        return {}
    told = {unit_in_name(cell)[0] for note in table.notes for cell in note.split("\t")} - {None}
    units = {unit for unit in told if unit and find_unit(unit).dimension in _MEASURED}
    return {unpivot.value: units.pop()} if len(units) == 1 else {}


def _settle_time(main: Profiled, name: str, form: str) -> Profiled:
    """Profile the column of the time again as the whole table reads it, where its own cells leave the order open."""
    column = next(each for each in main.columns if each.name == name)
    if len(column.time_formats) < 2:
        return main
    column.settle_time(form)
    columns = tuple(column.profile() if each.name == name else each for each in main.table.columns)
    return replace(main, table=replace(main.table, columns=columns))


def _choose_table(found: Detection, wanted: Any) -> Detection:
    """Put the table first that the owner chose, by its name or number.

    Raises:
        ConfigurationInvalid: There is none; names those that there are.
    """
    if wanted is None:
        return found
    tables = found.tables
    for number, table in enumerate(tables, start=1):
        if str(wanted) in {table.name, str(getattr(table.form, "table", None) or number)}:
            return replace(found, tables=(table, *(each for each in tables if each is not table)))
    names = ", ".join(f"{number} ({table.name})" for number, table in enumerate(tables[:20], start=1))
    raise ConfigurationInvalid([Problem("table", f"there is no table {str(wanted)!r}", f"There are {names}.")])


def _read_own(given: Mapping[str, Any]) -> dict[str, str]:
    """Read what is no key of a format.

    Raises:
        ConfigurationInvalid: No format has such a key, or it takes no such answer.
    """
    known = sorted({*_OWN, "member", *(key for kind in get_args(get_args(Format)[0]) for key in kind.model_fields)})
    for key in given:
        if key not in known:
            raise ConfigurationInvalid([Problem(key, "there is no such setting", name_close(key, known))])
    own = {key: str(given[key]) for key in _OWN if key != "table" and given.get(key) is not None}
    for key, answers in _ANSWERS.items():
        if key in own and own[key] not in answers:
            remedy = f"It is one of {', '.join(answers)}."
            raise ConfigurationInvalid([Problem(key, f"{own[key]!r} is no answer", remedy)])
    if "zone" in own:
        read_zone(own["zone"])
    if "date" in own and not _is_day(own["date"]):
        raise ConfigurationInvalid([Problem("date", f"{own['date']!r} is no day", "Write it as YYYY-MM-DD.")])
    return own


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
