"""How a source is told who asks, as the owner writes it: the secret itself is named, and lies elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from include.configuration import Configuration

SECRET_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"  # noqa: S105  # the pattern of a name
SecretRef = Annotated[
    str,
    Field(
        pattern=SECRET_NAME,
        description="the name under which its owner stored the secret",
        examples=["utility_token"],
    ),
]


class ApiKey(Configuration):
    """A key in a header or in the query."""

    kind: Literal["api_key"] = "api_key"
    place: Literal["header", "query"] = "header"
    name: str = Field("X-Api-Key", pattern=r"^[A-Za-z0-9_.$-]+$", max_length=100, examples=["X-Api-Key"])
    prefix: str = Field(
        "", max_length=50, pattern=r"^[\x20-\x7e]*$", description="stands before the key", examples=["Token "]
    )
    secret_ref: SecretRef


class BasicLogin(Configuration):
    """A user name and a password."""

    kind: Literal["basic"] = "basic"
    username: str = Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f\x7f]+$", examples=["meters"])
    secret_ref: SecretRef


class BearerToken(Configuration):
    """A token that does not change."""

    kind: Literal["bearer"] = "bearer"
    secret_ref: SecretRef


class ClientCredentials(Configuration):
    """OAuth 2.0 client credentials: a token is fetched for each run, and again when it is refused."""

    kind: Literal["oauth2_client_credentials"] = "oauth2_client_credentials"
    token_url: str = Field(pattern=r"^https?://", max_length=2000, examples=["https://data.example.org/token"])
    client_id: str = Field(min_length=1, max_length=500)
    secret_ref: SecretRef
    scope: str | None = Field(None, max_length=1000)
    audience: str | None = Field(None, max_length=1000)
    send_as: Literal["basic", "body"] = Field("basic", description="where the client's secret stands (RFC 6749, 2.3.1)")


Authentication = Annotated[ApiKey | BasicLogin | BearerToken | ClientCredentials, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class SecretEntry:
    """What is told of a secret: everything but the secret."""

    name: str
    created: datetime
    updated: datetime
