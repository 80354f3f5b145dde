"""The recognisers as Presidio's, and the analyzer that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import spacy
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from spacy.language import Language
from spacy.tokens import Doc

from include.anonymization.recognisers.blocks import find_blocks
from include.anonymization.recognisers.catalogue import KINDS
from include.anonymization.recognisers.labelled import LABELLED, find_labelled
from include.anonymization.recognisers.names import find_names
from include.anonymization.recognisers.value_kind import IN_TEXT, Telling, ValueKind
from include.anonymization.scan import LANGUAGE, installed_models, tell_absent
from include.errors import ConfigurationInvalid, Problem

_UNCERTAIN: Final = 0.3
"""The score of digits that may be anything; a word before them adds `_CONTEXT`."""
_CONTEXT: Final = 0.4
_SHAPE: Final = 0.8
_NAME: Final = 0.7
_BLOCK: Final = 0.9
"""More than any line of it has by itself."""
_CERTAIN: Final = 0.05
"""From this chance on, right check digits prove nothing of a single value."""
_WORDS_BEFORE: Final = 6


class KindRecognizer(PatternRecognizer):
    """Recognises one kind of value in a text: Presidio runs the pattern, `validate_result` the check digits."""

    def __init__(self, kind: ValueKind, number: int) -> None:
        score = _SHAPE if kind.telling is Telling.ALONE else _UNCERTAIN
        self.kind = kind
        super().__init__(
            supported_entity=kind.entity,
            name=f"{kind.entity}_{number}",
            supported_language=LANGUAGE,
            patterns=[Pattern(kind.entity, IN_TEXT.format(kind.pattern), score)],
            context=list(kind.context),
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say False where check digits are wrong, True where they prove something, else nothing."""
        if self.kind.valid is None:
            return None
        if not self.kind.valid(pattern_text):
            return False
        return True if self.kind.chance < _CERTAIN and self.kind.telling is not Telling.NAMED else None


class FoundRecognizer(EntityRecognizer):
    """Recognises what one of our functions finds: names, numbers and addresses by the words around them.

    Args:
        find: Gives entity, start and end of what is in a text.
        score: How sure that is.
    """

    def __init__(
        self, find: Callable[[str], Iterable[tuple[str, int, int]]], entities: Iterable[str], score: float
    ) -> None:
        self._find, self._score = find, score
        super().__init__(supported_entities=[*entities], name=find.__name__, supported_language=LANGUAGE)

    def load(self) -> None:
        """Load nothing."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:  # noqa: ARG002
        """Find it."""
        return [
            RecognizerResult(entity, start, end, self._score)
            for entity, start, end in self._find(text)
            if entity in entities
        ]


class LocalEngine(SpacyNlpEngine):
    """A spaCy pipeline that is here already: blank, or of an installed model. Presidio's own would download one."""

    def __init__(self, model: str | None) -> None:
        super().__init__(models=[{"lang_code": LANGUAGE, "model_name": model or "blank"}])
        self._model = model

    def load(self) -> None:
        """Load it."""
        pipeline = spacy.blank(LANGUAGE) if self._model is None else spacy.load(self._model)
        pipeline.add_pipe("words_as_lemmas", last=True)
        self.nlp = {LANGUAGE: pipeline}  # type: ignore[assignment]


@Language.component("words_as_lemmas")
def words_as_lemmas(doc: Doc) -> Doc:
    """Give each word itself, in small letters, as its lemma: what Presidio compares words before a value by.

    After a model too: several give no lemmas, and the words of the recognisers are written as people write them.
    """
    for token in doc:
        token.lemma_ = token.lower_
    return doc


def _find_persons(text: str) -> Iterator[tuple[str, int, int]]:
    return (("PERSON", start, end) for start, end in find_names(text))


def build_analyzer(model: str | None) -> AnalyzerEngine:
    """Build an analyzer with our recognisers, and a model's where one is given."""
    if model is not None and model not in installed_models():
        raise ConfigurationInvalid([Problem("model", *tell_absent(model))])
    registry = RecognizerRegistry(supported_languages=[LANGUAGE])
    for number, kind in enumerate(KINDS):
        registry.add_recognizer(KindRecognizer(kind, number))
    registry.add_recognizer(FoundRecognizer(_find_persons, ["PERSON"], _NAME))
    registry.add_recognizer(FoundRecognizer(find_labelled, [*LABELLED, "ADDRESS"], _NAME))
    registry.add_recognizer(FoundRecognizer(find_blocks, ["ADDRESS", "PERSON"], _BLOCK))
    if model is not None:
        registry.add_recognizer(SpacyRecognizer(supported_language=LANGUAGE))
    engine = LocalEngine(model)
    engine.load()
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=[LANGUAGE],
        context_aware_enhancer=LemmaContextAwareEnhancer(
            context_similarity_factor=_CONTEXT, context_prefix_count=_WORDS_BEFORE, context_matching_mode="whole_word"
        ),
    )
