"""What `cdmp keys` and `cdmp decrypt` do."""

from __future__ import annotations

from cli.commands import find_dataset, open_session
from cli.formats import write_table
from include.anonymization.key import KeyEntry
from include.operations.key_keeping import list_keys, read_encrypted, rotate_key, shred_key


def show_keys(which: str, user: str) -> None:
    """Show a dataset's keys: ids and dates."""
    session = open_session(user)
    entries = list_keys(session.services, session.requestor, find_dataset(session, which))
    rows = [
        [entry.id, f"{entry.created:%Y-%m-%d %H:%M}", f"{entry.shredded:%Y-%m-%d %H:%M}" if entry.shredded else None]
        for entry in entries
    ]
    print(write_table(["KEY", "CREATED (UTC)", "SHREDDED (UTC)"], rows))


def rotate_one(which: str, user: str) -> None:
    """Make a dataset's next key."""
    session = open_session(user)
    _say("new", rotate_key(session.services, session.requestor, find_dataset(session, which)))


def shred_one(which: str, key_id: str, user: str) -> None:
    """Destroy one of a dataset's keys."""
    session = open_session(user)
    _say("shredded", shred_key(session.services, session.requestor, find_dataset(session, which), key_id))


def show_decrypted(which: str, field: str, limit: int, user: str) -> None:
    """Show one field decrypted, beside the fields that name the row."""
    session = open_session(user)
    page = read_encrypted(session.services, session.requestor, find_dataset(session, which), field, limit=limit)
    print(write_table([name.upper() for name in page.fields], page.rows))
    if page.unreadable:
        print(f"{page.unreadable} values cannot be read: their key was shredded, or they were never encrypted.")


def _say(verb: str, entry: KeyEntry) -> None:
    print(f"{verb}  {entry.id}")
