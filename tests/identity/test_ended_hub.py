"""A hub whose certificate ended while its line was cut: what it kept waits for the next certificate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.runtime.broker import Publisher
from core.runtime.clock import SystemClock
from tests.deploy.shipped import ShippedMosquitto
from tests.gateway.running import until
from tests.identity.places import Place
from tests.identity.test_bundle import (
    HubWithBundle,
    Outage,
    an_outage,
    gateway_at,
    household_at,
)
from tests.identity.test_home_state import tell, teller_of
from wayhome.identity.service import Admin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers.databases import Database

pytestmark = [pytest.mark.faults]
KEPT = 20


@pytest.fixture
async def outage(tmp_path: Path, plain_database: Database) -> AsyncIterator[Outage]:
    """Give a broker with its identity service, and a line to it."""
    async with an_outage(tmp_path, plain_database) as outage:
        yield outage


@pytest.mark.parametrize("how", ["revoked", "replaced"])
async def test_what_a_hub_kept_waits_for_its_next_certificate(
    outage: Outage, tmp_path: Path, how: str
) -> None:
    """A broker that only forgot its name said of each message that all was well, and threw it away."""
    await household_at(outage.place)
    broker = without_a_quirk(outage.place)
    asked = await outage.place.asked()
    await outage.place.round()
    hub = HubWithBundle(tmp_path / "hub", broker, await asked.take())
    try:
        async with gateway_at(outage.place, outage.clock), Publisher(hub.settings) as devices:
            await kept_by(outage, devices)
            if how == "revoked":
                await outage.place.revoke(asked.number)
            papers = await replaced(outage.place)
            broker.reload()  # as the container does when the list has changed
            await until(lambda: "Reloading config" in broker.log())
            await outage.line.mend()
            await until(lambda: "certificate verify failed" in broker.log(), what="it was refused")
            assert outage.stored() == 1
        hub.kill()
        brought(hub, papers)
        async with gateway_at(outage.place, outage.clock):
            hub.start()
            await until(lambda: outage.has_stored(1 + KEPT), what="all that it kept")
    finally:
        hub.kill()
    assert outage.table.one("select count(*) from quarantine") == 0


@pytest.mark.parametrize("how", ["revoked", "not brought"])
async def test_a_home_whose_hub_is_shut_out_is_not_taken_for_a_still_one(
    outage: Outage, tmp_path: Path, how: str
) -> None:
    """The broker cuts it off without its last will: to all it was there, and nobody in the home moved."""
    place = outage.place
    await household_at(place)
    broker = without_a_quirk(place)
    asked = await place.asked()
    await place.round()
    hub = HubWithBundle(tmp_path / "hub", broker, await asked.take())
    teller = teller_of(place)
    assert isinstance(teller.settings, Admin)
    teller.settings = replace(teller.settings, clock=SystemClock())  # TLS goes by the real time
    try:
        async with gateway_at(place, outage.clock):
            await until(lambda: outage.online() is True, what="the bridge is up")
            await tell(place, teller)
            if how == "revoked":
                await place.revoke(asked.number)
                await place.round()
            else:
                await replaced(place)
                await tell(place, teller)
                assert outage.online() is True, "it may be there with the new one, for some hours"
                place.clock.advance(3 * 3600 + 60)
            await until(lambda: "deleteClient | username=hub-7f3k-00000001" in broker.log())
            assert outage.online() is True
            await tell(place, teller)
            await until(lambda: outage.online() is False, what="it is known as gone")
    finally:
        hub.kill()


def without_a_quirk(place: Place) -> ShippedMosquitto:
    """Until 2.0.21 a refused message ended the connection where this is 0, which 2.0.22 has mended."""
    broker = place.broker
    assert isinstance(broker, ShippedMosquitto)
    broker.stop()
    broker.changed = {"max_queued_messages 0": "max_queued_messages 1000000"}
    broker.start()
    return broker


async def kept_by(outage: Outage, devices: Publisher) -> None:
    """Let one message through, cut the line, and let the hub keep the next ones."""
    await until(lambda: outage.online() is True, what="the bridge is up")
    await outage.say(devices)
    await until(lambda: outage.has_stored(1))
    await outage.line.cut()
    await until(lambda: outage.online() is False)
    for _ in range(KEPT):
        await outage.say(devices)


async def replaced(place: Place) -> Path:
    """Let another bundle be taken, and the week after it pass."""
    asked = await place.asked()
    await place.round()
    papers = await asked.take()
    place.clock.advance(8 * 86400)
    await place.round()
    return papers


def brought(hub: HubWithBundle, papers: Path) -> None:
    """Put another bundle on a hub, as its script does; what waits there stays."""
    conf = hub.folder / "hub.conf"
    text = conf.read_text()
    (old,) = {Path(line.split()[1]).parent for line in text.splitlines() if "file /" in line}
    before, after = (own_name(one / "wayhome.conf") for one in (old, papers))
    assert before != after
    conf.write_text(text.replace(f"{old}/", f"{papers}/").replace(before, after))


def own_name(conf: Path) -> str:
    """Return the line by which a hub says who it is."""
    return next(one for one in conf.read_text().splitlines() if one.startswith("remote_clientid"))
