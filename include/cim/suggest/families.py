"""Makes one new column of several that fill the same field: what tells them apart becomes a column as well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from include.cim.concept import Concept, Field, FieldType, Personal
from include.cim.suggest.cell_values import find_value
from include.cim.suggest.column import Column
from include.cim.suggest.words import OBIS
from include.errors import Problem

_UNIT: Final = re.compile(r"[\[(][^\])]*[\])]")
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"\d+")
_WHOLE: Final = "total"
"""The label of a column that says nothing beside what all of its family say."""
_ALIKE: Final = 0.5
"""Names are alike that share so many of their words."""
_TEXTS: Final = frozenset({FieldType.ID, FieldType.TEXT, FieldType.ENUM})


@dataclass
class Unpivoting:
    """How families of columns become rows.

    Attributes:
        label: The field that tells the rows of one row of the source apart.
        groups: As `MapperConfig.unpivot` has them; new columns are called as the field that they fill.
        values: Label → value of that field, where it has a list of them.
    """

    label: Field
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Give the configuration."""
        return {"label": self.label.name, "groups": self.groups}

    def rule(self) -> dict[str, Any]:
        """Give the rule that fills the label's field."""
        rule: dict[str, Any] = {"field": self.label.name, "source": self.label.name}
        return rule | ({"values": self.values} if any(text != value for text, value in self.values.items()) else {})

    def add_whole(self, field_name: str, column: str) -> bool:
        """Let a column that stands alone fill its field in the rows of the whole only; False where there are none."""
        whole = next((name for name in self.groups if self.values.get(name, name) == _WHOLE), None)
        if whole is None:
            return False
        self.groups[whole][field_name] = column
        return True


def unpivot(
    families: Mapping[str, Sequence[str]], concept: Concept, filled: set[str], missing: list[Problem]
) -> Unpivoting | None:
    """Find what tells the columns of each family apart, and the field that holds it; None where there is none.

    Args:
        families: Field → the columns that fill it, two or more.
        filled: The fields that other columns fill.
        missing: Gets what only the owner can say.

    Example:
        >>> from include.cim.definition import load_definition
        >>> concept = load_definition().concept("electrical_measurement")
        >>> unpivot({"voltage": ["U_L1", "U_L2"]}, concept, set(), []).groups
        {'L1': {'voltage': 'U_L1'}, 'L2': {'voltage': 'U_L2'}}
    """
    families = {name: _alike(name, columns, missing) for name, columns in families.items()}
    labels = {name: _label(columns) for name, columns in families.items()}
    texts = {text for told in labels.values() for text in told.values()}
    label = _choose_label([field for name in concept.key if _may_tell(field := concept.fields[name], filled)], texts)
    if label is None or any(len(set(each.values())) < len(each) for each in labels.values()):
        for name, columns in families.items():
            what = f"{len(columns)} columns fill {name}: {', '.join(columns[:5])}{' …' if len(columns) > 5 else ''}"
            missing.append(Problem("mapper.unpivot", what, "Choose one; or unpivot them: a group for each."))
        return None
    made = Unpivoting(label)
    for name, told in labels.items():
        for column, text in told.items():
            value = find_value(label, text) if label.values else None
            of_value = (each for each, known in made.values.items() if known == value and name not in made.groups[each])
            group = next(of_value, text)  # U1 and P1 are of one phase
            made.groups.setdefault(group, {})[name] = column
            if value is not None:
                made.values[group] = value
            elif label.values:
                what = f"nothing tells which {label.name} {column!r} is"
                remedy = f"Add {text!r} to `values` of the rule: one of {', '.join(label.values[:8])}."
                missing.append(Problem(f"mapper.rules.{label.name}.values", what, remedy))
    return made


def count_alike(columns: Sequence[Column]) -> list[list[str]]:
    """Find columns of one unit that are counted from 1 and called alike but for that, and registers by their codes.

    Numbers of another sort say what is measured: the wind 10 and 50 metres above the ground are two quantities.

    Example:
        >>> names = ("P1 [W]", "P2 [W]", "wind 10m", "wind 50m", "1-0:1.8.0", "1-0:2.8.0")
        >>> count_alike([Column(name, "decimal") for name in names])
        [['P1 [W]', 'P2 [W]'], ['1-0:1.8.0', '1-0:2.8.0']]
    """
    kinds: dict[tuple[str, str | None], list[str]] = {}
    for column in columns:
        kinds.setdefault((_NUMBER.sub("#", OBIS.sub("OBIS", column.name)), column.unit), []).append(column.name)
    return [names for (kind, _), names in kinds.items() if len(names) > 1 and ("OBIS" in kind or _count_on(names))]


def _count_on(names: Sequence[str]) -> bool:
    """Say whether names differ in one number, which goes on by one from 0 or 1."""
    differ = [numbers for each in zip(*map(_NUMBER.findall, names), strict=True) if len(numbers := set(each)) > 1]
    return len(differ) == 1 and sorted(map(int, differ[0])) in (
        [*range(len(names))],
        [*range(1, len(names) + 1)],
    )


def _alike(name: str, columns: Sequence[str], missing: list[Problem]) -> Sequence[str]:
    """Leave out what is named otherwise, where most columns of a family are named alike."""
    words = {column: _words(column) for column in columns}
    alike = [[other for other in columns if _share(words[column], words[other]) >= _ALIKE] for column in columns]
    most = max(alike, key=len)
    if not 1 < len(most) < len(columns) <= 2 * len(most):
        return columns
    others = ", ".join(repr(column) for column in columns if column not in most)
    what = f"{others} may fill {name} too, and is named otherwise than {', '.join(map(repr, most[:3]))}"
    missing.append(Problem("mapper.unpivot", what, "Leave it out, or add a group for it."))
    return most


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _words(column: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(_UNIT.sub(" ", column))}


def _may_tell(field: Field, filled: set[str]) -> bool:
    return field.type in _TEXTS and field.name not in filled and field.personal is not Personal.DIRECT


def _choose_label(fields: Sequence[Field], texts: set[str]) -> Field | None:
    """Choose a field whose list of values most of the texts are of; else one that takes any text."""
    for each in fields:
        if each.values and 2 * sum(find_value(each, text) is not None for text in texts) > len(texts):
            return each
    return next((each for each in fields if not each.values), None)


def _label(columns: Sequence[str]) -> Mapping[str, str]:
    """Give what each column's name says that not all of them do; where that tells them not apart, their names."""
    words = {column: _WORD.findall(_UNIT.sub(" ", column)) for column in columns}
    shared = set.intersection(*({word.lower() for word in said} for said in words.values()))
    own = {column: [word for word in said if word.lower() not in shared] for column, said in words.items()}
    labels = {column: " ".join(said) or _WHOLE for column, said in own.items()}
    return labels if len(set(labels.values())) == len(labels) else {each: _UNIT.sub(" ", each).strip() for each in own}
