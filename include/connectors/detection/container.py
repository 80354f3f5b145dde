"""Which file of an archive a detection is of."""

from __future__ import annotations

from dataclasses import replace

from include.collection.inspection import Detection, Question
from include.connectors.detection.sample import Sample


def name_member(sample: Sample, detection: Detection, asked: bool) -> Detection:
    """Say which file of a ZIP archive was looked at.

    Args:
        asked: Whether several files are a question; not where the owner has chosen.
    """
    if not sample.members:
        return detection
    questions = detection.questions
    if asked and len(sample.members) > 1:
        question = Question("member", "the ZIP archive holds several files; which one is meant?", sample.members[:50])
        questions = (question, *questions)
    return replace(detection, member=sample.members[0], questions=questions)
