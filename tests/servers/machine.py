"""A machine on which a guide is typed: secrets, a TimescaleDB of its own, and a `docker` that is none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from tests.house.tree import ROOT
from tests.servers.availability import cache_folder, unavailable
from tests.servers.postgres_fixtures import server_folder
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.installation import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = "timescaledb/root/usr/lib/postgresql/17/bin"


class Machine:
    """A machine with the secrets of an installation and a database of its own."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        self.folder = folder
        programs = cache_folder() / PROGRAMS
        if not programs.is_dir():
            unavailable("no programs of TimescaleDB: run scripts/test-servers")
        self.database = EmbeddedPostgres(folder / "database", durable=False, binaries=programs)
        self.database.start()
        with psycopg.connect(self.database.url(), autocommit=True) as connection:
            connection.execute("create database wayhome")
        self.url = self.database.url("wayhome")
        shutil.copytree(secrets, folder / "secrets")
        self._point()
        (folder / "bin").symlink_to(programs)
        (folder / "settings").write_text(
            f"-c listen_addresses= -c unix_socket_directories={folder}/database/run"
            " -c shared_preload_libraries=timescaledb"
        )
        path = folder / "path"
        path.mkdir()
        (path / "docker").write_text(
            f'#!/bin/sh\nexec {sys.executable} -m tests.servers.without_docker "$@"\n'
        )
        (path / "docker").chmod(0o755)
        paths = f"{path}:{os.environ['PATH']}"
        self._known = {"MACHINE": str(folder), "PATH": paths, "PYTHONPATH": str(ROOT)}

    def _point(self) -> None:
        """Let the commands find this database, and no broker."""
        socket = f"/wayhome?host={str(self.folder / 'database' / 'run').replace('/', '%2F')}"
        secrets = self.folder / "secrets"
        owner = secrets / "migrate" / "database-url"
        owner.write_text(self.url + "\n")
        connections = secrets / "operator" / "connections.json"
        said = connections.read_text().replace(DATABASE, socket)
        connections.write_text(json.dumps(json.loads(said) | {"mqtt_url": ""}))

    def type(self, block: str, desk: Path, answer: str = "") -> str:
        """Type a block in folder ``desk``; return what is said."""
        done = subprocess.run(
            ["sh", "-ec", block],
            check=False,
            capture_output=True,
            text=True,
            cwd=desk,
            env=os.environ | self._known,
            input=answer,
            timeout=120,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def started(self) -> str:
        """Return what was to be started last."""
        return (self.folder / "started").read_text().splitlines()[-1]

    def schema(self) -> str:
        """Return tables, grants and walls as the dump writes them."""
        words = [str(self.folder / "bin" / "pg_dump"), "--schema-only", self.url]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        return re.sub(r"^\\(un)?restrict .*$", "", said, flags=re.MULTILINE)


@contextmanager
def machine(secrets: Path) -> Iterator[Machine]:
    """Give a machine with an empty database; what runs there ends with the block."""
    folder = server_folder()
    one = Machine(folder, secrets)
    try:
        yield one
    finally:
        one.database.stop()
        subprocess.run(
            ["sh", "-c", f"head -1 {folder}/database/data/postmaster.pid | xargs -r kill -INT"],
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)
