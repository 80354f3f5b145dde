"""The users, as Airflow's auth manager (Flask-AppBuilder) keeps them. Read only."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from include.access.requestor import Requestor
from include.errors import ConfigurationInvalid, NotFound, Problem, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine, RowMapping

USER = "SELECT id, username, email FROM ab_user WHERE active AND {by}"
ROLES = """
    SELECT ab_role.name FROM ab_user_role JOIN ab_role ON ab_role.id = ab_user_role.role_id
    WHERE ab_user_role.user_id = :user
"""
HOLDERS = """
    SELECT ab_user.id, ab_user.username FROM ab_user JOIN ab_user_role ON ab_user_role.user_id = ab_user.id
    JOIN ab_role ON ab_role.id = ab_user_role.role_id WHERE ab_user.active AND ab_role.name = :role ORDER BY ab_user.id
"""


class AirflowDirectory:
    """The port `Directory`, over Flask-AppBuilder's tables.

    By SQL and not by Airflow's models, because the task that sends mails may not use those.

    Args:
        url: A SQLAlchemy URI of Airflow's database; that of the settings where None.
    """

    def __init__(self, url: str | None = None) -> None:
        self._url = url

    def find(self, name: str) -> Requestor:
        """Find an active user; raises NotFound."""
        users = self._select(USER.format(by="username = :name"), {"name": name})
        if not users:
            raise NotFound(f"user {name}", "does not exist or is not active")
        roles = self._select(ROLES, {"user": users[0]["id"]})
        return Requestor(str(users[0]["id"]), users[0]["username"], frozenset(role["name"] for role in roles))

    def holders(self, role: str) -> Sequence[Requestor]:
        """List the active users who have a role."""
        found = self._select(HOLDERS, {"role": role})
        return [Requestor(str(user["id"]), user["username"], frozenset({role})) for user in found]

    def mail_address(self, requestor_id: str) -> str | None:
        """Give the mail address of an active user."""
        if not requestor_id.isdecimal():
            return None
        users = self._select(USER.format(by="id = :id"), {"id": int(requestor_id)})
        return str(users[0]["email"]) if users and users[0]["email"] else None

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import NullPool, create_engine

        from include.settings import load_settings

        url = self._url or load_settings().directory_url
        if not url:
            raise ConfigurationInvalid(
                [Problem("CDMP_DIRECTORY_URL", "is not set", "Give Airflow's database as a SQLAlchemy URI.")]
            )
        return create_engine(url, poolclass=NullPool)

    def _select(self, statement: str, values: Mapping[str, object]) -> Sequence[RowMapping]:
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.connect() as connection:
                return connection.execute(text(statement), dict(values)).mappings().all()
        except DBAPIError:
            raise StoreUnavailable("Airflow's database", "does not answer", "Try again in a minute.") from None
