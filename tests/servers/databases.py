"""Database servers for the tests, and fresh migrated databases cloned from one template each."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from core.store.migrate import ROLES, migrate

if TYPE_CHECKING:
    from collections.abc import Callable


COPY = "create database {} template {} strategy file_copy"
"""Half the work of the usual strategy where nothing is synced: it writes no log of the pages."""
OWNED = re.compile(r"wayhome_(\d+)_[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A migrated, empty database of one test's own."""

    #: libpq URL of its owner, who may do everything.
    url: str
    #: ``plain`` or ``timescale``.
    kind: str
    #: URL without which a test server's role passwords would change from session to session.
    _server: str = field(repr=False)

    def url_as(self, role: str) -> str:
        """Give the libpq URL that logs in as a service role, such as ``wayhome_gateway``."""
        return _with_user(self.url, role, _role_password(self._server, role))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseServer:
    """A running server in which tests make their databases."""

    kind: str
    #: libpq URL of a superuser for a database of that name.
    url: Callable[[str], str]
    #: Name of the database that all tests' databases are copies of.
    template: str

    def prepare(self) -> None:
        """Make the template: roles, their passwords, every migration."""
        owner = self.url("postgres")
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(_statement("create database {}", self.template))
        template = self.url(self.template)
        migrate(template, passwords={role: _role_password(owner, role) for role in ROLES})
        self._close()

    def _close(self) -> None:
        # A database in use can not be copied, and TimescaleDB attaches a scheduler to each database
        # that takes connections.
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            closed = _statement("alter database {} allow_connections false", self.template)
            connection.execute(closed)
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
                (self.template,),
            )

    def create_empty(self) -> str:
        """Make a database without any migration and give its owner's URL."""
        name = f"{self.template}_{secrets.token_hex(4)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(_statement("create database {} template template0", name))
        return self.url(name)

    def clone(self) -> Database:
        """Make a fresh database."""
        name = f"{self.template}_{secrets.token_hex(4)}"
        owner = self.url("postgres")
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(_statement(COPY, name, self.template))
        return Database(url=self.url(name), kind=self.kind, _server=owner)

    def sweep(self) -> None:
        """Remove what killed sessions left on a server of this machine."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for (name,) in connection.execute("select datname from pg_database").fetchall():
                owner = OWNED.match(name)
                if owner and not Path(f"/proc/{owner[1]}").exists():
                    connection.execute(_statement("drop database if exists {} with (force)", name))

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            name = urlsplit(url).path.lstrip("/")
            connection.execute(_statement("drop database if exists {} with (force)", name))


def new_template() -> str:
    """Name a template that no other session uses, after the process that it belongs to."""
    return f"wayhome_{os.getpid()}_{secrets.token_hex(4)}"


def with_database(url: str, name: str) -> str:
    """Exchange the database's name in a libpq URL."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))


def _role_password(owner_url: str, role: str) -> str:
    # Roles belong to the whole server: sessions that run side by side must agree on the passwords.
    secret = urlsplit(owner_url).password or ""
    return hashlib.sha256(f"{secret}/{role}".encode()).hexdigest()[:32]


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))
