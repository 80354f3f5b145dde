"""A pseudonym is the same for the same value under the same key, and tells nothing without the key."""

from __future__ import annotations

import hashlib
import hmac
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

from include.anonymization.key import Key
from include.anonymization.methods import Pseudonym, pseudonymise, redact

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def pseudonym(text: str, key: bytes = KEY) -> str:
    value = pseudonymise(pl.Series("id", [text]), Key("p1", key))[0]
    assert isinstance(value, str)
    return value


@given(st.text(), st.text())
def test_equal_texts_and_only_they_get_equal_pseudonyms(one: str, other: str) -> None:
    assert (pseudonym(one) == pseudonym(other)) == (one == other)


@given(st.text())
def test_another_key_gives_another_pseudonym(text: str) -> None:
    assert pseudonym(text) != pseudonym(text, OTHER_KEY)


def test_a_pseudonym_is_the_key_id_and_128_bits_of_an_hmac() -> None:
    digest = hmac.new(KEY, b"541448820000000001", hashlib.sha256).hexdigest()
    assert pseudonym("541448820000000001") == "p1_" + digest[:32]


def test_a_dictionary_of_every_possible_id_finds_nothing_without_the_key() -> None:
    ids = [f"5414488200{number:08d}" for number in range(5_000)]
    published = set(pseudonymise(pl.Series("id", ids), Key("p1", KEY)))
    assert len(published) == 5_000

    def forms(digest: bytes) -> set[str]:
        return {f"p1_{digest.hex()[:32]}", f"p1_{digest.hex()}", digest.hex()}

    guesses = {
        guess
        for text in ids
        for digest in (
            hashlib.sha256(text.encode()).digest(),
            hashlib.sha256(b"p1" + text.encode()).digest(),
            *(hmac.digest(key, text.encode(), hashlib.sha256) for key in (b"", b"p1", bytes(32), OTHER_KEY)),
        )
        for guess in forms(digest)
    }
    assert published & guesses == set()


def test_nulls_stay_null_and_the_order_stays() -> None:
    column = pl.Series("id", ["b", None, "a", "b"])
    hidden = pseudonymise(column, Key("p1", KEY))
    assert hidden.to_list() == [pseudonym("b"), None, pseudonym("a"), pseudonym("b")]
    assert (hidden.name, hidden.dtype) == ("id", pl.String)


def test_the_operator_is_called_once_per_distinct_value() -> None:
    with patch.object(Pseudonym, "operate", side_effect=Pseudonym().operate) as operate:
        pseudonymise(pl.Series("id", ["a", "b"] * 500), Key("p1", KEY))
    assert operate.call_count == 2


@pytest.mark.parametrize("column", [pl.Series("id", [], dtype=pl.String), pl.Series("id", [None], dtype=pl.String)])
def test_a_column_without_values_stays_as_it_is(column: pl.Series) -> None:
    assert pseudonymise(column, Key("p1", KEY)).equals(column)
    assert redact(column).equals(column)


def test_redaction_leaves_one_constant() -> None:
    assert redact(pl.Series("note", ["Anna", None, "Jan"])).to_list() == ["", None, ""]


@pytest.mark.parametrize(("key_id", "key"), [("p1", b"short"), ("P_1", KEY), ("", KEY)])
def test_a_weak_key_and_an_ambiguous_key_id_are_refused(key_id: str, key: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        pseudonymise(pl.Series("id", ["a"]), Key(key_id, key))


def test_presidios_own_engine_runs_the_operator() -> None:
    engine = AnonymizerEngine()
    engine.add_anonymizer(Pseudonym)
    result = engine.anonymize(
        "meter 5414, please",
        [RecognizerResult("METER", 6, 10, 1.0)],
        {"METER": OperatorConfig("pseudonym", {"key": KEY, "key_id": "p1"})},
    )
    assert result.text == f"meter {pseudonym('5414')}, please"
