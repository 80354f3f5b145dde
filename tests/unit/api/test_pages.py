"""Documentation, user interface and aliases are served from here, and from nowhere else."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.aliases import redirect_alias
from tests.interface import Interface


def test_the_documentation_loads_nothing_from_elsewhere():
    client = Interface().client(None)
    page = client.get("/docs").text
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert not [asset for asset in assets if asset.startswith(("http", "//"))]
    for asset in assets:
        if not asset.startswith("data:"):
            assert len(client.get(asset).content) > 10_000
    assert "http" not in re.sub(r"http://www\.w3\.org\S*", "", page)


def test_the_tab_is_served_as_a_script():
    answer = Interface().client(None).get("/ui/batch.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/twenergy-api/dataset/?limit=3&x=%2F", "/twinergy-api/dataset/?limit=3&x=%2F"),
        ("/twenergy-api/a%2Fb%25", "/twinergy-api/a%2Fb%25"),
        ("/twenergy-api/twenergy-api", "/twinergy-api/twenergy-api"),
        ("/twenergy-api//evil.example/", "/twinergy-api//evil.example/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_alias_sends_method_path_and_query_on(method: str, asked: str, location: str):
    outer = FastAPI()
    outer.mount("/twenergy-api", redirect_alias("/twenergy-api", "/twinergy-api"))
    answer = TestClient(outer, follow_redirects=False).request(method, asked)
    assert (answer.status_code, answer.headers["location"]) == (308, location)
