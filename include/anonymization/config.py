"""The anonymisation plan as the owner writes it: a method per field, and the gate that the whole has to pass."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, FiniteFloat, TypeAdapter, model_validator

from include.configuration import Configuration


class Method(StrEnum):
    """What becomes of a field's values."""

    PSEUDONYM = "pseudonym"  # keyed HMAC, one key per dataset: joins inside the dataset work, across datasets do not
    HASH = "hash"  # the same for systems that want plain hexadecimal digits; there is none without a key
    ENCRYPT = "encrypt"  # who holds the dataset's key can read it again
    MASK = "mask"  # the first and last characters stay
    REPLACE = "replace"  # a constant of the owner's
    REDACT = "redact"  # the empty text
    DROP = "drop"  # null
    SCAN = "scan"  # free text: what names a person becomes <PERSON>, an address <EMAIL_ADDRESS>
    GENERALISE = "generalise"  # coarser: bins, hours to years, the begin of a postal code, a grid
    ROUND = "round"
    NOISE = "noise"  # a random number is added
    SWAP = "swap"  # the values change places among the rows of the batch
    KEEP = "keep"  # as it is: a recorded exception, with its reason


class Step(StrEnum):
    """How coarse a timestamp becomes."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Pseudonym(Configuration):
    """A keyed hash with the key's id in front."""

    method: Literal[Method.PSEUDONYM]


class Hash(Configuration):
    """A keyed hash in plain hexadecimal digits."""

    method: Literal[Method.HASH]
    algorithm: Literal["sha256", "sha512"] = "sha256"


class Encrypt(Configuration):
    """Encrypted under the dataset's key, and readable with it."""

    method: Literal[Method.ENCRYPT]
    equal_for_equal: bool = Field(False, description="equal values look equal: joins work, and counting them tells")


_PRINTED: Final = r"^[^\x00-\x1f\x7f]+$"
"""No control characters: PostgreSQL takes no NUL, and the others break tables that people read."""


class Mask(Configuration):
    """All but the first and last characters hidden; a value that has no more than those is hidden whole."""

    method: Literal[Method.MASK]
    keep_first: int = Field(0, ge=0, le=64)
    keep_last: int = Field(0, ge=0, le=64)
    sign: str = Field("*", min_length=1, max_length=1, pattern=_PRINTED, examples=["*"])


class Replace(Configuration):
    """A constant."""

    method: Literal[Method.REPLACE]
    value: str = Field(min_length=1, max_length=200, pattern=_PRINTED, examples=["a household"])


class Redact(Configuration):
    """The empty text."""

    method: Literal[Method.REDACT]


class Drop(Configuration):
    """Null."""

    method: Literal[Method.DROP]


class Scan(Configuration):
    """What names a person in free text is replaced by what it is."""

    method: Literal[Method.SCAN]
    entities: tuple[str, ...] = Field((), max_length=100, description="as Presidio names them; empty: all")
    model: str | None = Field(
        None, pattern=r"^[a-z]{2,3}_[a-z_]{3,60}$", examples=["en_core_web_lg"], description="of spaCy, if installed"
    )


class Generalise(Configuration):
    """Coarser, in one of five ways."""

    method: Literal[Method.GENERALISE]
    width: float | None = Field(None, gt=0, allow_inf_nan=False, description="of equal bins, in the field's unit")
    bins: tuple[FiniteFloat, ...] | None = Field(None, min_length=1, max_length=1000, description="where bins begin")
    to: Step | None = Field(None, description="the begin of this, in UTC")
    first: int | None = Field(None, ge=1, le=64, description="characters that stay, of a postal code")
    grid_degrees: float | None = Field(None, gt=0, le=90, description="of a coordinate")

    @property
    def way(self) -> str:
        """Name the option that says how."""
        return next(name for name in WAYS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"`generalise` has {' and '.join(given) or 'no way'}; write one of {', '.join(WAYS)}")
        if self.bins is not None and not all(a < b for a, b in zip(self.bins, self.bins[1:], strict=False)):
            raise ValueError("`bins` do not rise; write where each begins, from the lowest to the highest")
        return self


WAYS: Final = ("width", "bins", "to", "first", "grid_degrees")


class Round(Configuration):
    """Rounded to digits after the point; negative: before it."""

    method: Literal[Method.ROUND]
    digits: int = Field(ge=-9, le=9)


class Noise(Configuration):
    """A random number of Laplace's distribution is added."""

    method: Literal[Method.NOISE]
    scale: float = Field(gt=0, allow_inf_nan=False, description="half of all are moved by less than 0.7 of it")


class Swap(Configuration):
    """The values of a batch change places."""

    method: Literal[Method.SWAP]


class Keep(Configuration):
    """As it is."""

    method: Literal[Method.KEEP]
    reason: str = Field(
        min_length=3,
        max_length=2000,
        pattern=r"\w",
        description="why a field that names a person may stay as it is",
        examples=["it is the owner's own meter"],
    )


FieldPlan = Annotated[
    Pseudonym | Hash | Encrypt | Mask | Replace | Redact | Drop | Scan | Generalise | Round | Noise | Swap | Keep,
    Field(discriminator="method"),
]
"""What becomes of one field."""

FIELD_PLAN: Final[TypeAdapter[FieldPlan]] = TypeAdapter(FieldPlan)

KEYED: Final = frozenset({Method.PSEUDONYM, Method.HASH, Method.ENCRYPT, Method.NOISE, Method.SWAP})
"""The methods that need the dataset's key; noise and swap, so that a retry gives the same and nobody else can."""


class Diversity(Configuration):
    """In each group, a sensitive field has at least so many values."""

    field: str
    l: int = Field(2, ge=2, le=1000)  # noqa: E741 - as the literature calls it


class OnViolation(StrEnum):
    """What becomes of the rows in groups that are too small."""

    SUPPRESS = "suppress"  # they are not loaded
    FAIL = "fail"  # nothing of the batch is loaded


class KAnonymity(Configuration):
    """The gate: rows that are alike in the quasi-identifiers are a group, and no group may be too small.

    Attributes:
        subject: The field that tells persons (or their meters) apart: a group is as large as there are different
            ones in it. None: every row is another person's.
    """

    quasi_identifiers: tuple[str, ...] = Field(min_length=1, max_length=30)
    k: int = Field(5, ge=2, le=1_000_000)
    subject: str | None = None
    l_diversity: Diversity | None = None
    on_violation: OnViolation = OnViolation.SUPPRESS

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The fields that the gate speaks of, each with its place in the document."""
        quasi = [(f"quasi_identifiers[{number}]", name) for number, name in enumerate(self.quasi_identifiers)]
        subject = [("subject", self.subject)] if self.subject is not None else []
        diversity = [("l_diversity.field", self.l_diversity.field)] if self.l_diversity is not None else []
        return (*quasi, *subject, *diversity)

    @property
    def least_values(self) -> int:
        """How many values the sensitive field has at least, in each group; 0 where none is named."""
        return self.l_diversity.l if self.l_diversity is not None else 0


class AnonymizationConfig(Configuration):
    """The anonymisation step of a collection."""

    fields: dict[str, FieldPlan] = Field(default_factory=dict)
    k_anonymity: KAnonymity | None = None

    @property
    def needs_key(self) -> bool:
        """Whether a method of the plan works with the dataset's key."""
        return any(plan.method in KEYED for plan in self.fields.values())
