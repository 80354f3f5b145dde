"""A small Open Data source on this machine: answers with a recorded answer of a real one, a page at a time.

    python -m deploy.replay_server FILE PORT

It stands for what a pilot's scheduled REST collection asks every few minutes, without leaving the machine.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException

from deploy.ports import HOST

PAGE = 96  # a day of quarter hours


def read_moment(text: str) -> datetime:
    """Read an RFC 3339 time stamp; one without a zone is UTC. The plus of a zone may have arrived as a space."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def build_app(file: Path) -> FastAPI:
    """Serve one recorded answer, `{"results": [{"datetime": …}, …]}`."""
    records: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["results"]
    moments = [read_moment(record["datetime"]) for record in records]
    order = sorted(range(len(records)), key=moments.__getitem__)
    app = FastAPI(title="Recorded Open Data", docs_url=None, redoc_url=None)

    @app.get("/open-data/smard-load")
    def read(since: str | None = None) -> dict[str, Any]:
        try:
            after = read_moment(since) if since else None
        except ValueError:
            raise HTTPException(400, "`since` is no RFC 3339 time stamp, such as 2024-01-01T00:00:00Z") from None
        found = [records[index] for index in order if after is None or moments[index] > after]
        return {"total_count": len(found), "results": found[:PAGE]}

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    uvicorn.run(build_app(Path(sys.argv[1])), host=HOST, port=int(sys.argv[2]), log_level="info")
