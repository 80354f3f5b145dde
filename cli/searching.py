"""What `cdmp search` and `cdmp reindex` do."""

from __future__ import annotations

from time import perf_counter

from cli.commands import open_session
from cli.environment import load_environment
from cli.formats import write_table
from include.operations.searching import search_catalogue
from include.search_ports import SearchQuery


def show_found(query: SearchQuery, user: str) -> None:
    """Show what a search of the catalogue finds."""
    session = open_session(user)
    page = search_catalogue(session.services, session.requestor, query)
    rows = [
        [
            each.hit.title,
            each.dataset.concept,
            each.hit.document["owner"],
            each.dataset.rows,
            f"{each.dataset.updated:%Y-%m-%d %H:%M}",
            str(each.dataset.id),
        ]
        for each in page.found
    ]
    print(write_table(["TITLE", "CONCEPT", "OWNER", "ROWS", "UPDATED (UTC)", "DATASET"], rows))
    if page.cursor:
        print(f"{page.total} were found: raise --limit to see more than the first {len(rows)}.")


def rebuild_index() -> None:
    """Make the search index anew."""
    load_environment()
    from include.pipeline.index import rebuild  # noqa: PLC0415  # what the terminal does not need otherwise
    from include.wiring import platform  # noqa: PLC0415  # after the environment is complete

    began = perf_counter()
    count = rebuild(platform())
    print(f"{count} dataset{'' if count == 1 else 's'} indexed in {perf_counter() - began:.1f} s")
