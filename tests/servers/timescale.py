"""Where the TimescaleDB of the tests is: given, in a container, or unpacked on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.servers.availability import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("timescaledb.sh")
IMAGE = "timescale/timescaledb:2.19.3-pg17"
START_DEADLINE_S = 300


@contextmanager
def timescale_url() -> Iterator[str]:
    """Give a superuser's libpq URL of a server that has the extension.

    ``$WAYHOME_TEST_DSN`` comes first, then a container when an engine answers, then the local
    script; ``$WAYHOME_TEST_DB`` set to ``docker`` or ``local`` allows only that one.
    """
    wanted = os.environ.get("WAYHOME_TEST_DB", "auto")
    if given := os.environ.get("WAYHOME_TEST_DSN"):
        yield given
    elif wanted == "docker" or (wanted == "auto" and _engine_answers()):
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

        with PostgresContainer(IMAGE, driver=None) as container:
            yield container.get_connection_url()
    else:
        yield _local()


def _engine_answers() -> bool:
    place = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if place.scheme != "unix":
        return False  # an engine on another machine would be beyond the loopback
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(place.path)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
        except OSError:
            return False


def _local() -> str:
    # left running on purpose: the next session finds it in 0.1 s
    started = subprocess.run(
        [SCRIPT, "start"],
        check=False,
        capture_output=True,
        text=True,
        timeout=START_DEADLINE_S,
    )
    if started.returncode != 0:
        unavailable(f"no TimescaleDB: {started.stderr.strip()[-500:]}")
    return started.stdout.strip().splitlines()[-1]
