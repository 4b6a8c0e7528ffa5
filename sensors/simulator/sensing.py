"""What sensors make of it: blind times, misses, phantoms, reports. Knows nothing of habits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from sensors.simulator import homes
from sensors.simulator.behaviour import Activity, Stay

MOTIONS_PER_MINUTE = {
    Activity.SLEEP: 0.15,
    Activity.TOILET: 1.5,
    Activity.WASH: 3.0,
    Activity.MEAL: 11.5,
    Activity.EAT: 3.4,
    Activity.RELAX: 1.74,
    Activity.WORK: 3.8,
}
"""Movements a minute that a motion sensor could see (CASAS Aruba, medians)."""
BURSTINESS = 0.5
"""Shape of the gamma renewal process between movements; below 1 they come in bursts."""
BLIND_S = 60.0
"""A battery sensor sees nothing for so long after a movement, and then says that it is over."""
MISS_SHARE = 0.02
PHANTOMS_PER_HOUR = 0.05
JITTER_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What one device would say at one time, before it is put into its format."""

    at: datetime
    device: str
    #: Field and value in the words of the device's family.
    says: tuple[tuple[str, bool | int | float | str], ...]
    #: True when a person caused it.
    person: bool = True


def signals(stays: Iterator[Stay], start: datetime, end: datetime, seed: int) -> Iterator[Signal]:
    """Yield the signals of ``stays`` from ``start`` up to ``end``, stay by stay."""
    blind_until: dict[str, datetime] = {}
    before: Stay | None = None
    for stay in stays:
        if stay.start >= end:
            return
        rng = np.random.default_rng((seed, 7, int(stay.start.timestamp())))
        seen = [*_change(before, stay), *_motion(stay, rng, blind_until)]
        before = stay
        yield from (signal for signal in seen if start <= signal.at < end)


def _change(before: Stay | None, stay: Stay) -> Iterator[Signal]:
    """Yield what going from one stay to the next does: bed, door, hall."""
    was_in_bed = before is not None and before.activity is Activity.SLEEP
    in_bed = stay.activity is Activity.SLEEP
    if in_bed and not was_in_bed:
        yield Signal(at=stay.start, device=homes.BED, says=(("bed", True),))
    if was_in_bed and not in_bed:
        yield Signal(at=stay.start, device=homes.BED, says=(("bed", False),))
    was_out = before is not None and before.activity is Activity.OUT
    out = stay.activity is Activity.OUT
    if out != was_out and before is not None:
        yield from door(stay.start, outward=out)


def door(at: datetime, *, outward: bool) -> Iterator[Signal]:
    """Somebody goes through the front door."""
    opened, closed = at, at + timedelta(seconds=6)
    hall = opened - timedelta(seconds=8) if outward else closed + timedelta(seconds=3)
    yield Signal(at=opened, device=homes.DOOR, says=(("contact", False),))
    yield Signal(at=closed, device=homes.DOOR, says=(("contact", True),))
    yield from movement(hall, "Hall")


def movement(at: datetime, room: str) -> Iterator[Signal]:
    """Somebody moves in a room; the sensor says so, and later that it is over."""
    device = homes.motion_sensor(room)
    yield Signal(at=at, device=device, says=(("occupancy", True),))
    yield Signal(
        at=at + timedelta(seconds=BLIND_S),
        device=device,
        says=(("occupancy", False),),
        person=False,
    )


def _motion(
    stay: Stay, rng: np.random.Generator, blind_until: dict[str, datetime]
) -> Iterator[Signal]:
    rate = MOTIONS_PER_MINUTE.get(stay.activity)
    if rate is None:
        return
    now = stay.start
    while True:
        gap_min = float(rng.gamma(BURSTINESS, 1.0 / (rate * BURSTINESS)))
        now += timedelta(minutes=max(gap_min, 1 / 60))
        if now >= stay.end:
            return
        if now < blind_until.get(stay.room, stay.start) or rng.random() < MISS_SHARE:
            continue
        blind_until[stay.room] = now + timedelta(seconds=BLIND_S + JITTER_S)
        yield from movement(now + timedelta(seconds=float(rng.uniform(0, JITTER_S))), stay.room)


def phantoms(start: datetime, end: datetime, seed: int) -> Iterator[Signal]:
    """Sensors that fire for nothing: a curtain over a heater, the sun."""
    for number, room in enumerate(homes.ROOMS):
        rng = np.random.default_rng((seed, 11, number, int(start.timestamp())))
        now = start
        while True:
            now += timedelta(hours=float(rng.exponential(1 / PHANTOMS_PER_HOUR)))
            if now >= end:
                break
            yield from movement(now, room)


def reports(start: datetime, end: datetime, seed: int) -> Iterator[Signal]:
    """Yield what devices say of themselves, each at its own minute of the hour."""
    devices = [*(homes.motion_sensor(room) for room in homes.ROOMS), homes.DOOR]
    for number, device in enumerate(devices):
        yield from _report(device, number, start, end, seed)
    now = start
    while now < end:
        yield Signal(at=now, device=homes.BED, says=(("battery", 91),), person=False)
        now += timedelta(seconds=homes.BED_HEARTBEAT_S)


def _report(
    device: str, number: int, start: datetime, end: datetime, seed: int
) -> Iterator[Signal]:
    rng = np.random.default_rng((seed, 13, number))
    battery, link = int(rng.integers(60, 100)), int(rng.integers(60, 200))
    now = start + timedelta(seconds=float(rng.uniform(0, homes.HEARTBEAT_S / 2)))
    while now < end:
        says = (("battery", battery), ("linkquality", link))
        yield Signal(at=now, device=device, says=says, person=False)
        now += timedelta(seconds=homes.HEARTBEAT_S / 2)


class Voice:
    """Puts signals into the words of the devices' families; numbers the native ones."""

    def __init__(self, home_id: str, boot: str) -> None:
        self._base = f"homes/{home_id}"
        self._boot = boot
        self._numbers: dict[str, int] = {}

    def message(self, signal: Signal) -> tuple[str, bytes]:
        """Return topic and payload."""
        at = signal.at.isoformat(timespec="milliseconds")
        if signal.device != homes.BED:
            body: dict[str, object] = {**dict(signal.says), "last_seen": at}
            return f"{self._base}/zigbee2mqtt/{signal.device}", msgspec.json.encode(body)
        ((quantity, value),) = signal.says
        number = self._numbers.get(signal.device, 0)
        self._numbers[signal.device] = number + 1
        native = {"v": value, "t": at, "seq": number, "boot": self._boot}
        return f"{self._base}/wayhome/{signal.device}/{quantity}", msgspec.json.encode(native)
