"""Builds the REST interface as one FastAPI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.staticfiles import StaticFiles

from api.dependencies import refuse_unknown_parameters
from api.documentation import install_documentation
from api.problems import ProblemDocument, install_problems
from api.routes import (
    appending,
    batches,
    cim,
    data_collections,
    datasets,
    health,
    keys,
    quarantine,
    reviews,
    samples,
    searching,
    secrets,
    sources,
    steps,
    uploads,
)
from api.strict_json import StrictJsonBodies
from api.tus import TusAnswers, takes_file
from include.access.requestor import Requestor
from include.operations.services import Services
from include.quarantine_ports import ReviewEngine

SignIn = Callable[[Request, HTTPAuthorizationCredentials | None], Awaitable[Requestor]]

VERSION: Final = "0.1.0"


def create_app(
    services: Callable[[], Services],
    engine: Callable[[], ReviewEngine],
    sign_in: SignIn,
    pages: Path | None = None,
) -> FastAPI:
    """Build the app. Nothing is opened: `services` and `engine` are asked at the first request that needs them.

    Args:
        sign_in: Finds out who asks; raises an HTTPException (401) where nobody does.
        pages: The folder of the built user interface, served below `/ui`.
    """
    app = FastAPI(
        title="CDMP: open energy-data platform",
        summary="Collections become datasets; datasets are read back, by those who may.",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_unknown_parameters)],
        responses={"default": {"model": ProblemDocument, "description": "An error, after RFC 9457"}},
    )
    app.state.services = services
    app.state.engine = engine
    app.state.sign_in = sign_in
    install_problems(app)
    install_documentation(app)
    app.add_middleware(StrictJsonBodies, takes_files=takes_file)
    app.add_middleware(TusAnswers)
    for routes in (
        *(data_collections, steps, appending, reviews, datasets, batches, quarantine, keys),
        *(uploads, samples, sources, secrets, cim, searching, health),
    ):
        app.include_router(routes.router)
    if pages is not None:
        app.mount("/ui", StaticFiles(directory=pages), name="ui")
    return app
