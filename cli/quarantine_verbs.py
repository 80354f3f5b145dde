"""The verbs `cdmp quarantine …` and `cdmp review`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import As, Which, WhichDataset

quarantine = typer.Typer(help="Rows that broke a rule: for the dataset's owner alone.", no_args_is_help=True)

Row = Annotated[str, typer.Argument(metavar="ROW", help="As `list` names it.")]
Rows = Annotated[list[str] | None, typer.Argument(metavar="[ROW…]", help="As `list` names them.")]
Batch = Annotated[str | None, typer.Option("--batch", metavar="BATCH", help="All of a batch.")]
All = Annotated[bool, typer.Option("--all", help="All of the dataset.")]


@quarantine.command(name="list")
def quarantine_list(
    which: WhichDataset,
    batch: Batch = None,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="With this reason.")] = None,
    left: Annotated[bool, typer.Option("--left", help="What became of rows that have left instead.")] = False,
    user: As = "admin",
) -> None:
    """Show the rows that wait, and why."""
    from cli.quarantine import show_left, show_rows  # noqa: PLC0415

    if left:
        show_left(which, user)
    else:
        show_rows(which, batch, rule, user)


@quarantine.command(name="show")
def quarantine_show(which: WhichDataset, row: Row, user: As = "admin") -> None:
    """Show one row as it was read, and as it was edited."""
    from cli.quarantine import show_row  # noqa: PLC0415

    show_row(which, row, user)


@quarantine.command(name="edit")
def quarantine_edit(
    which: WhichDataset,
    row: Row,
    cells: Annotated[list[str], typer.Argument(metavar="COLUMN=TEXT…", help="The source's column, and its new cell.")],
    user: As = "admin",
) -> None:
    """Write other text into cells of a row; then replay it."""
    from cli.quarantine import edit_row  # noqa: PLC0415

    edit_row(which, row, cells, user)


@quarantine.command(name="replay")
def quarantine_replay(
    which: WhichDataset, rows: Rows = None, batch: Batch = None, everything: All = False, user: As = "admin"
) -> None:
    """Send rows through a run again, by the collection's mapping and rules as they are now."""
    from cli.quarantine import replay_rows  # noqa: PLC0415

    replay_rows(which, rows, batch, everything, None, user)


@quarantine.command(name="release")
def quarantine_release(
    which: WhichDataset,
    note: Annotated[str, typer.Option(metavar="WHY", help="Why they are right; it is kept.")],
    rows: Rows = None,
    batch: Batch = None,
    everything: All = False,
    user: As = "admin",
) -> None:
    """Load rows without asking the rules; they are mapped and anonymised as all others."""
    from cli.quarantine import replay_rows  # noqa: PLC0415

    replay_rows(which, rows, batch, everything, note, user)


@quarantine.command(name="discard")
def quarantine_discard(
    which: WhichDataset,
    rows: Rows = None,
    batch: Batch = None,
    everything: All = False,
    note: Annotated[str, typer.Option(metavar="WHY", help="It is kept.")] = "",
    user: As = "admin",
) -> None:
    """Destroy rows; how many, and who did it, is kept."""
    from cli.quarantine import discard_rows  # noqa: PLC0415

    discard_rows(which, rows, batch, everything, note, user)


def review(
    which: Which,
    approve: Annotated[bool, typer.Option("--approve", help="The batch goes on.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Nothing of it is loaded.")] = False,
    note: Annotated[str, typer.Option(metavar="WHY", help="It is kept with the run.")] = "",
    user: As = "admin",
) -> None:
    """Decide on a batch that a rule holds; without a decision, show why it is held."""
    from cli.quarantine import review_latest  # noqa: PLC0415

    review_latest(which, approve, reject, note, user)
