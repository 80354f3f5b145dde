"""Hiding does not bring along what only looking for names needs."""

from __future__ import annotations

import subprocess
import sys

_SHOW = """
import sys
import include.anonymization.methods
print([name for name in ("presidio_analyzer", "spacy") if name in sys.modules])
import presidio_analyzer.llm_utils.azure_auth_helper
"""


def test_methods_come_without_the_analyzer_and_leave_it_to_be_imported() -> None:
    shown = subprocess.run([sys.executable, "-c", _SHOW], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
