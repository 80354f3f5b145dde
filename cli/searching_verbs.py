"""The verbs `cdmp search` and `cdmp reindex`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import As


def search(
    words: Annotated[
        str | None, typer.Argument(metavar="[WORDS]", help='Words, "phrases", -without; none: what changed last.')
    ] = None,
    concept: Annotated[str | None, typer.Option(help="Of this CIM concept.")] = None,
    keyword: Annotated[str | None, typer.Option(help="With this keyword.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this user.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    user: As = "admin",
) -> None:
    """Find datasets in the catalogue, best first."""
    from cli.searching import show_found  # noqa: PLC0415
    from include.search_ports import SearchQuery  # noqa: PLC0415

    show_found(SearchQuery(words, concept=concept, keyword=keyword, owner=owner, limit=limit), user)


def reindex() -> None:
    """Make the search index anew from PostgreSQL, as the operator; searches answer and loads go on meanwhile."""
    from cli.searching import rebuild_index  # noqa: PLC0415

    rebuild_index()
