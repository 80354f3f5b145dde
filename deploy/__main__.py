"""The platform's start and stop: `python -m deploy up | down | status | demo`."""

from __future__ import annotations

import sys

from deploy.airflow import ADMIN
from deploy.layout import layout
from deploy.progress import Progress


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit status."""
    place, progress = layout(), Progress()
    match arguments:
        case ["up"]:
            from deploy.up import up  # noqa: PLC0415 - `down` shall not wait for what `up` imports

            values = up(place, progress)
            progress.say(
                f"The platform is ready: {values['CDMP_PUBLIC_URL']}, user {ADMIN}, password in {place.admin_password}"
            )
        case ["down"]:
            from deploy.down import down  # noqa: PLC0415

            down(place, progress)
        case ["status"]:
            from deploy.status import status  # noqa: PLC0415

            return 0 if status(place) else 3
        case ["demo"]:
            from deploy.demo import demo  # noqa: PLC0415

            return 0 if demo(place, progress) else 1
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PermissionError as error:
        sys.exit(
            f"{error.filename} belongs to another user: the platform was started by someone else here (by root?). "
            "Use the same account, or remove var/ to start anew."
        )
    except TimeoutError as error:
        sys.exit(f"{error}. The logs are in {layout().logs}; `make down` stops what runs.")
