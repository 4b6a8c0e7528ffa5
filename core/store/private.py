"""A database of one's own on a real server, gone afterwards: for replays that shall leave nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from core.model.errors import StoreUnavailable


@contextmanager
def private_database(url: str) -> Iterator[str]:
    """Create an empty database on the server of ``url`` while the block runs; yields its URI.

    Parameters
    ----------
    url
        libpq URI of a superuser.

    Raises
    ------
    StoreUnavailable
        If the server does not answer or refuses.
    """
    name = f"wayhome_private_{secrets.token_hex(6)}"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise StoreUnavailable(f"no private database: {type(error).__name__}") from error
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )
