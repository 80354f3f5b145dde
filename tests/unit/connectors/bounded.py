"""Reads files in a process of its own, whose memory can be measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

MOST_MIB = 512
"""Of the whole process, with everything that it imports."""

_SCRIPT = """
import json, sys, time
from pathlib import Path
from pydantic import TypeAdapter
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.file import UploadedFile
from include.errors import SourceRefused

for path, form in json.loads(sys.argv[1]).items():
    begun, rows, says = time.process_time(), 0, None
    try:
        if form is None:
            detect(take_sample("hostile", lambda: Content.open(Path(path), "hostile")), {})
        else:
            form = TypeAdapter(Format).validate_python(form)
            rows = sum(frame.height for frame in UploadedFile(Path(path), "hostile", form).read(None).frames)
    except SourceRefused as refused:
        says = str(refused)
    [peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    mib = int(peak.split()[1]) >> 10
    print(json.dumps([Path(path).name, rows, says, time.process_time() - begun, mib]))
"""


class Bounded(NamedTuple):
    """What reading one file came to; `peak_mib` is of the process so far."""

    name: str
    rows: int
    says: str | None
    seconds: float  # of the processor
    peak_mib: int


def read_bounded(files: Mapping[Path, Mapping[str, Any] | None]) -> dict[str, Bounded]:
    """Read files in the given formats, or only detect what they are where there is none."""
    asked = json.dumps({str(path): form for path, form in files.items()})
    done = subprocess.run([sys.executable, "-c", _SCRIPT, asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read = [Bounded(*json.loads(line)) for line in done.stdout.splitlines()]
    return {each.name: each for each in read}
