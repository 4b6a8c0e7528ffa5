"""The one file that knows whether TimescaleDB is there; without it everything works on plain tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

CHUNK = timedelta(days=7)
"""Span of a chunk: about two weeks of writing stay in memory for ten thousand homes."""
HYPERTABLES: Sequence[LiteralString] = ("observation", "position")


def available(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether this server has the extension to offer."""
    row = connection.execute(
        "select 1 from pg_available_extensions where name = 'timescaledb'"
    ).fetchone()
    return row is not None


def edition(connection: psycopg.Connection[Any]) -> str:
    """Return ``none``, ``apache`` or ``timescale``; the last has compression and policies."""
    if not connection.execute(
        "select 1 from pg_extension where extname = 'timescaledb'"
    ).fetchone():
        return "none"
    row = connection.execute("select current_setting('timescaledb.license')").fetchone()
    return str(row[0]) if row else "none"


def install(connection: psycopg.Connection[Any]) -> str:
    """Create the extension where it is offered and turn the logs into hypertables; return the edition."""
    if not available(connection):
        return "none"
    connection.execute("set client_min_messages = error")
    connection.execute("create extension if not exists timescaledb")
    for table in HYPERTABLES:
        connection.execute(
            "select create_hypertable(%s::regclass, by_range('observed_at', %s::interval),"
            " if_not_exists => true, migrate_data => true, create_default_indexes => false)",
            (table, CHUNK),
        )
    return edition(connection)
