"""The command `cdmp`: collections applied, run, looked at and read, by the same use cases as the REST interface.

For the operator of the machine: it needs the platform's settings, and acts as the user that `--as` names.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import As, Which, WhichDataset
from cli.formats import ConceptAs, RecordsAs
from cli.quarantine_verbs import quarantine, review
from cli.searching_verbs import reindex, search
from include.errors import CdmpError, ConfigurationInvalid

app = typer.Typer(
    name="cdmp",
    help="The energy-data platform at the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

secret = typer.Typer(help="Secrets that sources refer to by name; none is ever shown.", no_args_is_help=True)
app.add_typer(secret, name="secret")

keys = typer.Typer(help="The keys of a dataset's pseudonyms and encrypted fields.", no_args_is_help=True)
app.add_typer(keys, name="keys")

cim = typer.Typer(help="The Common Information Model: concepts, fields, and what people propose.", no_args_is_help=True)
app.add_typer(cim, name="cim")

app.add_typer(quarantine, name="quarantine")
app.command()(review)
app.command()(search)
app.command()(reindex)

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]

SecretName = Annotated[str, typer.Argument(metavar="NAME", help="As `secret_ref` names it.")]


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The collection, as YAML.")],
    user: As = "admin",
    start: Annotated[bool, typer.Option("--start/--no-start", help="Run it at once.")] = True,
) -> None:
    """Create the collection of a file, or replace yours of the same title where the file has changed."""
    from cli.commands import apply_file  # noqa: PLC0415  # each verb loads what it needs: `--help` is there at once

    apply_file(file, user, start)


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file that a collection is to read.")],
    user: As = "admin",
) -> None:
    """Hand over a file and print its id, which `ingester.upload` of a collection names."""
    from cli.commands import upload_one  # noqa: PLC0415

    upload_one(file, user)


@app.command()
def append(
    which: Which,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The further file.")],
    user: As = "admin",
    preview: Annotated[bool, typer.Option("--preview", help="Only say what it would add, and what not.")] = False,
) -> None:
    """Load a further file beside what a collection has loaded; its `load` says what becomes of what is there."""
    from cli.appending import append_one  # noqa: PLC0415

    append_one(which, file, user, preview)


@app.command()
def run(which: Which, user: As = "admin") -> None:
    """Run a collection now."""
    from cli.commands import run_one  # noqa: PLC0415

    run_one(which, user)


@app.command()
def status(
    which: Annotated[str | None, typer.Argument(metavar="[ID|TITLE]", help="One collection; else all.")] = None,
    suite: Annotated[
        bool, typer.Option("--suite", help="Write the curation suite of one, as Great Expectations' JSON.")
    ] = False,
    user: As = "admin",
) -> None:
    """Show the collections, or the latest run of one: its stages, and how it ended."""
    from cli.commands import show_all, show_one, show_suite  # noqa: PLC0415

    if suite:
        show_suite(which, user)
    elif which is None:
        show_all(user)
    else:
        show_one(which, user)


@app.command()
def records(
    which: WhichDataset,
    fields: Annotated[
        str, typer.Option(metavar="A,B,…", help="CIM fields, _flags, _batch_id, _row_id, _since; else all CIM fields.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="Rows.")] = 20,
    form: Annotated[RecordsAs, typer.Option("--format", help="How to write them.")] = RecordsAs.TABLE,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="BATCH", help="As this batch left them: its id or number.")
    ] = None,
    user: As = "admin",
) -> None:
    """Read records of a dataset, in the order of its key."""
    from cli.commands import show_records  # noqa: PLC0415

    show_records(which, [name.strip() for name in fields.split(",") if name.strip()], limit, form, as_of, user)


@app.command()
def batches(
    which: WhichDataset,
    batch: Annotated[str | None, typer.Argument(metavar="[BATCH]", help="Its id or number; else all.")] = None,
    user: As = "admin",
) -> None:
    """Show what was loaded into a dataset, newest first; of one batch, how each field came about."""
    from cli.batches import show_batch, show_batches  # noqa: PLC0415

    if batch is None:
        show_batches(which, user)
    else:
        show_batch(which, batch, user)


@app.command()
def rollback(
    which: WhichDataset,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="Its id or number, as `cdmp batches` shows them.")],
    note: Annotated[str, typer.Option(metavar="WHY", help="It is kept.")] = "",
    user: As = "admin",
) -> None:
    """Take a batch back: what it brought goes, what it overwrote is there again; it can then be loaded anew."""
    from cli.batches import roll_back_one  # noqa: PLC0415

    roll_back_one(which, batch, note, user)


@app.command()
def backfill(
    which: Which,
    start: Annotated[datetime, typer.Argument(metavar="START", formats=MOMENTS, help="2024-01-01, or with a time.")],
    end: Annotated[datetime, typer.Argument(metavar="END", formats=MOMENTS, help="Not part of the span.")],
    user: As = "admin",
) -> None:
    """Read a span of time again, in the zone of the source's window; `load` says what becomes of what is there."""
    from cli.sources import backfill_one  # noqa: PLC0415

    backfill_one(which, start, end, user)


@app.command()
def pause(which: Which, user: As = "admin") -> None:
    """Let the schedule of a collection rest."""
    from cli.sources import set_paused  # noqa: PLC0415

    set_paused(which, True, user)


@app.command()
def resume(which: Which, user: As = "admin") -> None:
    """Let the schedule of a collection go on."""
    from cli.sources import set_paused  # noqa: PLC0415

    set_paused(which, False, user)


