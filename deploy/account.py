"""The unprivileged account that PostgreSQL runs as when the platform is started by root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict


class AccountOptions(TypedDict, total=False):
    """The part of `subprocess.run`'s options that changes whose process it is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    def can(self, test: str, path: Path) -> bool:
        """Ask as this account whether a path can be reached: `-r`, `-w` or `-x`."""
        return subprocess.run(["test", test, path], check=False, cwd="/", **as_options(self)).returncode == 0


def as_options(account: Account | None) -> AccountOptions:
    """Give the options with which `subprocess` starts a process of this account; None: as ourselves."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def postgres_account(data: Path) -> Account | None:
    """Choose who runs PostgreSQL, which refuses to run as root: None where we are an ordinary user already.

    Data that exists says whose it is. Else `postgres` where the machine has it, or `nobody`, which every machine has; a
    number without a name will not do, because `initdb` looks its own name up.
    """
    if os.geteuid() != 0:
        return None
    owner = [pwd.getpwuid(data.stat().st_uid).pw_name] if data.exists() else []
    for name in (*owner, "postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise SystemExit(
        "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`. "
        "Run the platform as an ordinary user, or point CDMP_DATABASE_URL at a PostgreSQL of your own."
    )
