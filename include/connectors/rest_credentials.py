"""What proves to a source who asks: made from the owner's secrets while it is read, and kept nowhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode

import polars as pl

from include.collection.authentication import ApiKey, Authentication, BasicLogin, BearerToken, ClientCredentials
from include.connectors.egress import Answer, Credentials, Limits, Request
from include.errors import SourceRefused, SourceUnavailable

MASK: Final = "•••"
_SHORTEST: Final = 4
_TOKEN: Final = Limits(timeout_s=30, whole_s=60, most_bytes=1 << 20, most_redirects=0)


class Login:
    """The credentials of one reading; a token is fetched once, and again when the source refuses it.

    Args:
        reveal: Gives a secret of the collection's owner by its name.
        send: Sends a request by the way out.
    """

    def __init__(
        self,
        authentication: Authentication | None,
        reveal: Callable[[str], str],
        send: Callable[[Request, Limits], Answer],
    ) -> None:
        self._authentication = authentication
        self._secret = reveal(authentication.secret_ref) if authentication is not None else None
        self._send = send
        self._token: str | None = None

    @property
    def renewable(self) -> bool:
        """Whether a refused login is worth another token."""
        return self._token is not None

    def credentials(self) -> Credentials:
        """Give what the next request carries."""
        secret = self._secret or ""
        match self._authentication:
            case ApiKey(place="header", name=name, prefix=prefix):
                return Credentials(headers={name: prefix + secret})
            case ApiKey(name=name, prefix=prefix):
                return Credentials(parameters=((name, prefix + secret),))
            case BasicLogin(username=username):
                return Credentials(headers={"Authorization": _basic(username, secret)})
            case BearerToken():
                return Credentials(headers={"Authorization": f"Bearer {secret}"})
            case ClientCredentials() as client:
                if self._token is None:
                    self._token = self._fetch_token(client, secret)
                return Credentials(headers={"Authorization": f"Bearer {self._token}"})
        return Credentials()

    def forget_token(self) -> None:
        """Fetch another token for the next request."""
        self._token = None

    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be seen: secrets and tokens, as they stand in a header, a URL or JSON."""
        texts = [text for text in (self._secret, self._token) if text]
        if isinstance(self._authentication, BasicLogin):
            texts.append(_basic(self._authentication.username, self._secret or "").removeprefix("Basic "))
        written = [form for text in texts for form in _forms(text)]
        # shorter ones are no secrets, and would tear sentences apart
        return tuple(sorted({form for form in written if len(form) >= _SHORTEST}, key=len, reverse=True))

    def mask(self, text: str) -> str:
        """Take the secrets out of a text: a source may repeat what it was sent."""
        for secret in self.secrets():
            text = text.replace(secret, MASK)
        return text

    def hide(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Take the secrets out of rows that repeat them; a column that is named after one goes."""
        frame = frame.drop([name for name in frame.columns if self.mask(name) != name])
        for secret in self.secrets():
            frame = frame.with_columns(pl.all().str.replace_all(secret, MASK, literal=True))
        return frame

    def masked(self, error: SourceRefused | SourceUnavailable) -> SourceRefused | SourceUnavailable:
        """Give an error without what it might quote of them."""
        kind = SourceRefused if isinstance(error, SourceRefused) else SourceUnavailable
        return kind(*map(self.mask, (error.where, error.what, error.remedy)))

    def _fetch_token(self, client: ClientCredentials, secret: str) -> str:
        form = {"grant_type": "client_credentials", "scope": client.scope, "audience": client.audience}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        credentials = Credentials()
        if client.send_as == "basic":  # RFC 6749, 2.3.1: both are encoded as in a form first
            login = _basic(quote_plus(client.client_id), quote_plus(secret))
            credentials = Credentials(headers={"Authorization": login})
        else:
            form |= {"client_id": client.client_id, "client_secret": secret}
        body = urlencode({name: value for name, value in form.items() if value is not None}).encode()
        answer = self._send(Request(client.token_url, "POST", (), headers, body, credentials), _TOKEN)
        with answer.body:
            return _read_token(answer)


def _read_token(answer: Answer) -> str:
    where = f"{answer.url.host}, which gives tokens,"
    if answer.status == 429 or answer.status >= 500:
        raise SourceUnavailable(where, f"answers {answer.status}")
    if answer.status != 200:
        raise SourceRefused(where, f"answers {answer.status}", "Check the client's id, its secret and the scope.")
    try:
        plain: Any = json.loads(answer.body.read())
        token = plain["access_token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        token = None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token or not token:
        raise SourceRefused(where, "answers with no access token", "Check the token's URL.")
    return token


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _forms(text: str) -> tuple[str, ...]:
    """Give a secret as it may come back: from a URL, a form, a header, JSON."""
    return text, quote(text, safe=""), quote_plus(text), text.encode().decode("latin-1"), json.dumps(text)[1:-1]