@app.command(name="dry-run")
def dry_run(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="A collection with a REST source.")],
    user: As = "admin",
) -> None:
    """Ask the source of a collection once: the request, the answer, and the rows after mapping; stores nothing."""
    from cli.sources import dry_run_file  # noqa: PLC0415

    dry_run_file(file, user)


@app.command()
def presets() -> None:
    """Show the public sources that need few words, and which."""
    from cli.sources import show_presets  # noqa: PLC0415

    show_presets()


@secret.command(name="set")
def secret_set(name: SecretName, user: As = "admin") -> None:
    """Store a secret that a source refers to by its name; it is read from standard input."""
    from cli.sources import set_secret  # noqa: PLC0415

    set_secret(name, user)


@secret.command(name="list")
def secret_list(user: As = "admin") -> None:
    """Show your secrets: names and dates."""
    from cli.sources import show_secrets  # noqa: PLC0415

    show_secrets(user)


@secret.command(name="remove")
def secret_remove(name: SecretName, user: As = "admin") -> None:
    """Remove a secret; sources that need it fail from then on."""
    from cli.sources import forget_secret  # noqa: PLC0415

    forget_secret(name, user)


@secret.command(name="rotate")
def secret_rotate(user: As = "admin") -> None:
    """Seal everything with the first of CDMP_MASTER_KEYS, so that older keys can go."""
    from cli.sources import rotate_secrets  # noqa: PLC0415

    rotate_secrets(user)


@keys.command(name="list")
def keys_list(which: Which, user: As = "admin") -> None:
    """Show a dataset's keys: ids and dates."""
    from cli.keys import show_keys  # noqa: PLC0415

    show_keys(which, user)


@keys.command(name="rotate")
def keys_rotate(which: Which, user: As = "admin") -> None:
    """Make a new key for the batches from now on; what is there keeps its own."""
    from cli.keys import rotate_one  # noqa: PLC0415

    rotate_one(which, user)


@keys.command(name="shred")
def keys_shred(
    which: Which,
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="As `cdmp keys list` shows it.")],
    user: As = "admin",
) -> None:
    """Destroy a key for ever: what it encrypted cannot be read any more."""
    from cli.keys import shred_one  # noqa: PLC0415

    shred_one(which, key_id, user)


@app.command()
def decrypt(
    which: Which,
    field: Annotated[str, typer.Argument(metavar="FIELD", help="A field that the plan encrypts.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 50,
    user: As = "admin",
) -> None:
    """Show an encrypted field of a dataset of yours, decrypted."""
    from cli.keys import show_decrypted  # noqa: PLC0415

    show_decrypted(which, field, limit, user)


@cim.command(name="list")
def cim_list(
    words: Annotated[str | None, typer.Argument(metavar="[WORDS]", help="Words that they speak of.")] = None,
    user: As = "admin",
) -> None:
    """Show the concepts, or those that speak of some words."""
    from cli.cim import show_concepts  # noqa: PLC0415

    show_concepts(words, user)


@cim.command(name="show")
def cim_show(
    concept: Annotated[str, typer.Argument(metavar="CONCEPT")],
    form: Annotated[ConceptAs, typer.Option("--format", help="How to write it.")] = ConceptAs.TABLE,
    version: Annotated[int | None, typer.Option(min=1, help="Of the CIM; else the current one.")] = None,
    user: As = "admin",
) -> None:
    """Show a concept: its fields, units and bounds."""
    from cli.cim import show_concept  # noqa: PLC0415

    show_concept(concept, form, version, user)


@cim.command(name="propose")
def cim_propose(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="A field, a concept, or a change of a field.")],
    user: As = "admin",
) -> None:
    """Propose what a file says, and show what it may double."""
    from cli.cim import propose_file  # noqa: PLC0415

    propose_file(file, user)


@cim.command(name="extensions")
def cim_extensions(
    state: Annotated[str | None, typer.Option(help="proposed, accepted, merged, rejected or withdrawn.")] = None,
    user: As = "admin",
) -> None:
    """Show proposals: your own, or everybody's for a steward."""
    from cli.cim import show_extensions  # noqa: PLC0415

    show_extensions(state, user)


@cim.command(name="review")
def cim_review(
    extension: Annotated[str, typer.Argument(metavar="ID", help="The first characters are enough.")],
    accept: Annotated[bool, typer.Option("--accept", help="It becomes part of the CIM.")] = False,
    reject: Annotated[str | None, typer.Option(metavar="REASON", help="It does not; the proposer reads why.")] = None,
    merge: Annotated[str | None, typer.Option(metavar="CONCEPT.FIELD", help="It is another name of this.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is accepted or merged.")] = "",
    user: As = "admin",
) -> None:
    """Decide on a proposal, as a steward; without a decision, show what it may double and who uses what."""
    from cli.cim import review_one  # noqa: PLC0415

    review_one(extension, accept, reject, merge, reason, user)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of data, in whatever format.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="What the file cannot tell: zone=…")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    mapping: Annotated[bool, typer.Option("--mapping", help="Write a mapping to begin with, as YAML.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Write curation rules to begin with, as YAML.")] = False,
) -> None:
    """Show what a file is: format, columns, units, times, and what only its owner knows. Needs no platform."""
    from cli.inspecting import inspect_file  # noqa: PLC0415

    inspect_file(file, setting or [], as_json, mapping=mapping, rules=rules)


def main() -> None:
    """Run the command; an error of ours is a sentence and exit code 2, never a traceback."""
    try:
        app()
    except CdmpError as error:
        problems = error.problems if isinstance(error, ConfigurationInvalid) else [error]
        for problem in problems:
            print(f"{problem.where}: {problem.what}", file=sys.stderr)
            if problem.remedy:
                print(f"  → {problem.remedy}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
