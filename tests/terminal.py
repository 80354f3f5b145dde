"""`cdmp` as somebody types it, beside the fixture `terminal` of the integration tests."""

from __future__ import annotations

import pytest

from cli.app import app


def cdmp(*arguments: str, user: str | None = "owner") -> None:
    """Type a command; `user` None: one that nobody signs in for."""
    app([*arguments, *(["--as", user] if user else [])], standalone_mode=False)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, user: str | None = "owner") -> str:
    """Type a command; gives what it printed."""
    capsys.readouterr()
    cdmp(*arguments, user=user)
    return capsys.readouterr().out
