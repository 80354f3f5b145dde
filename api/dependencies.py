"""What every route may ask for: who asks, the platform's services, the engine, and the page of a list."""

from __future__ import annotations

import logging
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Query, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from include.access.requestor import Requestor
from include.errors import ConfigurationInvalid, Problem, StoreUnavailable, name_close
from include.operations.services import Services
from include.quarantine_ports import ReviewEngine

logger = logging.getLogger(__name__)

_BEARER = HTTPBearer(auto_error=False, description="A token of POST /auth/token (username, password)")
_COOKIE = APIKeyCookie(name="_token", auto_error=False, description="The cookie of a login to Airflow's pages")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def sign_in(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    _cookie: Annotated[str | None, Depends(_COOKIE)],
) -> Requestor:
    """Find out who asks, from the bearer token or the cookie. Airflow does not protect what a plugin mounts.

    Raises:
        HTTPException: 401 where nobody is signed in.
    """
    if bearer is None and request.method not in _SAFE:
        _refuse_foreign_page(request)
    requestor: Requestor = await request.app.state.sign_in(request, bearer)
    return requestor


def _refuse_foreign_page(request: Request) -> None:
    """A browser sends the cookie along whoever wrote the page: changes need a page of ours."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign_site = site is not None and site not in ("same-origin", "none")
    foreign_origin = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign_site or foreign_origin:
        raise HTTPException(403, "A page of another site may not change anything here; use a bearer token.")


def _services(request: Request) -> Services:
    try:
        services: Services = request.app.state.services()
    except ConfigurationInvalid as error:  # the operator's configuration, not the requestor's
        logger.error("the platform is not configured: %s", error)
        raise StoreUnavailable("platform", "it is not configured", "Tell the operator") from error
    return services


def _engine(request: Request) -> ReviewEngine:
    engine: ReviewEngine = request.app.state.engine()
    return engine


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse parameters that the route does not take: records asked for `asof=` a batch would be those of now.

    Raises:
        ConfigurationInvalid: Names those that it takes.
    """
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    problems = [
        Problem(name, "there is no such parameter", name_close(name, known) if known else "Leave it out.")
        for name in request.query_params
        if name not in known
    ]
    if problems:
        raise ConfigurationInvalid(problems)


def link(request: Request, path: str) -> str:
    """Write the path of one of our resources as seen from outside."""
    return f"{request.scope.get('root_path', '')}{path}"


SignedIn = Annotated[Requestor, Depends(sign_in)]
ServicesDep = Annotated[Services, Depends(_services)]
EngineDep = Annotated[ReviewEngine, Depends(_engine)]
Cursor = Annotated[str | None, Query(max_length=4096, description="`cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=1000)]
