"""The tree of errors; the class decides what happens, in one place (`orchestration.tasks`, `api.problems`).

    CdmpError
    ├── SourceUnavailable     the source did not answer: retry with back-off
    ├── SourceRefused         the source answered with something unusable: fail at once, tell a person
    │   ├── ChecksumWrong     what arrived is not what was sent
    │   └── SourceEmpty       it is what it should be, and holds no row: of an API's page, that is the end
    ├── ConfigurationInvalid  a collection cannot work as it is written: fail at once, tell a person
    ├── BatchRefused          a curation rule says that the whole batch must not be loaded
    ├── NotFound              absent, or not the requestor's to know of
    ├── NotAllowed            known to the requestor, but not theirs to do
    ├── Conflict              it contradicts what is there already
    │   ├── Locked            somebody is at work on it at this moment
    │   └── DuplicateUpload   the owner handed over this very content before
    ├── TooLarge              more than a limit allows
    └── StoreUnavailable      a store of ours is away: retry; 503 with Retry-After
        └── IndexAway         the search index is; whoever loads goes on, and the index follows later
            └── IndexRefuses  it is there, and does not take this: others go on

Every error says where, what, and what would be right. None carries a value of a row, and none carries a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class CdmpError(Exception):
    """An error that a person can act on.

    Args:
        where: The place, as the person knows it: a file and line, a step and field, a URL's host.
        what: What is wrong there, as a sentence without its full stop.
        remedy: What would be right, or what to do.
    """

    def __init__(self, where: str, what: str, remedy: str = "") -> None:
        super().__init__(where, what, remedy)
        self.where = where
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}."
        return f"{sentence} {self.remedy}" if self.remedy else sentence


class SourceUnavailable(CdmpError):
    """The source did not answer, or answered that it cannot now."""


class SourceRefused(CdmpError):
    """The source answered, and what it gave cannot be used."""


class SourceEmpty(SourceRefused):
    """The source is what it should be, and holds no row."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration.

    Attributes:
        where: A path into the document: `mapper.rules[3].unit`.
    """

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}." + (f" {self.remedy}" if self.remedy else "")


class ConfigurationInvalid(CdmpError):
    """A collection cannot work as it is written; `problems` lists everything that is wrong, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.where, first.what, first.remedy)

    def __reduce__(self) -> tuple[type[ConfigurationInvalid], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    def __str__(self) -> str:
        return " ".join(str(problem) for problem in self.problems)


class BatchRefused(CdmpError):
    """A curation rule says that the whole batch must not be loaded."""


class NotFound(CdmpError):
    """Absent, or not the requestor's to know of: the two answer alike."""


class NotAllowed(CdmpError):
    """Known to the requestor, but not theirs to do."""


class ChecksumWrong(SourceRefused):
    """What arrived is not what was sent; it was not kept."""


class Conflict(CdmpError):
    """It contradicts what is there already."""


class Locked(Conflict):
    """Somebody is at work on it at this moment; trying again in a few seconds is right."""


class DuplicateUpload(Conflict):
    """The owner handed over this very content before."""


class TooLarge(CdmpError):
    """More than a limit allows."""


class StoreUnavailable(CdmpError):
    """A store of ours is away; trying again later is right."""


class IndexAway(StoreUnavailable):
    """The search index is away, or is being rebuilt; nothing is lost, and it follows later."""


class IndexRefuses(IndexAway):
    """The search index answers, and does not take what it was given; it may take what others have."""


def name_close(name: str, known: Iterable[str], all_are: str = "There are") -> str:
    """Say which of the known names may be meant, or what all of them are.

    Example:
        >>> name_close("enery", ["energy", "power"]), name_close("x", ["energy", "power"])
        ('Did you mean energy?', 'There are energy, power.')
    """
    known = list(known)
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"{all_are} {', '.join(known)}."
