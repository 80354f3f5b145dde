"""Sends mail by SMTP, or says that nobody configured it."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from include.errors import ConfigurationInvalid, Problem, StoreUnavailable

_log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 20.0
_PORT: Final = 25


class SmtpMailer:
    """The port `Mailer` over one server; a connection per mail.

    Args:
        url: `smtp://host:port` or `smtp://user:password@host:port`. The connection is encrypted where the server offers
            it (STARTTLS); a password goes over an encrypted connection only.
        sender: The address that mails come from.

    Raises:
        ConfigurationInvalid: The URL is none of these.
    """

    def __init__(self, url: str, sender: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or _PORT
        except ValueError:
            host, port = None, _PORT
        if host is None or parts.scheme != "smtp":
            problem = Problem("CDMP_SMTP_URL", "is no address of a mail server", "It looks like smtp://host:25")
            raise ConfigurationInvalid([problem])
        self._host, self._port, self._sender = host, port, sender
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None

    def send(self, to: str, subject: str, text: str) -> None:
        """Send one plain mail.

        Raises:
            StoreUnavailable: The server does not take it now, or is not there.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, " ".join(subject.split())
        message.set_content(text)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S) as server:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                elif self._login:
                    raise smtplib.SMTPNotSupportedError("no STARTTLS: the password stays here")
                if self._login:
                    server.login(*self._login)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # the server's own words may quote the address or the login: only the kind of error is told
            what = f"does not take the mail ({type(error).__name__})"
            raise StoreUnavailable("the mail server", what, "The platform tries again by itself") from None


class NoMailer:
    """The port `Mailer` where no mail server is configured: mails end in one line of the log, without their text."""

    def send(self, to: str, subject: str, text: str) -> None:  # noqa: ARG002 - the port's
        """Say in the log that a mail was not sent."""
        _log.warning("mail is not configured (CDMP_SMTP_URL): %r was not sent", " ".join(subject.split()))
