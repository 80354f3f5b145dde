"""What a mail says, in plain words for a data owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, still without its address."""

    subject: str
    text: str


def write_message(kind: str, facts: Mapping[str, Any], public_url: str) -> Message:
    """Write the mail about an event.

    Args:
        facts: Of `batch.loaded`: title, dataset_id, rows_loaded, rows_already_there, rows_quarantined, rows_replaced,
            rows_removed. Of `batch.rolled_back`: title, dataset_id, number, by, rows_removed, rows_restored. Of
            `run.failed`: title, task, where, what, remedy. Of `run.held`: title, held, days. Of `cim.reviewed`: about,
            state, reason, into, version, extension_id. Of `key.rotated` and `key.shredded`: title, key_id.

    Raises:
        ValueError: No mail is written about this kind of event.

    Example:
        >>> write_message("batch.loaded", {"title": "Meters", "dataset_id": "d", "rows_loaded": 1}, "").subject
        'Meters: 1 new row'
    """
    match kind:
        case "batch.loaded":
            return _loaded(facts, public_url.rstrip("/"))
        case "batch.rolled_back":
            return _rolled_back(facts, public_url.rstrip("/"))
        case "run.failed":
            return _failed(facts, public_url.rstrip("/"))
        case "run.held":
            return _held(facts, public_url.rstrip("/"))
        case "cim.reviewed":
            return _reviewed(facts, public_url.rstrip("/"))
        case "key.rotated" | "key.shredded":
            return _key(kind, facts)
        case _:
            raise ValueError(f"no mail is written about {kind!r}")


def _loaded(facts: Mapping[str, Any], public_url: str) -> Message:
    title, replaced = facts["title"], facts.get("rows_replaced", 0)
    loaded = facts["rows_loaded"] - replaced
    lines = [f'The data collection "{title}" has loaded {_rows(loaded, "new ")}.']
    if replaced:
        lines.append(f"{_rows(replaced)} of earlier batches {'was' if replaced == 1 else 'were'} replaced.")
    if removed := facts.get("rows_removed", 0):
        lines.append(f"{_rows(removed)} of earlier batches {'was' if removed == 1 else 'were'} taken away.")
    if there := facts.get("rows_already_there", 0):
        lines.append(f"{_rows(there)} had been loaded before and {'stays' if there == 1 else 'stay'} as before.")
    if aside := facts.get("rows_quarantined", 0):
        lines.append(f"{_rows(aside)} broke a rule and {'waits' if aside == 1 else 'wait'} in quarantine for you.")
    return Message(f"{title}: {_rows(loaded, 'new ')}", "\n".join([*lines, _records(facts, public_url)]))


def _rolled_back(facts: Mapping[str, Any], public_url: str) -> Message:
    title, removed, restored = facts["title"], facts["rows_removed"], facts["rows_restored"]
    lines = [
        f'{facts["by"]} has taken back batch {facts["number"]} of the dataset "{title}".',
        f"{_rows(removed)} of it {'was' if removed == 1 else 'were'} removed; {_rows(restored)} that it had overwritten"
        f" {'is' if restored == 1 else 'are'} there again.",
        "Its content can be loaded again.",
    ]
    return Message(f"{title}: a batch was taken back", "\n".join([*lines, _records(facts, public_url)]))


def _records(facts: Mapping[str, Any], public_url: str) -> str:
    return f"\nThe records: {public_url}/twinergy-api/dataset/{facts['dataset_id']}/records\n"


def _failed(facts: Mapping[str, Any], public_url: str) -> Message:
    title = facts["title"]
    lines = [
        f'A run of the data collection "{title}" has failed.',
        f"\nWhere: {facts['where']}",
        f"What: {facts['what']}",
    ]
    if facts.get("remedy"):
        lines.append(f"What to do: {facts['remedy']}")
    lines.append(f"\nThe run: {_run(facts, public_url)}")
    return Message(f"{title}: a run has failed", "\n".join(lines) + "\n")


def _held(facts: Mapping[str, Any], public_url: str) -> Message:
    title, days = facts["title"], facts["days"]
    within = f"within {days} day{'' if days == 1 else 's'}" if days else "in time"
    lines = [
        f'A batch of the data collection "{title}" waits for you: nothing of it is loaded until you approve it.\n',
        *(f"- {sentence}" for sentence in facts["held"]),
        f"\nApprove or reject it: {_run(facts, public_url)}/tasks/validate/required_actions",
        f"or at the terminal: cdmp review {facts['collection_id']} --approve",
        f"\nIf nobody answers {within}, it is rejected.",
    ]
    return Message(f"{title}: a batch waits for your review", "\n".join(lines) + "\n")


def _run(facts: Mapping[str, Any], public_url: str) -> str:
    return f"{public_url}/dags/collection_{facts['collection_id']}/runs/{quote(facts['run_id'], safe='')}"


def _reviewed(facts: Mapping[str, Any], public_url: str) -> Message:
    about, state = facts["about"], facts["state"]
    lines = [f"A steward has decided on your proposal {about}: it is {state}."]
    if facts.get("into"):
        lines.append(f"Map to {facts['into']}: it is the same, and now has your name for it as a synonym.")
    elif facts.get("version"):
        lines.append(f"It is in version {facts['version']} of the CIM, and collections can map to it at once.")
    if facts.get("reason"):
        lines.append(f"\nThe reason: {facts['reason']}")
    lines.append(f"\nThe proposal: {public_url}/twinergy-api/cim/extension/{facts['extension_id']}")
    return Message(f"Your proposal {about} is {state}", "\n".join(lines) + "\n")


def _key(kind: str, facts: Mapping[str, Any]) -> Message:
    title, key_id = facts["title"], facts["key_id"]
    if kind == "key.rotated":
        text = f'New batches of the dataset "{title}" are made with the new key {key_id}.'
        return Message(f"{title}: a new key", f"{text}\nWhat was made with an earlier key stays as it is.\n")
    text = f'The key {key_id} of the dataset "{title}" was destroyed.'
    return Message(f"{title}: a key was destroyed", f"{text}\nWhat was encrypted with it cannot be read any more.\n")


def _rows(count: int, kind: str = "") -> str:
    return f"{count} {kind}row{'' if count == 1 else 's'}"
