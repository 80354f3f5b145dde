"""A real Elasticsearch for the suite, where one is given or can be started; otherwise its tests say why they skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_ports

_SCRIPT = Path(__file__).with_name("services") / "elasticsearch.sh"
_READY_S = 800  # the first start on a machine fetches 924 MB


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """One for the whole suite."""
    with running_elasticsearch() as url:
        yield url


@contextmanager
def running_elasticsearch() -> Iterator[str]:
    """Give the URL of `CDMP_TEST_ELASTICSEARCH_URL`, or of a node that the suite starts and stops."""
    given = os.environ.get("CDMP_TEST_ELASTICSEARCH_URL")
    if given:
        yield given
        return
    lacking = subprocess.run([_SCRIPT, "--check"], capture_output=True, text=True, check=False)
    if lacking.returncode:
        pytest.skip(f"no Elasticsearch: {lacking.stderr.strip()}; or set CDMP_TEST_ELASTICSEARCH_URL")
    folder = Path(tempfile.mkdtemp(prefix="cdmp-es-"))
    port, transport = free_ports(2)
    environment = {**os.environ, "ES_PORT": str(port), "ES_TRANSPORT_PORT": str(transport)}
    with (folder / "output").open("wb") as output:
        node = subprocess.Popen(
            [_SCRIPT, folder / "node"],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, node, folder / "output")
        yield url
    finally:
        node.terminate()
        node.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, node: subprocess.Popen[bytes], output: Path) -> None:
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        if node.poll() is not None:
            pytest.fail(f"Elasticsearch did not start:\n{output.read_text()[-3000:]}")
        try:
            urllib.request.urlopen(f"{url}/_cluster/health?wait_for_status=yellow&timeout=2s", timeout=5).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"Elasticsearch was not ready within {_READY_S} s:\n{output.read_text()[-3000:]}")
