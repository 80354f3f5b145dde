"""Every error as problem+json (RFC 9457): what was wrong, where, what would be right."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Final, cast
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response

from include.errors import (
    BatchRefused,
    CdmpError,
    ChecksumWrong,
    ConfigurationInvalid,
    Conflict,
    DuplicateUpload,
    Locked,
    NotAllowed,
    NotFound,
    Problem,
    SourceRefused,
    SourceUnavailable,
    StoreUnavailable,
    TooLarge,
)
from include.invalid import find_properties, tell_errors

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5

CHECKSUM_MISMATCH: Final = 460
"""Of tus, and of nobody else."""

_PHRASES: Final[Mapping[type[CdmpError], str]] = {
    ChecksumWrong: "Checksum Mismatch",
    DuplicateUpload: "Duplicate Upload",  # a client goes on after other conflicts, and not after this one
}
_STATUS: Final[Mapping[type[CdmpError], int]] = {
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Locked: HTTPStatus.LOCKED,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ChecksumWrong: CHECKSUM_MISMATCH,
    ConfigurationInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    BatchRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    SourceRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    SourceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class ProblemPart(BaseModel):
    """One thing that is wrong."""

    where: str = Field(description="a path into the document, or the parameter's name", examples=["mapper.rules[2]"])
    what: str
    expected: str = Field(description="what would be right, or what to do")


class ProblemDocument(BaseModel):
    """An error, after RFC 9457."""

    type: str = Field(examples=["urn:cdmp:problem:not-found"])
    title: str
    status: int
    detail: str
    errors: list[ProblemPart] = []


def answer_problem(
    status: int,
    detail: str,
    parts: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
    phrase: str | None = None,
) -> Response:
    """Build the answer for an error; `phrase` goes before the status's own name."""
    phrase = phrase or HTTPStatus(status).phrase
    document = ProblemDocument(
        type=f"urn:cdmp:problem:{phrase.lower().replace(' ', '-')}",
        title=phrase,
        status=status,
        detail=detail,
        errors=[ProblemPart(where=part.where, what=part.what, expected=part.remedy) for part in parts],
    )
    # what a client sent may come back in a path or name: escaped, so that even a lone surrogate can be written
    return Response(json.dumps(document.model_dump()), status, headers, media_type=MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Answer every error of the app in this form."""
    app.add_exception_handler(CdmpError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)


async def _answer_ours(_request: Request, error: Exception) -> Response:
    ours = cast(CdmpError, error)
    status = next((_STATUS[kind] for kind in type(ours).__mro__ if kind in _STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)
    parts = ours.problems if isinstance(ours, ConfigurationInvalid) else (Problem(ours.where, ours.what, ours.remedy),)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("answered 503: %s", ours)
        # where our stores are is nobody's business but the operator's
        parts = (Problem("platform", "a store or source does not answer now", "Try again in a few seconds"),)
        return answer_problem(status, str(parts[0]), parts, {"Retry-After": str(RETRY_AFTER_S)})
    return answer_problem(status, str(ours), parts, phrase=_PHRASES.get(type(ours)))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    invalid = cast(RequestValidationError, error)
    problems = _tell_request(request, invalid)
    if any(item["loc"][0] == "path" for item in invalid.errors()) and request.method != "PUT":
        return answer_problem(404, "An id in the path is not one of ours.", problems)
    return answer_problem(422, " ".join(str(problem) for problem in problems), problems)


async def _answer_http(_request: Request, error: Exception) -> Response:
    http = cast(HTTPException, error)
    return answer_problem(http.status_code, str(http.detail), headers=http.headers)


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    reference = uuid4()
    logger.error("unexpected error %s at %s %s", reference, request.method, request.url.path, exc_info=error)
    return answer_problem(500, f"That is our mistake, not yours. Tell the operator this reference: {reference}.")


def _tell_request(request: Request, invalid: RequestValidationError) -> list[Problem]:
    """Tell of the body in the words that a document of the terminal gets, and of parameters likewise."""
    route = request.scope["route"]
    body = find_properties(route.body_field.field_info.annotation) if route.body_field else ()
    told: list[Problem] = []
    for place, errors in groupby(invalid.errors(), lambda error: error["loc"][0]):
        within = [cast(ErrorDetails, {**error, "loc": error["loc"][1:]}) for error in errors]
        if place == "body":
            told += tell_errors(within, invalid.body, body, "body")
        else:
            names = [(each.alias, {"examples": each.field_info.examples}) for each in route.dependant.path_params]
            given = {error["loc"][0]: error["input"] for error in within}
            told += tell_errors(within, given, [(name, each) for name, each in names if each["examples"]], place)
    return told
