"""The service as a process: that it lives is written where others look."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from core.runtime.settings import DashboardSettings
from tests.dashboard.thread import READY_S, Thread, serving
from tests.dashboard.town import KEY
from tests.servers.ports import free_port

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


def test_pages_on_which_nobody_can_answer_are_not_well(plain_database: Database) -> None:
    """After a failover to a standby each answer and log-in fails; a supervisor and a proxy look at health."""
    name = sql.Identifier(urlsplit(plain_database.url).path.lstrip("/"))
    with psycopg.connect(plain_database.url, autocommit=True) as owner:
        owner.execute(
            sql.SQL("alter database {} set default_transaction_read_only = on").format(name)
        )
    url, port = plain_database.url_as("wayhome_dashboard"), free_port()
    thread = Thread(DashboardSettings(database_url=url, web_port=port, identity_key=KEY))
    thread.start()
    try:
        assert thread.answers.wait(READY_S)
        until = time.monotonic() + READY_S
        while "answers" not in (parts := thread.health.report()["parts"]):
            assert time.monotonic() < until
            time.sleep(0.01)
        assert not parts["answers"]["ok"]
        assert "it takes no writes" in parts["answers"]["text"]
    finally:
        thread.stop()
