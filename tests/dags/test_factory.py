"""A collection's DAG: its stages, names, schedule, and how often it tries again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, CronTriggerTimetable, DeltaTriggerTimetable

from include.collection.model import CollectionState
from include.errors import ConfigurationInvalid
from include.orchestration.bundle_files import BundleFiles
from include.orchestration.description import DagDescription
from include.orchestration.factory import build, build_dag, literal_markdown
from tests.factories import COLLECTION_ID, DATASET_ID, a_collection, a_config

NOTES = [
    pytest.param("{{ 7*7 }}", id="a template"),
    pytest.param("'''+__import__('os').system('touch owned')+'''", id="Python"),
    pytest.param("first\nimport os\nos.system('touch owned')", id="line ends"),
    pytest.param("first\u2028import os", id="U+2028"),
    pytest.param("{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}", id="a template's loop"),
    pytest.param("<script>alert(1)</script>", id="HTML"),
    pytest.param("\u202ereversed", id="an override of direction"),
    pytest.param("\\", id="a backslash"),
    pytest.param('"""', id="quotes"),
]
"""What a hostile user might type (THREATS 3)."""


def a_dag(state: CollectionState = CollectionState.ACTIVE, **config: Any) -> DAG:
    return build_dag(DagDescription.of(a_collection(state=state, config=a_config(**config))))


def test_a_collection_has_seven_stages_in_a_row_and_a_teardown() -> None:
    dag = a_dag()

    order = [task.task_id for task in dag.topological_sort()]
    assert order == [
        "ingest",
        "map_to_cim",
        "validate",
        "anonymize",
        "load_postgres",
        "index_elasticsearch",
        "publish",
        "remove_staging",
    ]
    for earlier, later in pairwise(order):
        assert later in dag.get_task(earlier).downstream_task_ids
    assert dag.get_task("remove_staging").is_teardown
    assert dag.get_task("ingest").is_setup


def test_its_id_is_the_collections_and_its_names_are_for_people() -> None:
    dag = a_dag(title="Meters of the test street", tags=["b", "a"], description=None)

    assert dag.dag_id == f"collection_{COLLECTION_ID}"
    assert dag.dag_display_name == "Meters of the test street"
    assert sorted(dag.tags) == ["a", "b", f"owner: {dag.owner}"]
    assert dag.get_task("ingest").owner == "olive"
    assert dag.doc_md is None


def test_one_run_at_a_time_none_for_the_past_and_two_more_tries() -> None:
    dag = a_dag()

    assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, False)
    assert all(task.retries == 2 for task in dag.tasks)


def test_only_publish_tells_others_that_the_dataset_changed() -> None:
    told = {task.task_id: [asset.uri for asset in task.outlets] for task in a_dag().tasks if task.outlets}

    assert told == {"publish": [f"x-cdmp://dataset/{DATASET_ID}"]}


def test_no_schedule() -> None:
    assert a_dag().schedule is None


def test_a_cron_schedule_in_its_zone() -> None:
    schedule = a_dag(schedule={"cron": "15 6 * * *", "zone": "Europe/Brussels"}).schedule

    assert isinstance(schedule, CronTriggerTimetable)
    assert (schedule.expression, str(schedule.timezone)) == ("15 6 * * *", "Europe/Brussels")


def test_an_interval() -> None:
    schedule = a_dag(schedule={"every": "PT15M"}).schedule

    assert isinstance(schedule, DeltaTriggerTimetable)
    assert schedule.delta.total_seconds() == 900


@pytest.mark.parametrize("state", [CollectionState.PAUSED, CollectionState.DELETING])
def test_a_schedule_that_rests(state: CollectionState) -> None:
    assert a_dag(state, schedule={"every": "PT15M"}).schedule is None


@pytest.mark.parametrize("typed", NOTES)
def test_what_a_user_typed_neither_runs_nor_renders(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed_everywhere = a_config(title=typed, description=typed, tags=[typed, "x" * 300])
    BundleFiles(tmp_path).write(DagDescription.of(a_collection(config=typed_everywhere, owner_name=typed)))
    file = tmp_path / f"{COLLECTION_ID}.py"

    names: dict[str, Any] = {"__file__": str(file)}
    exec(compile(file.read_text(), file, "exec"), names)
    dag = names["dag"]
    for task in dag.tasks:
        task.render_template_fields({})

    assert not (tmp_path / "owned").exists()
    assert len(dag.tasks) == 8
    assert not any(task.template_fields for task in dag.tasks)
    assert "49" not in dag.dag_display_name
    assert dag.dag_display_name.isprintable()
    assert all(tag.isprintable() and len(tag) <= 100 for tag in dag.tags)


@pytest.mark.parametrize("typed", NOTES)
def test_what_a_user_typed_survives_serialisation(typed: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = a_dag(title=typed, description=typed, tags=[typed])

    read = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert read.dag_display_name == dag.dag_display_name
    assert read.doc_md == dag.doc_md


def test_a_description_that_names_a_file_does_not_show_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("the secret")

    assert "the secret" not in str(a_dag(description=str(secret)).doc_md)


def test_a_description_shows_no_image_no_link_and_no_html() -> None:
    shown = str(literal_markdown("![beacon](https://a.example/x.png) <img src=x> `code`\n# Title\n    code"))

    assert "![" not in shown and "](" not in shown and "<img" not in shown.replace("\\<", "")
    assert "\n# " not in shown and "\n    " not in shown


@pytest.mark.parametrize("text", ["{", "null", "{}"])
def test_a_broken_definition_says_whose_it_is(tmp_path: Path, text: str) -> None:
    definition = tmp_path / f"{COLLECTION_ID}.json"
    definition.write_text(text)

    with pytest.raises(ConfigurationInvalid, match=str(COLLECTION_ID)):
        build(str(definition.with_suffix(".py")))


def test_a_dag_file_imports_nothing_heavy() -> None:
    script = """
import sys, time
import airflow.sdk
started = time.process_time()
import include.orchestration.factory
import include.orchestration.collection_bundle
seconds = time.process_time() - started
heavy = ["polars", "pandas", "pyarrow", "great_expectations", "presidio_analyzer", "presidio_anonymizer", "spacy",
         "elasticsearch", "rdflib", "adbc_driver_postgresql", "include.wiring", "include.storage"]
assert not [name for name in heavy if name in sys.modules], [name for name in heavy if name in sys.modules]
assert seconds < 2, seconds
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())})


def test_housekeeping_imports_nothing_heavy_and_runs_alone() -> None:
    script = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags", bundle_name="dags")
assert not bag.import_errors, bag.import_errors
names = ["deliver_mail", "remove_leftovers", "remove_old_quarantine", "remove_old_uploads", "update_index"]
assert sorted(bag.dags) == [f"housekeeping_{name}" for name in names], sorted(bag.dags)
assert all(dag.max_active_runs == 1 and not dag.catchup for dag in bag.dags.values())
assert "polars" not in sys.modules and "include.wiring" not in sys.modules
"""
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "AIRFLOW__CORE__DAG_DISCOVERY_SAFE_MODE": "False"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
