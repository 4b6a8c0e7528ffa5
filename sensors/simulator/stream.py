"""A home's messages over a span of time, in the words of the devices' families."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from core.model.quantity import Quantity
from sensors.simulator import homes
from sensors.simulator.episodes import Episode
from sensors.simulator.faults import PLAIN
from sensors.simulator.people import Person
from sensors.simulator.recording import Recording
from sensors.simulator.rows import QUANTITIES, Rows
from sensors.simulator.sensing import EYES

_MARGIN = timedelta(hours=1)
Said = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a device publishes."""

    at: datetime
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What one device would say at one time, before it is put into its format."""

    at: datetime
    device: str
    #: Field and value in the words of the device's family.
    says: tuple[tuple[str, Said], ...]


def stream(
    home_id: str,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    *,
    seed: int,
    wrong: Iterable[Episode] = (),
) -> list[Message]:
    """Return all messages of a home from the first moment of ``span`` up to the second, in order.

    The same arguments give the same bytes.
    """
    start, end = span
    record = Recording(
        home=home_of(seed, zone),
        span=(start - _MARGIN, end + _MARGIN),
        episodes=tuple(wrong),
        circumstances=PLAIN,
    )
    voice = Voice(home_id, boot=f"{seed:08x}-{int(start.timestamp()):x}")
    said = (one for batch in record.batches() for one in _signals(batch))
    inside = sorted(
        (one for one in said if start <= one.at < end),
        key=lambda one: (one.at, one.device, one.says),
    )
    messages = []
    for signal in inside:
        topic, payload = voice.message(signal)
        messages.append(Message(at=signal.at, topic=topic, payload=payload))
    return messages


def home_of(seed: int, zone: ZoneInfo) -> homes.SimulatedHome:
    """Return the home whose messages `stream` tells."""
    return homes.SimulatedHome(
        seed=seed,
        equipment=homes.DEMO,
        person=Person.drawn(np.random.default_rng((seed, 1))),
        zone=zone,
        eyes=(EYES[1],),
    )


def _signals(batch: Rows) -> Iterator[Signal]:
    names = homes.DEMO.devices
    for at, device, quantity, value in zip(
        batch.observed.tolist(),
        batch.device.tolist(),
        batch.quantity.tolist(),
        batch.value.tolist(),
        strict=True,
    ):
        moment = datetime.fromtimestamp(round(at, 3), UTC)
        says = _WORDS[QUANTITIES[quantity]](value)
        yield Signal(at=moment, device=names[device], says=(says,))


_WORDS: dict[Quantity, Callable[[float], tuple[str, Said]]] = {
    Quantity.MOTION: lambda value: ("occupancy", value > 0),
    Quantity.CONTACT: lambda value: ("contact", not value),
    Quantity.BED: lambda value: ("bed", value > 0),
    Quantity.SOS: lambda _: ("action", "emergency"),
    Quantity.BATTERY: lambda value: ("battery", round(value)),
    Quantity.LINK_QUALITY: lambda value: ("linkquality", round(value)),
}


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
