"""What `cdmp inspect` shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cli.formats import write_table
from include.anonymization.config import AnonymizationConfig
from include.cim.definition import Definition, load_definition
from include.cim.suggest.propose import Proposal
from include.collection.inspection import Inspection
from include.collection.inspection_document import inspection_document, refusal_document
from include.collection.personal import detect_personal
from include.collection.propose_plan import plan_for
from include.collection.proposing_rules import propose_rules, rules_document
from include.collection.suggesting import proposal_document, suggest_fields
from include.connectors.detection.inspect import inspect_source
from include.errors import CdmpError, ConfigurationInvalid, Problem

_MOST_ISSUES = 20


def inspect_file(
    file: Path, settings: Sequence[str], as_json: bool, *, mapping: bool = False, rules: bool = False
) -> None:
    """Show what a file is, for people or as JSON; raises the reason where it cannot be read."""
    if as_json and (mapping or rules):
        asked = "--mapping" if mapping else "--rules"
        what = f"what {asked} proposes is written as a collection's YAML has it"
        raise ConfigurationInvalid([Problem("--json", what, f"Leave one out, --json or {asked}")])
    try:
        if not file.is_file():
            raise ConfigurationInvalid([Problem(str(file), "there is no such file", "Check the path.")])
        inspection = inspect_source(file, file.name, read_settings(settings))
        definition = load_definition()
        inspection, proposal = suggest_fields(inspection, file.name, definition.concepts())
        inspection = detect_personal(inspection, file.name, definition.concepts())
    except CdmpError as error:
        if as_json:
            print(json.dumps(refusal_document(error), ensure_ascii=False, indent=2))
        raise
    if mapping or rules:
        told = []
        if mapping:
            told.append(describe_mapping(file, inspection, proposal, plan_for(inspection, proposal, definition)))
        if rules:
            told.append(describe_rules(inspection, proposal, definition))
        print("\n".join(told))
    elif as_json:
        print(json.dumps(inspection_document(inspection), ensure_ascii=False, indent=2))
    else:
        print(describe(inspection))


def describe_mapping(file: Path, inspection: Inspection, proposal: Proposal, plan: AnonymizationConfig) -> str:
    """Write how a file is read, a mapping and a plan to begin with, as a collection's YAML has them.

    What is asked and what lacks is above, as comments, and so is what no rule reads: no day or month is chosen, and no
    column left out, without a word.
    """
    told = proposal_document(proposal, plan)
    asked = [f"# {_question(each)}".replace("\n", "\n# ") for each in inspection_document(inspection)["questions"]]
    lacking = [f"# {each['where']}: {each['what']}\n#   → {each['suggestion']}" for each in told["missing"]]
    read = _read_by(inspection, proposal)
    unread = [column.name for column in inspection.tables[0].columns if column.name not in read]
    if unread and proposal.mapper is not None:
        lacking.append(
            f"# no rule reads: {', '.join(map(repr, unread))}\n#   → Add rules where what they hold is needed."
        )
    found = inspection.detection
    form = found.tables[0].form
    member = {} if found.member is None else {"member": found.member}
    plain_form = {"kind": form.kind, **form.model_dump(mode="json", exclude_defaults=True)}
    steps = {step: told[step] for step in ("mapper", "anonymization") if told[step]}
    plain = {"ingester": {"kind": "file", "name": str(file), **member, "format": plain_form}} | steps
    return "\n".join([*asked, *lacking, yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120).rstrip()])


def _read_by(inspection: Inspection, proposal: Proposal) -> set[str]:
    """Name the columns that a mapping reads, and those that tell the rows' time."""
    time = inspection.time
    flag = time.repeated_flag if time else None
    timed = {*time.columns, *time.until, *([flag.column] if flag else [])} if time else set()
    return timed | (set(proposal.mapper.columns) if proposal.mapper else set())


