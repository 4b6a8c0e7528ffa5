"""Messages, homes and an admission without servers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId
from core.model.intake import KnownDevice
from core.runtime.mqtt import IncomingMessage
from gateway.admission import Admission
from gateway.batch import Intake
from gateway.directory import Directory, Limits
from gateway.presence import PresenceBook
from gateway.quota import DiscoveredQuota, QuarantineQuota
from gateway.receipts import Ring
from sensors.driver import discover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sensors.driver import Driver

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIVE, ARCHIVE = HomeId("live"), HomeId("old")
HOMES = {LIVE: HomeMode.LIVE.value, ARCHIVE: HomeMode.ARCHIVE.value}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def known(number: int, name: str, *, home: str = LIVE, family: str = "wayhome") -> KnownDevice:
    return KnownDevice(
        device_id=DeviceId(number), home_id=HomeId(home), family=family, external_id=name
    )


DEVICES = (
    known(1, "door"),
    known(2, "motion"),
    known(3, "hall", family="zigbee2mqtt"),
    known(4, "door", home=ARCHIVE),
)


def message(
    topic: str,
    payload: bytes | Mapping[str, object] = b"{}",
    *,
    packet_id: int = 1,
    retained: bool = False,
    duplicate: bool = False,
) -> IncomingMessage:
    return IncomingMessage(
        topic=topic,
        payload=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        qos=1,
        retained=retained,
        duplicate=duplicate,
        packet_id=packet_id,
        epoch=1,
    )


def contact(
    value: object = True,
    *,
    home: str = LIVE,
    name: str = "door",
    packet_id: int = 1,
    **more: object,
) -> IncomingMessage:
    topic = f"homes/{home}/wayhome/{name}/contact"
    return message(topic, {"v": value, **more}, packet_id=packet_id)


@dataclass
class Desk:
    """An admission with all that belongs to it."""

    devices: Sequence[KnownDevice] = DEVICES
    limits: Limits = field(default_factory=Limits)
    drivers: Mapping[str, Driver] = field(default_factory=discover)
    quarantine: QuarantineQuota = field(default_factory=QuarantineQuota)
    discovered: DiscoveredQuota = field(default_factory=DiscoveredQuota)

    def __post_init__(self) -> None:
        self.directory = Directory(self.limits)
        self.directory.replace(HOMES, self.devices)
        self.ring = Ring()
        self.book = PresenceBook()
        self.admission = Admission(
            "gateway-1", self.drivers, self.directory, self.ring, self.quarantine, self.discovered
        )
        self.intake = Intake(self.admission, self.book, self.ring)
