"""JSON with records somewhere in it."""

from __future__ import annotations

import re
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from include.collection.formats.layout import WrittenNumbers

Step = str | None
"""A member's name, or None for `[*]`: every item of a list, every member of an object."""

_STEP: Final = r"(?:\.[^.\[\]]+|\['[^']+'\]|\[\*\])"
PATH: Final = rf"^\${_STEP}*$"
_SPLIT: Final = re.compile(r"\.([^.\[\]]+)|\['([^']+)'\]|\[\*\]")
_PLAIN: Final = re.compile(r"[^.\[\]]+")


def path_steps(path: str) -> tuple[Step, ...]:
    """Take a path apart.

    Source: the part of RFC 9535 (JSONPath) that names members.

    Example:
        >>> path_steps("$.data[*]['sensor.power']")
        ('data', None, 'sensor.power')
    """
    return tuple(found[1] or found[2] for found in _SPLIT.finditer(path))


def path_text(steps: tuple[Step, ...]) -> str:
    """Write a path.

    Example:
        >>> path_text(("data", None, "sensor.power"))
        "$.data[*]['sensor.power']"
    """
    return "$" + "".join(
        "[*]" if step is None else f".{step}" if _PLAIN.fullmatch(step) else f"['{step}']" for step in steps
    )


class JsonFormat(WrittenNumbers):
    """JSON with records somewhere in it; nested members become columns named `a.b.c`."""

    kind: Literal["json"] = "json"
    encoding: str = "utf-8"
    lines: bool = Field(False, description="one document after the other: together they are the list `$`")
    lead: tuple[str, ...] = Field(
        (), description="of lines: the names of the words before each document, as mosquitto_sub -v writes its `topic`"
    )
    records: str = Field("$", pattern=PATH, max_length=1000, description="where the records are: $.data[*].intervals")
    shape: Literal["list", "object", "keys", "columns"] = Field(
        "list",
        description="how they lie there: a list of records; one object, the only record; an object whose members are "
        "the records, with their keys as data; an object of lists, each a column",
    )
    members: tuple[str, ...] = Field(
        (), description="`keys`: members with the same keys, a column each; `columns`: the lists to take"
    )
    key: str = Field("key", min_length=1, description="the column that takes keys that are data")
    header: str | None = Field(
        None,
        pattern=rf"^(first|\${_STEP}*)$",
        max_length=1000,
        description="where the names of records that are lists stand: a path, or `first` for the first record",
    )
    names: tuple[str, ...] = Field((), description="the names of records that are lists, where no header tells")
    inherit: tuple[str, ...] = Field((), description="paths of what stands above the records and belongs to each")
    senml: bool = Field(
        False, description="records of RFC 8428: base values (bn, bt, bu, bv, bs) hold for the records after them"
    )
    ngsi: bool = Field(
        False, description="entities of NGSI-LD or NGSI v2: the value of each attribute stands under its name"
    )
    carry: tuple[str, ...] = Field(
        (), description="columns that the first record of a list says for those after it, as Home Assistant's history"
    )
    units: str | None = Field(None, pattern=PATH, max_length=1000, description="an object with the columns' units")

    @model_validator(mode="after")
    def _above_the_records(self) -> Self:
        if self.lead and not self.lines:
            raise ValueError("`lead` goes with `lines`")
        if self.senml and self.shape != "list":
            raise ValueError("`senml` goes with a list of records")
        if self.ngsi and self.shape not in {"list", "object"}:
            raise ValueError("`ngsi` goes with a list of records, or one object")
        records = path_steps(self.records)
        for path in (*self.inherit, *([self.header] if self.header not in {None, "first"} else [])):
            if not re.fullmatch(PATH, path or ""):
                raise ValueError(f"`inherit` takes paths such as $.meta.unit, not {path!r}")
            steps = path_steps(path or "")
            shared = wildcards_shared(records, steps)
            if None in steps[shared:] and path != self.header:
                raise ValueError(f"{path} does not stand above the records at {self.records}")
        return self


def wildcards_shared(records: tuple[Step, ...], other: tuple[Step, ...]) -> int:
    """Give the length of the path up to the last `[*]` that both go through."""
    shared = 0
    for place, (one, two) in enumerate(zip(records, other, strict=False), start=1):
        if one != two:
            break
        if one is None:
            shared = place
    return shared
