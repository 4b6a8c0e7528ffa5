"""A running production broker with freshly installed secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.deploy.shipped import Hub, ShippedMosquitto
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[ShippedMosquitto]:
    """Give the production broker with the hubs of two homes."""
    secrets = tmp_path / "secrets"
    install(Wanted(folder=secrets, homes=("7f3k", "9b2c")), datetime.now(UTC))
    broker = ShippedMosquitto(tmp_path / "broker", secrets)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def make_hub(tmp_path: Path, shipped: ShippedMosquitto) -> Iterator[Callable[[str], Hub]]:
    """Give a maker of hubs in homes."""
    made: list[Hub] = []

    def make(home: str) -> Hub:
        made.append(Hub(tmp_path / f"hub-{home}", shipped, home))
        return made[-1]

    yield make
    for hub in made:
        hub.kill()
