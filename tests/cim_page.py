"""The tables of docs/cim.md, made from the installed concepts; `python -m tests.cim_page` writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from include.cim.concept import Concept, Field, Personal, SourceKind
from include.cim.definition import load_definition, load_standards
from include.settings import ROOT

PAGE = ROOT / "docs" / "cim.md"
_MADE = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page() -> str:
    """Give docs/cim.md with its tables made anew."""
    made = {"sources": _sources(), "concepts": _concepts(), "standards": _standards(), "fields": _fields()}
    return _MADE.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}", PAGE.read_text(encoding="utf-8"))


def _sources() -> str:
    concepts = load_definition().concepts()
    rows = [
        [str(kind), ", ".join(_link(concept) for concept in concepts if kind in concept.sources)] for kind in SourceKind
    ]
    return _table(["Source", "Lands in"], rows)


def _concepts() -> str:
    rows = [
        [_link(concept), concept.description, ", ".join(f"`{name}`" for name in concept.key), len(concept.fields)]
        for concept in load_definition().concepts()
    ]
    return _table(["Concept", "What it is", "Key", "Fields"], rows)


def _standards() -> str:
    named = [
        term
        for concept in load_definition().concepts()
        for anchored in (concept, *concept.fields.values())
        for term in anchored.anchors
    ]
    rows = []
    for name, standard in load_standards().items():
        terms = [term for term in named if term.standard == name]
        copy = f"`{standard['copy']}`" if "copy" in standard else "–"
        rows.append([standard["title"], len(terms), sum(term.verified for term in terms), copy])
    return _table(["Standard", "Terms named", "Verified", "In"], rows)


def _fields() -> str:
    return "\n\n".join(
        f"### {concept.name}\n\n{_terms_of(concept)}\n\n"
        + _table(
            ["Field", "Type", "Unit", "Between", "Personal", "What it is", "Standards"],
            [_field(concept, field) for field in concept.fields.values()],
        )
        for concept in load_definition().concepts()
    )


def _field(concept: Concept, field: Field) -> Sequence[object]:
    bounds = [field.minimum, field.maximum]
    between = (
        " – ".join("" if bound is None else f"{bound:,}" for bound in bounds).strip()
        if any(bound is not None for bound in bounds)
        else ""
    )
    name = (
        f"**{field.name}**"
        if field.name in concept.key
        else f"{field.name} (required)"
        if field.required
        else field.name
    )
    told = field.description
    if field.values and len(field.values) <= 16:
        told += f" One of {', '.join(f'`{value}`' for value in field.values)}."
    if field.after:
        told += f" After `{field.after}`."
    personal = "" if field.personal is Personal.NONE else str(field.personal)
    return [name, str(field.type), field.unit or "", between, personal, told, _short(field)]


def _terms_of(concept: Concept) -> str:
    return f"{concept.title}. Terms: {_short(concept)}."


def _short(anchored: Concept | Field) -> str:
    """Write terms by standard; one that is not verified in italics, one that means the same with an equals sign."""
    iris = {name: standard.get("iris", "") for name, standard in load_standards().items()}
    told = []
    for term in anchored.anchors:
        name = term.term.removeprefix(iris[term.standard]).rpartition("/")[2]
        text = f"{'= ' if term.exact else ''}{term.standard.removeprefix('FIWARE ')}: {name}"
        told.append(text if term.verified else f"*{text}*")
    return ", ".join(told)


def _link(concept: Concept) -> str:
    return f"[{concept.name}](#{concept.name})"


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
