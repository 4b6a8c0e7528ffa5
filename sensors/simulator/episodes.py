"""Things that go wrong, with their truth: added to or cut out of a simulated stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sensors.simulator import homes, sensing
from sensors.simulator.sensing import Signal


class Kind(StrEnum):
    """What happens."""

    DOOR_AT_NIGHT = "door_at_night"
    """She leaves her bed and goes out of the front door."""
    LONG_LIE = "long_lie"
    """She lies where no sensor sees a movement."""
    SOS = "sos"
    """She presses the pendant."""
    DEAD_SENSOR = "dead_sensor"
    """A device says nothing more."""
    NOT_BACK = "not_back"
    """She goes out and does not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One thing that goes wrong."""

    kind: Kind
    at: datetime
    lasts: timedelta = timedelta(hours=3)
    #: With a dead sensor: which.
    device: str = ""

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.at + self.lasts

    def hides(self, signal: Signal) -> bool:
        """Tell whether ``signal`` does not happen because of the episode."""
        if not self.at <= signal.at < self.end:
            return False
        if self.kind is Kind.DEAD_SENSOR:
            return signal.device == self.device
        absent = {Kind.LONG_LIE, Kind.NOT_BACK, Kind.DOOR_AT_NIGHT}
        is_movement = ("occupancy", False) in signal.says
        return self.kind in absent and (signal.person or is_movement)

    def adds(self) -> Iterator[Signal]:
        """Yield the signals that happen because of the episode."""
        if self.kind is Kind.SOS:
            yield Signal(at=self.at, device=homes.PENDANT, says=(("action", "emergency"),))
        elif self.kind is Kind.NOT_BACK:
            yield from sensing.door(self.at, outward=True)
        elif self.kind is Kind.DOOR_AT_NIGHT:
            yield Signal(at=self.at, device=homes.BED, says=(("bed", False),))
            yield from sensing.movement(self.at + timedelta(seconds=1), "Bedroom")
            yield from sensing.door(self.at + timedelta(seconds=12), outward=True)


def apply(episodes: Iterable[Episode], signals: Iterable[Signal]) -> list[Signal]:
    """Return ``signals`` as they are with ``episodes``, in order of time."""
    wrong = tuple(episodes)
    kept = [signal for signal in signals if not any(one.hides(signal) for one in wrong)]
    added = [signal for one in wrong for signal in one.adds()]
    return sorted(kept + added, key=lambda signal: (signal.at, signal.device, signal.says))
