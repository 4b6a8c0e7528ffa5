"""The service as a whole: it starts, it stops at once whoever is looking, its pages are plugins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import APIRouter

from core.model import plugins
from core.model.errors import PluginBroken
from dashboard.live import LiveTimes
from dashboard.page import Page, discover
from dashboard.roles import ALL
from tests.dashboard.process import READY_S, dashboard
from tests.dashboard.town import PASSWORD, Town
from tests.dashboard.visitors import FIELD

if TYPE_CHECKING:
    from tests.servers.databases import Database


def log_in(client: httpx.Client) -> None:
    fields = {m["name"]: m["value"] for m in FIELD.finditer(client.get("/login").text)}
    fields |= {"login": "ben", "password": PASSWORD}
    assert client.post("/login", data=fields).status_code == 303


def test_it_stops_at_once_with_live_pages_open(plain_database: Database, town: Town) -> None:
    assert town.carers
    with dashboard(plain_database.url_as("wayhome_dashboard")) as (address, process):
        with httpx.Client(base_url=address) as client:
            log_in(client)
            with client.stream("GET", "/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "retry: 2000"
                started = time.monotonic()
                process.terminate()
                list(lines)
        assert process.wait(READY_S) == 0
        # a stream that nobody ends says its next word after all of it
        assert time.monotonic() - started < LiveTimes().beat_s / 2


@pytest.mark.parametrize(
    ("offered", "complaint"),
    [
        (object(), "must be a dashboard.page.Page"),
        (Page(router=APIRouter(), roles=frozenset()), "name its roles"),
        (Page(router=APIRouter(), roles=ALL, title="Lost"), "needs the path"),
    ],
)
def test_a_page_that_breaks_the_contract_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, offered: object, complaint: str
) -> None:
    monkeypatch.setattr(plugins, "discover", lambda *_: {"broken": offered})
    discover.cache_clear()
    try:
        with pytest.raises(PluginBroken, match=f"dashboard/pages/broken.py.*{complaint}"):
            discover()
    finally:
        discover.cache_clear()
