"""A hub in place of another, or from another home: what the older one said last or kept counts no more."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import pytest

from sensors.drivers.zigbee2mqtt import DRIVER
from tests.deploy.shipped import ShippedMosquitto
from tests.gateway.running import Table, until
from tests.identity.places import HOME, Place, mosquitto_place
from tests.identity.test_bundle import HubWithBundle, SteeredClock, gateway_at, household_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers.databases import Database


@pytest.fixture
async def place(tmp_path: Path, plain_database: Database) -> AsyncIterator[Place]:
    """Give a broker with its identity service."""
    made = await mosquitto_place(tmp_path, plain_database)
    yield made
    await made.end()


async def says_that_it_is_there(hub: HubWithBundle, papers: Path) -> None:
    """Do what the timer of the bundle does, with only its port changed."""
    service = (papers / "wayhome-alive.service").read_text()
    (line,) = re.findall("ExecStart=(.*)", service)
    program, *words = line.replace(":1883", f":{hub.port}").split()
    running = await asyncio.create_subprocess_exec(program.rpartition("/")[2], *words)
    assert await running.wait() == 0


async def test_an_older_hub_that_goes_last_does_not_leave_the_home_blind(
    place: Place, tmp_path: Path
) -> None:
    """The new hub is up, then the old one is unplugged: its last will is the last word."""
    table = Table(place.database.url)

    def online(*, so: bool) -> bool:
        query = (
            "select online from presence join device using (device_id) where external_id = 'hub'"
        )
        return table.rows(query) == [(so,)]

    await household_at(place)
    papers = []
    for _ in range(2):
        asked = await place.asked()
        await place.round()
        papers.append(await asked.take())
    assert isinstance(place.broker, ShippedMosquitto)
    old, new = (
        HubWithBundle(tmp_path / f"hub-{number}", place.broker, one)
        for number, one in enumerate(papers)
    )
    try:
        async with gateway_at(place, SteeredClock()):
            await until(lambda: online(so=True))
            old.kill()
            await until(lambda: online(so=False), what="the last will of the old one")
            await says_that_it_is_there(new, papers[1])
            await until(lambda: online(so=True), what="the word of the new one")
    finally:
        old.kill()
        new.kill()


@pytest.mark.parametrize("before", [HOME, "9b2c"])
def test_a_hub_that_was_in_another_home_brings_nothing_of_it_along(
    tmp_path: Path, before: str
) -> None:
    """What it could not send any more, of somebody else, stayed on its card and at its own broker."""
    etc, var, tools = (tmp_path / name for name in ("etc", "var", "tools"))
    for folder in (etc / "conf.d", var, tools):
        folder.mkdir(parents=True)
    conf, kept = etc / "conf.d" / "wayhome.conf", var / "mosquitto.db"
    conf.write_text(f"connection wayhome\ntopic homes/{before}/# out 1\n")
    kept.write_text("what was not sent")
    for tool in ("install", "systemctl"):
        (tools / tool).write_text("#!/bin/sh\n")
        (tools / tool).chmod(0o755)
    text = Template(Path("wayhome/identity/texts/install.sh").read_text()).substitute(home=HOME)
    text = text.replace("/etc/mosquitto", str(etc)).replace("/var/lib/mosquitto", str(var))
    script = tmp_path / "install.sh"
    script.write_text(text)
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", script], env=environment, capture_output=True, text=True, check=True
    )
    assert kept.exists() is (before == HOME)
    assert ("was in another home" in done.stdout) is (before != HOME)


def test_the_readme_of_a_hub_sets_up_what_the_driver_needs() -> None:
    """It left out that messages say when they were: what had waited seemed to happen just now."""
    text = Path("wayhome/identity/texts/readme.txt").read_text()
    wanted = re.findall(
        r"(?:mqtt|advanced|availability)\.([a-z_]+: [A-Za-z0-9_]+)(?!/)", DRIVER.setup
    )
    assert len(wanted) >= 3
    for one in wanted:
        assert one in text
