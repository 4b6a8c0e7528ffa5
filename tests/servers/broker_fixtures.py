"""Fixtures: private MQTT brokers, each on a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tests.servers.mosquitto import Mosquitto
from wayhome.embedded.broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Broker(Protocol):
    """What tests may do with a broker of either kind."""

    @property
    def url(self) -> str:
        """Address for clients, such as ``mqtt://127.0.0.1:21883``."""

    def start(self) -> None:
        """Start it, at the address it had before."""

    def stop(self) -> None:
        """End it in order."""

    def kill(self) -> None:
        """Kill it as a power cut would."""


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Give a maker of running brokers: ``make_mosquitto(users={"hub": "secret"}, lines=[...])``."""
    made: list[Mosquitto] = []

    def make(**options: object) -> Mosquitto:
        broker = Mosquitto(tmp_path / f"mosquitto-{len(made)}", **options)  # type: ignore[arg-type]
        made.append(broker)
        broker.start()
        return broker

    yield make
    for broker in made:
        broker.kill()


@pytest.fixture
def mosquitto(make_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """Give a private Mosquitto that lets anonymous clients in."""
    return make_mosquitto()


@pytest.fixture
def nats_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """Give a private nats-server that speaks MQTT."""
    broker = EmbeddedBroker(tmp_path / "nats")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=["mosquitto", "nats_broker"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Run the test once with Mosquitto and once with nats-server."""
    found: Broker = request.getfixturevalue(request.param)
    return found
