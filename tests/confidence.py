"""Fits the confidence of suggestions over the labelled headers that may be looked at: `python -m tests.confidence`.

It prints the weights for `include/cim/suggest/confidence.py` and, fitted without one tenth of the vendors after the
other, how many columns get a wrong suggestion and how many of the labelled ones get one, by the bound `SURE`; and
how often a known format is right for files in none of them: the file's own, or all of its vendor's, are left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from include.cim.definition import load_definition
from include.cim.suggest.confidence import features
from include.cim.suggest.decide import decide
from include.cim.suggest.evidence import is_to_ask
from include.cim.suggest.fields import build_vocabulary
from include.cim.suggest.formats import Format, Formats, known_formats
from tests.unit.cim.header_sets import FOLDER, columns_in, labels_of, read_sets

FILES = tuple(sorted(path.stem for path in FOLDER.glob("tuning*.yaml")))
PENALTY = 3.0
FOLDS = 10
SEEDS = 5
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """A column of a labelled set: the features of what is taken for it, if anything, and whether that is right.

    Attributes:
        asked: Whether too little is told of it for being sure.
    """

    vendor: str
    features: tuple[float, ...] | None
    right: bool
    labelled: bool
    asked: bool


def look() -> Iterator[Seen]:
    """Decide over every set."""
    concepts = load_definition().concepts()
    vocabulary = build_vocabulary(concepts)
    for file in FILES:
        for each, columns in zip(read_sets(FOLDER / f"{file}.yaml"), columns_in(FOLDER / f"{file}.yaml"), strict=True):
            decision = decide(columns, each["file"] or "", vocabulary, {})
            readings = {reading.column.name: reading for reading in decision.readings}
            for column, entry in zip(columns, each["columns"], strict=True):
                labels = labels_of(entry["truth"])
                reading, ref = readings[column.name], decision.taken.get(column.name)
                made, asked = None, False
                if ref is not None and decision.may_lend(ref, vocabulary):
                    option = next(option for option in reading.options if option.ref == ref)
                    asked = is_to_ask(reading.column, vocabulary.fields[ref], option.fit)
                    made = None if option.named.changed else tuple(features(option, reading, decision))
                right = any(label and (label["concept"], label["field"]) == ref for label in labels)
                yield Seen(each["vendor"], made, right, None not in labels, asked)


def fit(x: Numbers, y: Numbers) -> Numbers:
    """Maximise the likelihood, less an L2 penalty on all weights but the first, by Newton's method."""
    weights = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 1e-6
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - p) - penalty * weights
        weights += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty), slope)
    return weights


def predict_without(x: Numbers, y: Numbers, vendors: npt.NDArray[np.str_], seed: int) -> Numbers:
    """Give each column's confidence as fitted without its vendor."""
    names = sorted(set(vendors))
    random.Random(seed).shuffle(names)
    p = np.zeros(len(y))
    for fold in range(FOLDS):
        left_out = np.isin(vendors, names[fold::FOLDS])
        p[left_out] = 1 / (1 + np.exp(-x[left_out] @ fit(x[~left_out], y[~left_out])))
    return p


def look_up(without: Callable[[Format, Mapping[str, Any]], bool]) -> tuple[int, int, int]:
    """Count the sets that are taken for a known format, the columns that it knows, and those that it is right for.

    Args:
        without: Says which formats are left out for a set.
    """
    taken, columns, right = 0, 0, 0
    for each in (each for file in FILES for each in read_sets(FOLDER / f"{file}.yaml")):
        formats = Formats(known for known in known_formats().formats if not without(known, each))
        labels = {entry["name"]: labels_of(entry["truth"]) for entry in each["columns"]}
        found = formats.recognise(list(labels))
        taken += found is not None
        for name, known in found.columns.items() if found else ():
            refs = {(label["concept"], label["field"]) if label else None for label in labels[name]}
            columns += 1
            right += bool(refs & known.units.keys()) if known.units else None in refs
    return taken, columns, right


def main() -> None:
    seen = list(look())
    made = [each for each in seen if each.features is not None]
    x, y = np.array([each.features for each in made]), np.array([float(each.right) for each in made])
    vendors = np.array([each.vendor for each in made])
    labelled = np.array([each.labelled for each in made])
    print("WEIGHTS:", tuple(round(float(weight), 2) for weight in fit(x, y)))
    p = np.array([predict_without(x, y, vendors, seed) for seed in range(SEEDS)])
    p[:, [each.asked for each in made]] = 0.0
    for sure in (0.88, 0.89, 0.9, 0.91, 0.92, 0.925, 0.93):
        wrong = ((p >= sure) & (y == 0)).sum() / SEEDS / len(seen)
        suggested = ((p >= sure) & labelled).sum() / SEEDS / sum(each.labelled for each in seen)
        print(f"SURE {sure}: {wrong:.1%} of the columns wrong, {suggested:.1%} of the labelled suggested")
    for key in ("vendor", "name"):
        taken, columns, right = look_up(lambda known, each, key=key: getattr(known, key) == each[key])  # type: ignore[misc]
        print(f"formats without the {key}'s: {taken} files taken for one, {columns} columns, {right} of them right")


if __name__ == "__main__":
    main()
