"""Runs and what their stages did, in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, and_, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from include.batch import Profile, RuleOutcome, ValidationReport, Window
from include.collection.model import Collection
from include.collection.quarantine import Replay
from include.collection.run import Review, Run, RunFailure, RunState, StageResult
from include.errors import Conflict, NotFound
from include.storage.connection import begin
from include.storage.schema import run as runs
from include.storage.schema import run_stage as stages

_ACTIVE = [state.value for state in RunState if state.active]


class PostgresRunStore:
    """The port `RunStore`, as the role that writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def queue(
        self,
        collection: Collection,
        run_id: str,
        requested_by: str | None,
        queued: datetime,
        part: Window | Replay | None = None,
    ) -> None:
        """Record that a run was asked for; raises Conflict where one that was asked for has not ended."""
        window = part if isinstance(part, Window) else None
        statement = insert(runs).values(
            collection_id=collection.id,
            run_id=run_id,
            version=collection.version,
            state=RunState.QUEUED.value,
            asked=True,
            requested_by=requested_by,
            queued=queued,
            window_start=window.start if window else None,
            window_end=window.end if window else None,
            replay=part.to_json() if isinstance(part, Replay) else None,
        )
        with begin(self._engine) as connection:
            added = connection.execute(statement.on_conflict_do_nothing().returning(runs.c.run_id)).first()
        if added is None:
            raise Conflict(
                f"collection {collection.id}",
                "a run that was asked for has not ended yet",
                "Wait for its end, then ask again.",
            )

    def start(self, collection: Collection, run_id: str, started: datetime, requested_by: str | None = None) -> None:
        """The first task begins; a run that had ended is then one that Airflow runs again."""
        statement = insert(runs).values(
            collection_id=collection.id,
            run_id=run_id,
            version=collection.version,
            state=RunState.RUNNING.value,
            asked=False,
            triggered=True,
            requested_by=requested_by,
            queued=started,
            started=started,
        )
        with begin(self._engine) as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[runs.c.collection_id, runs.c.run_id],
                    set_={
                        "version": statement.excluded.version,
                        "state": statement.excluded.state,
                        "asked": and_(runs.c.asked, runs.c.state.in_(_ACTIVE)),
                        "triggered": True,
                        "started": func.coalesce(runs.c.started, statement.excluded.started),
                        "finished": None,
                        "failure": None,
                        "note": None,
                        "review": None,
                    },
                )
            )

    def add_stage(self, collection_id: UUID, run_id: str, batch_id: UUID, result: StageResult) -> None:
        """Record one task's result; a retry replaces it. Raises NotFound."""
        plain = asdict(result)
        statement = insert(stages).values(collection_id=collection_id, run_id=run_id, **plain)
        with begin(self._engine) as connection:
            _change(connection, collection_id, run_id, batch_id=batch_id)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=list(stages.primary_key),
                    set_={name: plain[name] for name in plain if name != "task"},
                )
            )

    def add_report(self, collection_id: UUID, run_id: str, report: ValidationReport) -> None:
        """Keep what validation found. Raises NotFound."""
        with begin(self._engine) as connection:
            _change(connection, collection_id, run_id, report=asdict(report))

    def hold(self, collection_id: UUID, run_id: str) -> bool:
        """The run waits for a person; False where it did already. Raises NotFound."""
        here = (runs.c.collection_id == collection_id, runs.c.run_id == run_id)
        with begin(self._engine) as connection:
            before = connection.scalar(select(runs.c.state).where(*here).with_for_update())
            _change(connection, collection_id, run_id, state=RunState.AWAITING_REVIEW.value)
        return before != RunState.AWAITING_REVIEW.value

    def add_review(self, collection_id: UUID, run_id: str, review: Review) -> None:
        """Keep what a person decided; approved, the run is `running` again. Raises NotFound."""
        plain = {**asdict(review), "at": review.at.isoformat()}
        state = {"state": RunState.RUNNING.value} if review.approved else {}
        with begin(self._engine) as connection:
            _change(connection, collection_id, run_id, review=plain, **state)

    def finish(
        self,
        collection_id: UUID,
        run_id: str,
        state: RunState,
        finished: datetime,
        failure: RunFailure | None = None,
        note: str | None = None,
    ) -> None:
        """Record the end. A second report of a failure does not wipe out the reason of the first. Raises NotFound."""
        values: dict[str, Any] = {"state": state.value, "finished": finished}
        if failure is not None or state is not RunState.FAILED:
            values["failure"] = None if failure is None else asdict(failure)
        if note is not None:
            values["note"] = note
        with begin(self._engine) as connection:
            _change(connection, collection_id, run_id, **values)

    def get(self, collection_id: UUID, run_id: str) -> Run:
        """Read one run with its stages; raises NotFound."""
        found = self._select(select(runs).where(runs.c.collection_id == collection_id, runs.c.run_id == run_id))
        if not found:
            raise _absent(collection_id, run_id)
        return found[0]

    def find(self, collection_id: UUID, *, before: datetime | None = None, limit: int = 50) -> Sequence[Run]:
        """List newest first."""
        query = select(runs).where(runs.c.collection_id == collection_id)
        if before is not None:
            query = query.where(runs.c.queued < before)
        return self._select(query.order_by(runs.c.queued.desc(), runs.c.run_id.desc()).limit(limit))

    def latest(self, collection_ids: Sequence[UUID]) -> Mapping[UUID, Run]:
        """Find the newest run of each collection that has one."""
        newest = (
            select(runs)
            .ext(distinct_on(runs.c.collection_id))
            .where(runs.c.collection_id.in_(collection_ids))
            .order_by(runs.c.collection_id, runs.c.queued.desc(), runs.c.run_id.desc())
        )
        return {run.collection_id: run for run in self._select(newest)}

    def untriggered(self) -> Sequence[Run]:
        """Runs that were asked for and that Airflow does not have yet, oldest first."""
        waiting = select(runs).where(runs.c.asked, runs.c.state == RunState.QUEUED.value, runs.c.triggered.is_(False))
        return self._select(waiting.order_by(runs.c.queued, runs.c.run_id))

    def mark_triggered(self, collection_id: UUID, run_id: str) -> None:
        """Airflow has the run. Raises NotFound."""
        with begin(self._engine) as connection:
            _change(connection, collection_id, run_id, triggered=True)

    def unfinished(self) -> Sequence[Run]:
        """Runs that Airflow has and whose end is not recorded, oldest first."""
        under_way = select(runs).where(runs.c.state.in_(_ACTIVE), runs.c.triggered)
        return self._select(under_way.order_by(runs.c.queued, runs.c.run_id))

    def _select(self, query: Select[Any]) -> list[Run]:
        with begin(self._engine) as connection:
            rows = connection.execute(query).all()
            keys = [(row.collection_id, row.run_id) for row in rows]
            done: dict[tuple[UUID, str], list[StageResult]] = defaultdict(list)
            for stage in connection.execute(
                select(stages)
                .where(tuple_(stages.c.collection_id, stages.c.run_id).in_(keys))
                .order_by(stages.c.started)
            ):
                done[stage.collection_id, stage.run_id].append(
                    StageResult(stage.task, stage.started, stage.seconds, stage.counts, tuple(stage.notes))
                )
        return [_read(row, done[row.collection_id, row.run_id]) for row in rows]


