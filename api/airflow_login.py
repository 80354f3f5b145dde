"""Signs requests in with Airflow's auth manager; the only module of the interface that knows Airflow."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.core_api.security import get_user
from fastapi import HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials

from include.access.requestor import Requestor

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="cdmp"'}


async def sign_in_with_airflow(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Requestor:
    """Give the user of the bearer token, or else of the cookie.

    Raises:
        HTTPException: 401 where there is none, or one that is forged, stale or of a disabled account.
    """
    try:
        user: Any = await get_user(request, None, bearer)
    except HTTPException as error:
        # Airflow answers 403 to a forged token; to us that is somebody who has not signed in
        raise HTTPException(401, "Sign in: POST /auth/token gives a token.", _CHALLENGE) from error
    roles = frozenset(role.name for role in getattr(user, "roles", ()))
    return Requestor(id=str(user.get_id()), name=str(user.get_name()), roles=roles)
