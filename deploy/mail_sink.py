"""A mail server for trying the platform out: keeps every mail as a file in `var/mail` and delivers none.

python -m deploy.mail_sink FOLDER PORT
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.layout import write_private
from deploy.ports import HOST


class Keeper:
    """Writes each mail to a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        """Keep a mail; aiosmtpd calls this by its name."""
        content = envelope.content or b""
        text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}.eml"
        write_private(self._folder / name, text)
        return "250 OK"


async def serve(folder: Path, port: int) -> None:
    """Receive mails until the process is stopped."""
    keeper = Keeper(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="cdmp", enable_SMTPUTF8=True), HOST, port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
