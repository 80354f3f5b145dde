"""A collection as a document: YAML or plain data in, YAML out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from math import isfinite
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from include.collection.model import CollectionConfig
from include.configuration import Configuration, read_discriminator, read_tag
from include.errors import ConfigurationInvalid, Problem, name_close

MOST_CHARACTERS: Final = 1 << 20

_KIND: Final = re.compile("^(String|Tuple|List|Dictionary) ")

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
        problems: dict[str, Problem] = {}
        for problem in (_problem(each, plain, model) for each in error.errors()):
            problems.setdefault(problem.where, problem)
        # a list whose items are all wrong is called too short as well
        inner = [where for where in problems if not any(other.startswith(f"{where}[") for other in problems)]
        raise ConfigurationInvalid([problems[where] for where in inner]) from None


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


def _problem(error: ErrorDetails, plain: Any, model: type[Configuration]) -> Problem:
    where = _path(error["loc"], plain, missing=error["type"] == "missing")
    match error["type"]:
        case "missing":
            remedy = f"Add it{_example(model, error)}."
            problem = Problem(where, "it is missing", remedy)
        case "extra_forbidden":
            name = str(error["loc"][-1])
            names = sorted({key for key, _ in _properties(model)})
            close = get_close_matches(name, names, n=1)
            remedy = f"Did you mean {close[0]}?" if close else "Leave it out, or look its name up."
            if name in names:
                remedy = "It belongs to another part."
            problem = Problem(where, "there is no such key", remedy)
        case "value_error":
            what, _, remedy = str(error["ctx"]["error"]).partition("; ")
            problem = Problem(where, what, f"{remedy[0].upper()}{remedy[1:]}." if remedy else "")
        case "union_tag_invalid":
            tag, given, known = read_tag(error["ctx"])
            problem = Problem(f"{where}.{tag}", f"it cannot be {given!r}", name_close(given, known))
        case "union_tag_not_found":
            problem = Problem(
                f"{where}.{read_discriminator(error['ctx'])}", "it is missing", "Add it: it says which one is meant."
            )
        case "time_delta_parsing" | "time_delta_type":
            problem = Problem(where, "it is no length of time", "Write it in ISO 8601, for example PT15M.")
        case "model_type" | "model_attributes_type" | "dict_type":
            problem = Problem(where, "it has no keys of its own", "Write keys and their values.")
        case "string_pattern_mismatch":
            remedy = f"Its pattern is {error['ctx']['pattern']}{_example(model, error)}."
            problem = Problem(where, "it is not written as it has to be", remedy)
        case _:
            sentence = error["msg"].removeprefix("Input ").removeprefix("Value ").removesuffix(".")
            sentence = _KIND.sub("", sentence).replace("a valid tuple", "a list")
            if sentence.startswith("should"):
                problem = Problem(where, "it cannot be used as it is", f"It {sentence}.")
            else:
                problem = Problem(where, sentence, "The documentation says what it may be.")
    return problem


def _path(location: tuple[int | str, ...], plain: Any, *, missing: bool) -> str:
    """Write the place as people do, without the steps that name a kind of union and stand in no document."""
    path = ""
    for step, part in enumerate(location, start=1):
        if isinstance(part, int) and isinstance(plain, list | tuple) and part < len(plain):
            path, plain = f"{path}[{part}]", plain[part]
        elif isinstance(plain, Mapping) and part in plain:
            path, plain = f"{path}.{part}", plain[part]
        elif missing and step == len(location):
            path = f"{path}.{part}"
    return path.removeprefix(".") or "document"


@cache
def _properties(model: type[Configuration]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Give every key of a document, and of its parts, with what the schema says of it."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return tuple(each for part in parts for each in part.get("properties", {}).items())


def _example(model: type[Configuration], error: ErrorDetails) -> str:
    name = error["loc"][-1] if error["loc"] else ""
    told = (each["examples"][0] for key, each in _properties(model) if key == name and "examples" in each)
    return next((f", for example {example}" for example in told), "")


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
