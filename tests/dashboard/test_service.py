"""The service as a process: that it lives is written where others look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tests.dashboard.thread import serving

if TYPE_CHECKING:
    from tests.servers.databases import Database


def test_pages_that_are_served_say_so(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url, autocommit=True) as connection:
        with serving(plain_database.url_as("wayhome_dashboard")):
            rows: list[tuple[object, ...]] = []
            for _ in range(200):
                rows = connection.execute(
                    "select instance, at > now() - interval '1 minute' from dashboard_heartbeat"
                ).fetchall()
                if rows:
                    break
                connection.execute("select pg_sleep(0.05)")
        assert rows == [("dashboard", True)]
