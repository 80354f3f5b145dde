"""Uploads by the library that browsers use: in Node, and in Chromium, whose page is left and opened again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chromium import open_chromium
from tests.postgres import Database
from tests.upload_server import UploadServer, running_upload_server

OWNER = {"Authorization": "Bearer owner", "Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with running_upload_server(database.loader_url, tmp_path_factory.mktemp("uploads")) as server:
        yield server


TUS_JS_CLIENT = "tus-js-client@4.3.1"
SCRIPT = """
const tus = require('tus-js-client'), fs = require('fs')
const [endpoint, path] = process.argv.slice(2)
const end = (what) => { console.log(JSON.stringify(what)); process.exit(0) }
const answer = (error) => error.originalResponse ? error.originalResponse.getBody() : String(error)
let pauses = 2
const upload = new tus.Upload(fs.readFileSync(path), {
  endpoint, chunkSize: 1 << 20,
  headers: {Authorization: 'Bearer owner'},
  metadata: {filename: 'Zähler.csv', filetype: 'text/csv'},
  retryDelays: [0, 200, 500, 1000, 2000],
  onShouldRetry: (error) => !answer(error).includes('duplicate-upload'),
  onError: (error) => end({failed: answer(error)}),
  onSuccess: ({lastResponse}) => end({upload: lastResponse.getHeader('Cdmp-Upload'), url: upload.url}),
  onProgress: (sent) => {
    if (sent > (3 - pauses) << 20 && pauses-- > 0) upload.abort().then(() => setTimeout(() => upload.start(), 100))
  },
})
upload.start()
"""


@pytest.fixture(scope="module")
def tus_js_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library; the registry is asked for this one package and what it needs."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("tus")
    (folder / "package.json").write_text("{}")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", TUS_JS_CLIENT]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {TUS_JS_CLIENT}")
    (folder / "send.js").write_text(SCRIPT)
    return folder


def test_the_library_of_browsers_hands_over_a_file(server: UploadServer, tus_js_client: Path, tmp_path: Path) -> None:
    file = tmp_path / "zaehler.csv"
    file.write_bytes(os.urandom(5 << 20))
    send = ["node", "send.js", f"{server.url}/upload/", str(file)]

    def run() -> dict[str, str]:
        done = subprocess.run(send, cwd=tus_js_client, capture_output=True, text=True, timeout=120, check=True)
        return dict(json.loads(done.stdout.splitlines()[-1]))

    told = run()
    assert told["upload"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert told["url"].startswith(f"{server.url}/upload/")
    answer = httpx.get(told["url"], headers=OWNER).json()
    assert (answer["name"], answer["repeats"]) == ("Zähler.csv", False)
    again = json.loads(run()["failed"])
    assert (again["status"], again["type"]) == (409, "urn:cdmp:problem:duplicate-upload")


PAGE = """
([endpoint, pauseAt]) => new Promise((done) => {
  const file = document.querySelector('input').files[0]
  const answer = (error) => error.originalResponse ? error.originalResponse.getBody() : String(error)
  const upload = new tus.Upload(file, {
    endpoint, chunkSize: 1 << 20, headers: {Authorization: 'Bearer owner'},
    metadata: {filename: file.name, filetype: file.type},
    retryDelays: [0, 200, 500],
    onError: (error) => done({failed: answer(error)}),
    onProgress: (sent) => { if (pauseAt && sent >= pauseAt) upload.abort().then(() => done({sent})) },
    onSuccess: ({lastResponse}) => done({upload: lastResponse.getHeader('Cdmp-Upload')}),
  })
  upload.findPreviousUploads().then((earlier) => {
    if (earlier.length) upload.resumeFromPreviousUpload(earlier[0])
    upload.start()
  })
})
"""


@pytest.fixture
def page(server: UploadServer) -> Iterator[Any]:
    """A page of the interface's own origin, in Chromium."""
    with open_chromium("no browser handed over a file") as chromium:
        page = chromium.new_page()
        page.goto(f"{server.url}/health")
        yield page


def hand_over(page: Any, library: Path, file: Path, endpoint: str, pause_at: int | None = None) -> dict[str, Any]:
    page.evaluate("document.body.innerHTML = '<input type=file>'")
    page.add_script_tag(path=library)
    page.set_input_files("input", file)
    return dict(page.evaluate(PAGE, [endpoint, pause_at]))


def test_a_browser_goes_on_after_its_page_was_left(
    server: UploadServer, tus_js_client: Path, page: Any, tmp_path: Path
) -> None:
    library = tus_js_client / "node_modules" / "tus-js-client" / "dist" / "tus.min.js"
    endpoint = f"{server.url}/upload/"
    file = tmp_path / "readings.csv"
    file.write_bytes(os.urandom(5 << 20))
    begun: list[int] = []
    page.on(
        "request", lambda request: request.method == "PATCH" and begun.append(int(request.headers["upload-offset"]))
    )

    assert hand_over(page, library, file, endpoint, pause_at=5 << 19)["sent"] >= 5 << 19
    begun.clear()
    page.reload()
    told = hand_over(page, library, file, endpoint)

    assert told == {"upload": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert begun[0] >= 2 << 20, "it began again instead of going on"
    # 409 is an answer that the library tries again after, and then it learns which upload has this content
    page.evaluate("localStorage.clear()")
    assert hand_over(page, library, file, endpoint) == told
    names = [each["name"] for each in httpx.get(endpoint, headers=OWNER).json()["uploads"]]
    assert names.count("readings.csv") == 1
