"""Formulas over numbers: what one may hold, and what is wrong with one. Free of polars, for the check on saving."""

from __future__ import annotations

import ast
import keyword
import math
import operator
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

ALLOWED: Final = "A formula has + - * / and brackets, numbers with a point, and the names of its inputs."
_DEEPEST: Final = 100
ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
"""What a formula's signs do, to numbers and to columns of them."""
_SIGNS: Final = (ast.USub, ast.UAdd)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a formula, and what would be right."""

    what: str
    remedy: str = ALLOWED


def read_formula(text: str) -> ast.expr:
    """Read a formula that `find_mistakes` has found to be right; it is data for `compute`, and never run as code."""
    return ast.parse(_flat(text), mode="eval").body


def find_mistakes(text: str, inputs: Collection[str]) -> list[Mistake]:
    """Find everything that is wrong with a formula.

    Example:
        >>> [mistake.what for mistake in find_mistakes("heat / (pwer ** 2)", ["heat", "power"])]
        ['at 9: `pwer ** 2` is not allowed', "at 9: there is no input 'pwer'", "the input 'power' is not used"]
        >>> find_mistakes("1000 * heat / -power", ["heat", "power"])
        []
    """
    unfit = [name for name in inputs if not _is_name(name)]
    mistakes = [Mistake(f"{name!r} is no name that can stand in a formula", "Letters, digits and _.") for name in unfit]
    flat = _flat(text)
    try:
        tree = ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        place = min(error.offset or 1, len(flat) + 1)
        return [*mistakes, Mistake(f"at {place}: it cannot be read here ({error.msg})")]
    except (ValueError, MemoryError, RecursionError):
        return [*mistakes, Mistake("it cannot be read")]
    if _depth(tree) > _DEEPEST:
        return [
            *mistakes,
            Mistake("it is nested too deeply", f"{_DEEPEST} operations inside one another are the most."),
        ]
    known = {_normal(name) for name in inputs}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    mistakes += _walk(tree, flat, known)
    mistakes += [
        Mistake(f"the input {name!r} is not used", "Use it, or leave it out.")
        for name in inputs
        if name not in unfit and _normal(name) not in used
    ]
    return mistakes


def _walk(tree: ast.expr, text: str, known: set[str]) -> Iterator[Mistake]:
    for node in sorted(
        (each for each in ast.walk(tree) if isinstance(each, ast.expr)), key=lambda each: each.col_offset
    ):
        where = f"at {len(text.encode()[: node.col_offset].decode()) + 1}"
        written = ast.get_source_segment(text, node) or ""
        match node:
            case ast.Name():
                if node.id not in known:
                    remedy = f"The inputs are {', '.join(sorted(known))}." if known else "Name it in `inputs`."
                    yield Mistake(f"{where}: there is no input {node.id!r}", remedy)
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if not _is_finite(number):
                    yield Mistake(f"{where}: the number is too large", "A double holds up to 1.8e308.")
            case ast.BinOp(op=ast.Div()) if _value(node.right) == 0:
                yield Mistake(f"{where}: `{written}` always divides by zero", "Divide by something else.")
            case ast.BinOp() if type(node.op) in ARITHMETIC:
                pass
            case ast.UnaryOp() if isinstance(node.op, _SIGNS):
                pass
            case ast.Tuple():
                yield Mistake(f"{where}: `{written}` has a comma", ALLOWED)
            case _:
                yield Mistake(f"{where}: `{written}` is not allowed")


def _value(node: ast.expr) -> float | None:
    """Compute a part without inputs; None where it has some, or cannot be computed."""
    match node:
        case ast.Constant(value=int() | float() as number) if _is_finite(number):
            return float(number)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()) if (value := _value(node.operand)) is not None:
            return -value if isinstance(node.op, ast.USub) else value
        case ast.BinOp() if (left := _value(node.left)) is not None and (right := _value(node.right)) is not None:
            computable = type(node.op) in ARITHMETIC and not (isinstance(node.op, ast.Div) and right == 0)
            return float(ARITHMETIC[type(node.op)](left, right)) if computable else None
    return None


def _depth(tree: ast.expr) -> int:
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return depth


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _is_name(name: str) -> bool:
    return _normal(name).isidentifier() and not keyword.iskeyword(name)


def _normal(name: str) -> str:
    """Give a name as Python's parser gives it."""
    return unicodedata.normalize("NFKC", name)


def _flat(text: str) -> str:
    """Bring a formula of several lines into one, without moving anything but its first sign."""
    return " ".join(text.split("\n")).replace("\r", " ").strip()
