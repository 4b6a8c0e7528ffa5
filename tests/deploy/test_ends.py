"""The broker's certificate ends: known before, and what was not heard then arrives after it is renewed."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.runtime.broker import BrokerSettings, Publisher
from core.runtime.broker_certificate import NONE, Shown, shown_until
from core.runtime.clock import SystemClock
from core.store import presence
from core.store.pool import connect
from tests.deploy.test_broker import listening, topics
from tests.gateway.running import until
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.deploy.shipped import Hub, ShippedMosquitto
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto


def of_a_year_ago(shipped: ShippedMosquitto) -> None:
    """Let the broker show a certificate that nobody has renewed since."""
    shipped.stop()
    (shipped.secrets / "broker" / "server.crt").unlink()
    install(Wanted(folder=shipped.secrets), datetime.now(UTC) - timedelta(days=365.5))
    shipped.start()


@pytest.mark.faults
async def test_what_hubs_kept_after_its_end_arrives_when_it_is_renewed(
    shipped: ShippedMosquitto, make_hub: Callable[[str], Hub]
) -> None:
    # an authority older than what it signs
    async with listening(shipped.gateway()):
        pass
    of_a_year_ago(shipped)
    hub = make_hub("7f3k")
    async with Publisher(hub.settings) as devices:
        for number in range(20):
            await devices.publish(f"homes/7f3k/{number}", b"x")
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await shown_until(shipped.gateway())
    install(Wanted(folder=shipped.secrets), datetime.now(UTC))
    shipped.reload()
    async with listening(shipped.gateway()) as gateway:
        heard = await topics(gateway, "homes/7f3k/19")
    assert set(heard) >= {f"homes/7f3k/{number}" for number in range(20)}


async def test_a_gateway_knows_when_it_ends_and_remembers_after_its_end(
    shipped: ShippedMosquitto, plain_database: Database, mosquitto: Mosquitto
) -> None:
    shown, clock = Shown(), SystemClock()
    looking = asyncio.ensure_future(shown.follow(shipped.gateway(), clock))
    await until(lambda: shown.ends is not None)
    looking.cancel()
    ends = datetime.fromisoformat(shown.ends or "")
    assert timedelta(days=364) < ends - clock.now() < timedelta(days=366)
    plain = Shown()
    looking = asyncio.ensure_future(
        plain.follow(BrokerSettings(url=mosquitto.url, client_id="x"), clock)
    )
    await until(lambda: plain.ends == NONE)
    looking.cancel()
    said: tuple[dict[str, float | str], ...] = (
        {"received": 1.0},
        {"received": 2.0, presence.CERTIFICATE: shown.ends or ""},
        {"received": 3.0},
        {"received": 4.0, presence.CERTIFICATE: NONE},
    )
    kept = []
    async with connect(plain_database.url_as("wayhome_gateway")) as connection:
        for counters in said:
            beat = presence.Heartbeat(
                gateway="g", at=clock.now(), broker_connected=True, counters=counters
            )
            await presence.beat(connection, beat)
            (found,) = await presence.heartbeats(connection)
            kept.append(found.counters.get(presence.CERTIFICATE))
            assert found.counters["received"] == counters["received"]
    assert kept == [None, shown.ends, shown.ends, NONE]
