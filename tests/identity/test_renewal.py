"""A hub renews by itself: the script of the bundle, real pages, a real broker, and no key that travels."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.store import hub_credential as store
from core.store.pool import connect
from tests.dashboard.process import dashboard
from tests.identity.places import HOME, Place, mosquitto_place, serving
from tests.identity.speaker import NOT_AUTHORISED, context_of
from wayhome import certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.databases import Database

PAGES = "https://pages.example"
MONTH_S = 30 * 86400


@pytest.fixture
async def place(tmp_path: Path, plain_database: Database) -> AsyncIterator[Place]:
    """Give a Mosquitto whose hubs renew at pages of ours."""
    made = await mosquitto_place(tmp_path, plain_database)
    made.terms = replace(made.terms, pages=PAGES)
    yield made
    await made.end()


class HubAtHome:
    """The folder of a hub, and its daily script with only its places changed."""

    def __init__(self, papers: Path, pages: str) -> None:
        self.folder = papers
        self._text = (
            (papers / "wayhome-renew.sh")
            .read_text()
            .replace("/etc/mosquitto/wayhome", str(papers))
            .replace(PAGES, pages)
            .replace("systemctl restart mosquitto", "touch restarted")
        )
        assert f"-checkend {MONTH_S}" in self._text

    @property
    def context(self) -> ssl.SSLContext:
        """What it shows to the broker."""
        return context_of(self.folder)

    @property
    def name(self) -> str:
        """What its certificate calls it."""
        return certificates.facts((self.folder / "client.crt").read_text()).name

    async def day(self, *, due: bool) -> tuple[int, str]:
        """Run the script as the timer does; where it is ``due``, a month too early for the real time."""
        text = self._text.replace(f"-checkend {MONTH_S}", f"-checkend {4 * MONTH_S}")
        (self.folder / "renew").write_text(text if due else self._text)
        running = await asyncio.create_subprocess_exec(
            "/bin/sh", self.folder / "renew", stderr=asyncio.subprocess.PIPE
        )
        _, said = await running.communicate()
        return running.returncode or 0, said.decode()


async def test_a_hub_renews_by_itself_and_both_certificates_work_for_a_while(
    place: Place, plain_database: Database
) -> None:
    with dashboard(plain_database.url_as("wayhome_dashboard")) as (pages, _):
        async with serving(place):
            asked = await place.asked()
            while (await place.state(asked.number)).live_at is None:
                await asyncio.sleep(0.01)
            hub = HubAtHome(await asked.take(), pages)
            old_key, old = (hub.folder / "client.key").read_text(), hub.context
            assert await hub.day(due=False) == (0, "")
            assert hub.name == asked.grant.client

            code, said = await hub.day(due=True)
            assert (code, "renewed, until" in said) == (0, True), said
            assert (hub.folder / "restarted").exists()
            assert not (hub.folder / "next").exists()
            assert (hub.folder / "client.key").read_text() != old_key
            assert hub.name != asked.grant.client
            assert (hub.folder / "client.key").stat().st_mode & 0o077 == 0o040
            for context in (hub.context, old):
                assert (await place.speaker(context)).publish(f"homes/{HOME}/x") < 0x80
                assert (await place.speaker(context)).publish("homes/9b2c/x") == NOT_AUTHORISED
            before = await place.state(asked.number)
            assert before.ends_at is not None
            assert (before.ends_at - place.clock.now()).days in {6, 7}

            # the power is cut between the certificate and its key: the next day goes on from there
            (hub.folder / "next").mkdir()
            shutil.move(hub.folder / "client.key", hub.folder / "next")
            (hub.folder / "client.key").write_text(old_key)
            assert (await hub.day(due=False))[0] == 0
            assert (await place.speaker(hub.context)).connack == 0

            # who was shut out renews nothing, and keeps what it has
            await place.revoke(await _newest(place))
            code, said = await hub.day(due=True)
            assert (code, "answer 403" in said) == (1, True), said
            assert not (hub.folder / "next").exists()


async def _newest(place: Place) -> int:
    async with connect(place.url) as connection:
        return (await store.of_home(connection, HOME))[0].credential_id
