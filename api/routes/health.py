"""Whether the platform answers: for load balancers, without a login and without a detail."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from api.dependencies import ServicesDep
from api.schemas.data_collection import Answer

router = APIRouter(tags=["operation"])


class HealthAnswer(Answer):
    """It answers; where the database is away the answer is 503."""

    status: Literal["ok"] = "ok"


@router.get("/health", summary="Whether the platform and its database answer")
def read_health(services: ServicesDep) -> HealthAnswer:
    services.collections.find("", limit=1)
    return HealthAnswer()
