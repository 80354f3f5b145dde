"""A collection as a document: YAML or plain data in, YAML out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from math import isfinite
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError

from include.collection.model import CollectionConfig
from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem
from include.invalid import find_properties, tell_errors

MOST_CHARACTERS: Final = 1 << 20

_Model = TypeVar("_Model", bound=Configuration)


def read_yaml(text: str) -> CollectionConfig:
    """Read a collection from YAML; raises as `load_yaml` and `read_plain`."""
    return read_plain(load_yaml(text))


def load_yaml(text: str) -> Any:
    """Give what a YAML document says.

    Keys are text as they stand; `yes`, `no` and dates are text too, so that nothing turns into what nobody meant.

    Raises:
        ConfigurationInvalid: It is no YAML, or more than anybody writes.
    """
    if len(text) > MOST_CHARACTERS:
        what = f"it has more than {MOST_CHARACTERS} characters"
        raise ConfigurationInvalid([Problem("document", what, "Data belongs into a file of its own.")])
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader, see below
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "document"
        remedy = "Indent with blanks, and put text with signs such as : # % * into quotes."
        raise ConfigurationInvalid([Problem(line, f"it is no YAML: {error.problem}", remedy)]) from None
    except yaml.YAMLError:
        what = "it is no YAML: it holds a character that no text has"
        raise ConfigurationInvalid([Problem("document", what, "Take the control characters out.")]) from None
    except RecursionError:
        raise ConfigurationInvalid([Problem("document", "it is nested too deep", "Write a flatter one.")]) from None


def read_plain(plain: Any) -> CollectionConfig:
    """Read a collection from what JSON or YAML gave.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong.
    """
    if not isinstance(plain, Mapping):
        raise ConfigurationInvalid([Problem("document", "it is no collection", "It begins with `title: …`.")])
    return read_model(CollectionConfig, plain)


def read_model(model: type[_Model], plain: Any) -> _Model:
    """Read something that a person wrote from what JSON or YAML gave.

    Raises:
        ConfigurationInvalid: Lists everything that is wrong.
    """
    if unstorable := list(_find_unstorable(plain, "")):
        raise ConfigurationInvalid(unstorable)
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        problems = tell_errors(error.errors(), plain, find_properties(model), "document")
        raise ConfigurationInvalid(problems) from None


def write_yaml(config: CollectionConfig) -> str:
    """Write a collection as YAML that `read_yaml` reads as the same; what has its default is left out."""
    plain = config.model_dump(mode="json", exclude_defaults=True)
    source = config.ingester
    if source is not None:  # what tells the kinds of source and format apart is the default of each, and has to stay
        plain["ingester"] = {"kind": source.kind, **plain["ingester"]}
        plain["ingester"]["format"] = {"kind": source.format.kind, **plain["ingester"].get("format", {})}
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes what other styles would write raw and read back as the end of a line."""

    def represent_scalar(self, tag: str, value: Any, style: str | None = None) -> yaml.ScalarNode:
        if isinstance(value, str) and any(sign in value for sign in "\x85\u2028\u2029\ufeff"):
            style = '"'
        return super().represent_scalar(tag, value, style)


class _Loader(yaml.SafeLoader):
    """SafeLoader without aliases, repeated keys, dates, and words that mean true and false."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*) are not read; write the part out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        pairs: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key has to be text", key.start_mark)
            if key.value in pairs:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            pairs[key.value] = self.construct_object(value, deep=deep)
        return pairs


# PyYAML's own patterns (YAML 1.1) but for `no`, 12:30, 0o17, .inf and dates; nothing that its writer leaves unquoted
# as text is read as something else
_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?$"),
    list("-+0123456789."),
)


def _find_unstorable(plain: Any, path: str) -> Iterator[Problem]:
    if isinstance(plain, str):
        if "\0" in plain or any("\ud800" <= sign <= "\udfff" for sign in plain):
            yield Problem(path.removeprefix(".") or "document", "it holds a NUL or half a character", "Take it out.")
    elif isinstance(plain, float) and not isfinite(plain):
        yield Problem(path.removeprefix("."), "it is no finite number", "Write a number of at most 64 bits")
    elif isinstance(plain, int) and not -(2**63) <= plain < 2**63:
        yield Problem(path.removeprefix("."), "it has more than 64 bits", "Write a smaller number, or text in quotes")
    elif isinstance(plain, Mapping):
        for key, value in plain.items():
            yield from _find_unstorable(str(key), path)
            yield from _find_unstorable(value, f"{path}.{key}")
    elif isinstance(plain, list | tuple):
        for number, value in enumerate(plain):
            yield from _find_unstorable(value, f"{path}[{number}]")
