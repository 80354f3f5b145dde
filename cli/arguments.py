"""Arguments that several verbs of `cdmp` take."""

from __future__ import annotations

from typing import Annotated

import typer

As = Annotated[str, typer.Option("--as", envvar="CDMP_USER", metavar="USER", help="The user to act as.")]
Which = Annotated[str, typer.Argument(metavar="ID|TITLE", help="A collection of yours.")]
WhichDataset = Annotated[str, typer.Argument(metavar="DATASET|TITLE", help="A dataset's id, or its collection.")]
