"""XML of any length as a stream of elements, in bounded memory: no entity is expanded, nothing else is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final
from xml.etree.ElementTree import Element

from include.connectors.content import Content
from include.connectors.formats.json_text import MOST_HELD
from include.connectors.formats.xml_events import BLOCK, read_events
from include.errors import SourceRefused

Path = tuple[str, ...]

MOST_ELEMENTS: Final = 500_000
"""In one element that is held in memory."""

_MOST_KEPT: Final = 200
_SCHEMA_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_SCHEMA: Final = "{http://www.w3.org/2001/XMLSchema}"
"""Says what a document may hold, and nothing of what it holds."""


def read_elements(
    content: Content, wanted: Callable[[Path], bool]
) -> Iterator[tuple[Path, tuple[Element, ...], Element]]:
    """Give every wanted element when it ends, with the elements around it, the outermost first.

    What surrounds them holds what came before: its attributes, and the first of every child that is not wanted. An
    element is emptied when the next one is asked for.

    Args:
        wanted: Says of a path of local names whether its element is wanted; what is below it belongs to it.

    Raises:
        SourceRefused: See `read_events`; or an element is too large.
    """
    open_: list[Element] = []
    around: list[Element] = []
    led: list[bool] = []
    path: Path = ()
    depth_wanted = begins = elements = 0
    for event, element in read_events(iter(lambda: content.read(BLOCK), b""), content.name):
        if event == "start":
            open_.append(element)
            path = (*path, local_name(element))
            if not depth_wanted:
                # the parser is a block ahead: an element may hold already what follows the one that is looked at
                around.append(Element(element.tag, element.attrib))
                led.append(False)
                if wanted(path):
                    depth_wanted, begins, elements = len(open_), content.count, 0
            elements += 1
            if depth_wanted and (content.count - begins > MOST_HELD or elements > MOST_ELEMENTS):
                raise SourceRefused(
                    content.name,
                    f"one element {path[depth_wanted - 1]} is larger than {MOST_HELD >> 20} MiB,"
                    f" or holds more than {MOST_ELEMENTS} others",
                    "Point `records` at what is in it.",
                )
            continue
        open_.pop()
        if not depth_wanted or depth_wanted == len(path):
            told, done = around.pop(), led.pop()
            if depth_wanted:
                depth_wanted = 0
                yield path, tuple(around), element
                led = [True] * len(led)
            elif around and not done and not element.tag.startswith(_SCHEMA) and not _is_there(around[-1], element):
                told.text = element.text
                around[-1].append(told)
            if open_:
                open_[-1].remove(element)
        path = path[:-1]


def _is_there(parent: Element, element: Element) -> bool:
    """Say whether a parent has such a child already, or very many others."""
    return len(parent) > _MOST_KEPT or parent.find(element.tag) is not None


def local_name(element: Element) -> str:
    """Give an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """Give the children of a name."""
    return (child for child in element if local_name(child) == name)


def text_at(element: Element, *names: str) -> str | None:
    """Give the text of the first element at a path of names; None where it is empty or absent."""
    for name in names:
        found = next(children(element, name), None)
        if found is None:
            return None
        element = found
    return text_of(element)


def text_of(element: Element) -> str | None:
    """Give an element's own text; None where it has none."""
    return (element.text or "").strip() or None


def flatten_element(
    element: Element, prefix: str = "", leave_out: frozenset[str] = frozenset()
) -> dict[str, str | None]:
    """Give the cells of an element: attributes `@name`, children `name`, `name.2` for a second one, below them `a.b`.

    Args:
        leave_out: Names, as columns are called, of elements that are not looked at.
    """
    row: dict[str, str | None] = {
        f"{prefix}@{name.rpartition('}')[2]}": value
        for name, value in element.attrib.items()
        if not name.startswith(_SCHEMA_INSTANCE)
    }
    seen: dict[str, int] = {}
    for child in element:
        name = local_name(child)
        if f"{prefix}{name}" in leave_out:
            continue
        seen[name] = seen.get(name, 0) + 1
        column = f"{prefix}{name}" if seen[name] == 1 else f"{prefix}{name}.{seen[name]}"
        text = text_of(child)
        if text is not None or len(child) == 0:
            row[column] = text
        if len(child) or child.attrib:
            row.update(flatten_element(child, f"{column}.", leave_out))
    return row
