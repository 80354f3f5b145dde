"""What we use of presidio-anonymizer; imported by way of this module, it does not bring spaCy along.

For an operator that hides texts by a service of Azure's, it imports presidio-analyzer, and so spaCy, which takes 50 MB
and a second in every process; it does without where that is not to be found. What looks for names in texts imports
presidio-analyzer itself (`recognisers`).
"""

from __future__ import annotations

import sys
from typing import Final

_FOR_AZURE: Final = "presidio_analyzer.llm_utils.azure_auth_helper"

_there = sys.modules.get(_FOR_AZURE)
sys.modules[_FOR_AZURE] = None  # type: ignore[assignment]  # to Python, a module that is not to be found
try:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import RecognizerResult
    from presidio_anonymizer.operators import Hash, Mask, Operator, OperatorType, Redact, Replace
finally:
    del sys.modules[_FOR_AZURE]
    if _there is not None:
        sys.modules[_FOR_AZURE] = _there

__all__ = ["AnonymizerEngine", "Hash", "Mask", "Operator", "OperatorType", "RecognizerResult", "Redact", "Replace"]
