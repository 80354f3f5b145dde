"""Builds a collection's DAG from the definition beside its file: the same seven tasks for every collection.

What a user typed is data here: it reaches Airflow as titles and tags, never as code, and no task renders a template.
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Asset, BaseOperator, CronTriggerTimetable, DeltaTriggerTimetable, Param
from airflow.sdk.exceptions import TaskAwaitingInput

from include.errors import ConfigurationInvalid, Problem
from include.orchestration import review, tasks
from include.orchestration.bundle_files import read_description
from include.orchestration.description import DagDescription, dag_id_of

if TYPE_CHECKING:
    from uuid import UUID

    from airflow.sdk import Context

STAGES: Final = (
    "ingest",
    "map_to_cim",
    "validate",
    "anonymize",
    "load_postgres",
    "index_elasticsearch",
    "publish",
)

# Airflow's columns: 100 characters a tag.
TAG_LENGTH: Final = 100


class StageOperator(BaseOperator):
    """One stage of a batch; the task's name says which."""

    ui_color = "#e8f7e4"

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the stage; the plain `BatchRef` is what the next task gets."""
        from include.wiring import platform

        return tasks.run_stage(platform(), self.task_id, context)


class ReviewedStageOperator(HITLOperator):
    """The stage that may find that a person has to decide: then it waits, and goes on with what was answered."""

    ui_color = StageOperator.ui_color
    template_fields = ()

    def __init__(self, **options: Any) -> None:
        note = Param("", type="string", title="Note", description="Why; kept with the run.", maxLength=1000)
        super().__init__(
            subject="A rule holds this batch",
            options=[review.APPROVE, review.REJECT],
            defaults=review.REJECT,
            params={"note": note},
            **options,
        )

    def execute(self, context: Context) -> Any:
        """Run the stage, and ask where the report says that it holds the batch."""
        from include.wiring import platform

        left = tasks.run_stage(platform(), self.task_id, context)
        run = tasks.run_of(context)
        with tasks.judged(platform(), self.task_id, run, context):
            question = review.ask(platform(), run)
        if question is None:
            return left
        self.subject = f"{one_line(question.title)}: approve this batch?"
        self.body = literal_markdown("\n".join(question.sentences))
        self.assigned_users = list(question.asked)
        self.response_timeout = platform().settings.review_for
        try:
            return super().execute(context)
        except TaskAwaitingInput as waiting:
            waiting.kwargs = {"left": left}
            raise

    def execute_complete(self, context: Context, event: dict[str, Any], left: dict[str, Any] | None = None) -> Any:
        """Carry out what was answered."""
        from include.wiring import platform

        run = tasks.run_of(context)
        with tasks.judged(platform(), self.task_id, run, context):
            review.carry_out(platform(), run, review.read_answer(event))
        return left


class RemoveStaging(BaseOperator):
    """Removes what the run staged, however the run went."""

    ui_color = "#f4f4f4"

    def execute(self, context: Context) -> None:
        """Remove it."""
        from include.wiring import platform

        tasks.remove_staging(platform(), context)


def build(file: str) -> DAG:
    """Build the DAG of the generated file `file`.

    Raises:
        ConfigurationInvalid: The definition beside it cannot be read; Airflow shows that as the file's import error.
    """
    definition = Path(file).with_suffix(".json")
    try:
        description = read_description(definition)
    except (OSError, KeyError, TypeError, ValueError):
        raise _broken(definition.stem, "the definition beside the DAG file cannot be read") from None
    if description.broken:
        raise _broken(str(description.id), description.broken)
    return build_dag(description)


def build_dag(description: DagDescription) -> DAG:
    """Build the DAG that a description asks for."""
    with DAG(
        dag_id=dag_id_of(description.id),
        dag_display_name=one_line(description.title) or dag_id_of(description.id),
        doc_md=literal_markdown(description.description),
        schedule=_schedule(description),
        # Airflow's list shows tags and no owner: so the owner is a tag as well, to see and to filter by.
        tags=sorted({one_line(tag)[:TAG_LENGTH] for tag in (*description.tags, f"owner: {description.owner}")} - {""}),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={
            "owner": one_line(description.owner) or "nobody",
            "retries": 2,
            "retry_delay": timedelta(seconds=5),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=1),
        },
    ) as dag:
        stages = [
            ReviewedStageOperator(task_id=name)
            if name == review.HOLDS
            else StageOperator(task_id=name, outlets=_outlets(name, description.dataset_id))
            for name in STAGES
        ]
        for earlier, later in pairwise(stages):
            earlier >> later
        # A setup is cleared together with the tasks that it prepares: who runs a stage again reads the source again.
        stages[-1] >> RemoveStaging(task_id="remove_staging").as_teardown(setups=stages[0])
    return dag


def one_line(text: str) -> str:
    """Make a title of what a user typed: whatever would not print (line ends, controls, overrides) becomes a space.

    Example:
        >>> one_line("meters\\u2028of {{ 7*7 }}")
        'meters of {{ 7*7 }}'
    """
    return "".join(character if character.isprintable() else " " for character in text).strip()


def literal_markdown(text: str | None) -> str | None:
    r"""Write `text` so that Markdown shows it as it is: no images, links, HTML or code.

    The line end at the end keeps Airflow from taking a text that ends in `.md` for the name of a file to show.

    Example:
        >>> literal_markdown("![x](http://a/b.md")
        '\\!\\[x\\]\\(http\\:\\/\\/a\\/b\\.md\n'
    """
    if not text:
        return None
    lines = (re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(line)) for line in text.splitlines())
    return "  \n".join(lines) + "\n"


def _schedule(description: DagDescription) -> CronTriggerTimetable | DeltaTriggerTimetable | None:
    if description.paused:
        return None
    if description.cron is not None:
        return CronTriggerTimetable(description.cron, timezone=description.zone)
    if description.every_s is not None:
        return DeltaTriggerTimetable(timedelta(seconds=description.every_s))
    return None


def _outlets(task: str, dataset_id: UUID | None) -> list[Asset]:
    if task != "publish" or dataset_id is None:
        return []
    return [Asset(name=f"dataset_{dataset_id}", uri=f"x-cdmp://dataset/{dataset_id}")]


def _broken(collection: str, what: str) -> ConfigurationInvalid:
    return ConfigurationInvalid([Problem(f"collection {collection}", what, "Save the collection again.")])