def _read(row: Row[Any], done: Sequence[StageResult]) -> Run:
    return Run(
        collection_id=row.collection_id,
        run_id=row.run_id,
        version=row.version,
        state=RunState(row.state),
        requested_by=row.requested_by,
        queued=row.queued,
        started=row.started,
        finished=row.finished,
        batch_id=row.batch_id,
        stages=tuple(done),
        report=None if row.report is None else _read_report(row.report),
        failure=None if row.failure is None else RunFailure(**row.failure),
        note=row.note,
        window=Window(row.window_start, row.window_end) if row.window_start else None,
        replay=None if row.replay is None else Replay.from_json(row.replay),
        review=None if row.review is None else _read_review(row.review),
    )


def _read_review(plain: Mapping[str, Any]) -> Review:
    return Review(**{**plain, "at": datetime.fromisoformat(plain["at"])})


def _read_report(plain: Mapping[str, Any]) -> ValidationReport:
    outcomes = (RuleOutcome(**{**outcome, "row_ids": tuple(outcome["row_ids"])}) for outcome in plain["outcomes"])
    profiles = {
        name: Profile(one["rows"], tuple(one["edges"]), tuple(one["shares"]))
        for name, one in plain.get("profiles", {}).items()
    }
    read = {"outcomes": tuple(outcomes), "held": tuple(plain.get("held", ())), "profiles": profiles}
    return ValidationReport(**{**plain, **read})


def _change(connection: Connection, collection_id: UUID, run_id: str, **values: Any) -> None:
    changed = connection.execute(
        update(runs).where(runs.c.collection_id == collection_id, runs.c.run_id == run_id).values(**values)
    )
    if changed.rowcount == 0:
        raise _absent(collection_id, run_id)


def _absent(collection_id: UUID, run_id: str) -> NotFound:
    return NotFound(f"collection {collection_id}", f"it has no run {run_id!r}")