def describe_rules(inspection: Inspection, proposal: Proposal, definition: Definition) -> str:
    """Write curation rules to begin with, as a collection's YAML has them."""
    if proposal.mapper is None:
        return "# no rules: nothing tells what the rows are"
    rules = propose_rules(inspection, proposal.mapper, definition.concept(proposal.mapper.concept))
    plain = {"curator": rules_document(rules)}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120).rstrip()


def read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Part `KEY=VALUE`; inspection reads the values.

    Raises:
        ConfigurationInvalid: One is no pair.

    Example:
        >>> read_settings(["delimiter=;", "zone=Europe/Brussels"])
        {'delimiter': ';', 'zone': 'Europe/Brussels'}
    """
    given: dict[str, Any] = {}
    for setting in settings:
        key, pair, value = setting.partition("=")
        if not pair or not key.strip():
            raise ConfigurationInvalid([Problem(f"--set {setting}", "it is no pair", "Write --set KEY=VALUE.")])
        given[key.strip()] = value
    return given


def describe(inspection: Inspection) -> str:
    """Write an inspection for people."""
    found = inspection_document(inspection)
    changed = inspection.detection.tables[0].form.model_dump(mode="json", exclude_defaults=True)
    parts = [
        _pairs(
            {
                "format": found["format"],
                "encoding": found["encoding"],
                "sure": f"{found['confidence']:.0%}",
                "dialect": "  ".join(f"{key}={value!r}" for key, value in changed.items()) or "the usual one",
            }
        )
    ]
    for table in found["tables"]:
        rows = [[*list(column.values())[:-2], _suggestion(column["suggestion"])] for column in table["columns"]]
        header = ["COLUMN", "TYPE", "UNIT", "NULLS", "DISTINCT", "LEAST", "GREATEST", "SUM", "MAY FILL"]
        known = f", in the format {table['known_format']!r}" if table["known_format"] else ""
        parts.append(f"{table['name']}: {table['rows']:,} rows{known}\n" + write_table(header, _short(rows)))
    if found["time"]:
        parts.append(_pairs({f"time {key}" if key == "column" else key: value for key, value in found["time"].items()}))
    if found["personal"]:
        rows = [
            [each["column"], each["entity"], f"{each['confidence']:.0%}", each["method"], each["reason"]]
            for each in found["personal"]
        ]
        header = ["COLUMN", "PERSONAL DATA", "SURE", "PROPOSED", "BECAUSE"]
        parts.append("may name or lead to a person\n" + write_table(header, rows))
    if found["issues"]:
        parts.append(
            "\n".join(
                _with_remedy(f"! {each['where']}: {each['what']}", each["suggestion"])
                for each in found["issues"][:_MOST_ISSUES]
            )
        )
        if len(found["issues"]) > _MOST_ISSUES:
            parts.append(f"… and {len(found['issues']) - _MOST_ISSUES} more; --json has them all")
    if found["questions"]:
        parts.append("\n".join(_question(each) for each in found["questions"]))
    return "\n\n".join(parts)


def _pairs(pairs: dict[str, Any]) -> str:
    width = max(map(len, pairs))
    return "\n".join(f"{key.ljust(width)}  {'–' if value is None else value}" for key, value in pairs.items())


def _short(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[cell[:39] + "…" if isinstance(cell, str) and len(cell) > 40 else cell for cell in row] for row in rows]


def _suggestion(suggestion: dict[str, Any] | None) -> str | None:
    if suggestion is None:
        return None
    unit = f" in {suggestion['unit']}" if suggestion["unit"] else ""
    return f"{suggestion['concept']}.{suggestion['field']}{unit} ({suggestion['confidence']:.0%})"


def _with_remedy(text: str, remedy: str) -> str:
    return f"{text}\n  → {remedy}" if remedy else text


def _question(question: dict[str, Any]) -> str:
    options = question["options"]
    answer = f"--set {question['key']}={options[0] if options else '…'}"
    others = f" (or {', '.join(options[1:])})" if len(options) > 1 else ""
    return f"? {question['question']}\n  → {answer}{others}"
