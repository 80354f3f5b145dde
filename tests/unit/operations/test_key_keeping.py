"""A dataset's keys are its owner's: listed, rotated, shredded; and only they read what was encrypted."""

from __future__ import annotations

import polars as pl
import pytest

from include.anonymization.config import FIELD_PLAN, Encrypt
from include.anonymization.methods import encrypt
from include.errors import NotAllowed, NotFound
from include.operations.key_keeping import list_keys, read_encrypted, rotate_key, shred_key
from tests.factories import DATASET_ID
from tests.interface import PEOPLE, Interface


def an_encrypted_column(interface: Interface, *values: str) -> None:
    """Put values into the records' `register`, encrypted with the first key."""
    plan = FIELD_PLAN.validate_python({"method": "encrypt"})
    assert isinstance(plan, Encrypt)
    sealed = encrypt(pl.Series("register", values), plan, interface.services.keys.read_key(DATASET_ID, "p1"))
    for row, value in zip(interface.services.records.rows[DATASET_ID], sealed, strict=True):
        row["register"] = value


def test_keys_follow_one_another_and_a_shredded_one_stays_listed() -> None:
    services = Interface().services
    assert rotate_key(services, PEOPLE["owner"], DATASET_ID).id == "p2"
    assert shred_key(services, PEOPLE["owner"], DATASET_ID, "p1").shredded is not None
    listed = list_keys(services, PEOPLE["owner"], DATASET_ID)
    assert [(each.id, each.shredded is not None, each.current) for each in listed] == [
        ("p1", True, False),
        ("p2", False, True),
    ]
    with pytest.raises(NotFound):
        shred_key(services, PEOPLE["owner"], DATASET_ID, "p9")


def test_the_owner_reads_what_was_encrypted_until_the_key_is_shredded() -> None:
    interface = Interface()
    an_encrypted_column(interface, "Anna", "Jan", "Anna")
    page = read_encrypted(interface.services, PEOPLE["owner"], DATASET_ID, "register")
    # the rows come in the order of the key, which is what was encrypted
    assert sorted(row[page.fields.index("register")] for row in page.rows) == ["Anna", "Anna", "Jan"]
    assert page.unreadable == 0
    rotate_key(interface.services, PEOPLE["owner"], DATASET_ID)
    assert read_encrypted(interface.services, PEOPLE["owner"], DATASET_ID, "register").unreadable == 0
    shred_key(interface.services, PEOPLE["owner"], DATASET_ID, "p1")
    page = read_encrypted(interface.services, PEOPLE["owner"], DATASET_ID, "register")
    assert [row[page.fields.index("register")] for row in page.rows] == [None] * 3
    assert page.unreadable == 3


def test_what_was_never_encrypted_is_not_shown_as_if_it_had_been() -> None:
    interface = Interface()
    page = read_encrypted(interface.services, PEOPLE["owner"], DATASET_ID, "register")
    assert page.unreadable == 3


@pytest.mark.parametrize(("who", "error"), [("steward", NotAllowed), ("stranger", NotFound)])
def test_nobody_else_has_to_do_with_them(who: str, error: type[Exception]) -> None:
    services, requestor = Interface().services, PEOPLE[who]
    for use in (
        lambda: list_keys(services, requestor, DATASET_ID),
        lambda: rotate_key(services, requestor, DATASET_ID),
        lambda: shred_key(services, requestor, DATASET_ID, "p1"),
        lambda: read_encrypted(services, requestor, DATASET_ID, "register"),
    ):
        with pytest.raises(error):
            use()
    assert len(services.keys.list_keys(DATASET_ID)) == 1
