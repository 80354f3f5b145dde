"""A run whose search index is away: its rows are loaded, it says so, and the index follows when it is back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from include.batch import BatchRef
from include.operations.collection_life import create_collection
from include.operations.searching import search_catalogue, suggest_searches
from include.operations.uploading import upload_file
from include.orchestration.stages import STAGES, Work
from include.pipeline.index import catch_up, rebuild
from include.search_ports import SearchQuery
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import METERS, PEOPLE
from tests.postgres import Database
from tests.relay import Relay
from tests.whole_runs import a_platform

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
OWNER, STRANGER, STEWARD = PEOPLE["owner"], PEOPLE["stranger"], PEOPLE["steward"]


def test_a_run_goes_on_without_the_index_which_follows_later(
    database: Database, tmp_path: Path, elasticsearch_url: str
) -> None:
    relay = Relay(urlsplit(elasticsearch_url).port or 9200)
    platform = a_platform(database, tmp_path, f"http://127.0.0.1:{relay.port}")
    rebuild(platform)
    upload = upload_file(platform, OWNER, METERS)
    source = {"kind": "file", "upload": upload, "name": "meters.csv", "format": {"kind": "csv"}}
    collection, _ = create_collection(platform, FakeEngine(), OWNER, a_config(ingester=source))
    run_id = platform.runs.latest([collection.id])[collection.id].run_id

    relay.cut()
    left: dict[str, BatchRef] = {}
    notes: dict[str, tuple[str, ...]] = {}
    counts: dict[str, int] = {}
    for task, stage in STAGES.items():
        outcome = stage(Work(platform, collection, run_id, left.__getitem__, platform.definition.current()))
        left[task], notes[task] = outcome.ref, outcome.notes
        counts |= outcome.counts
    assert counts["rows_loaded"] > 0
    assert counts["documents_indexed"] == 0
    assert notes["index_elasticsearch"] == (
        "Elasticsearch: does not answer. The platform tries again by itself. The rows are loaded all the same.",
    )
    assert counts["distributions_published"] == 2, "what comes after the index goes on too"

    relay.mend()
    assert catch_up(platform) == 1
    (found,) = search_catalogue(platform, OWNER, SearchQuery("meters kwh")).found
    assert (found.dataset.id, found.dataset.rows) == (collection.dataset_id, counts["rows_loaded"])
    assert suggest_searches(platform, OWNER, "elec") == ["electricity"]
    assert len(search_catalogue(platform, STEWARD, SearchQuery("meters")).found) == 1
    nothing = search_catalogue(platform, STRANGER, SearchQuery("meters"))
    assert (nothing.total, nothing.found, nothing.facets["concept"]) == (0, [], {})
    platform.index.rebuild([])
    relay.cut()
