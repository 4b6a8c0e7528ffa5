"""What each device last said, and which of its words a person made. Pure and bounded.

Sensors repeat their state, with their battery or every hour. Only a change is made by a person: a
"closed" or an "occupied" said again would reset the clock of somebody who lies on the floor. The end
of a motion comes up to minutes after it, perhaps when the person has left: it is no movement either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Container

    from core.model.observation import Observation

BATTERY_LOW_PERCENT = 15.0
"""detection.md (a) D0."""
BATTERY_FINE_PERCENT = 25.0
"""Above this it counts as charged again: cells recover a few percent when the room warms up."""
FLAG_HOLDS_S = 86400.0
"""A word that the battery is low counts for so long beside a charge that says otherwise."""
STUCK_AFTER_S = 2 * 3600.0
"""A motion sensor that stays on for longer is stuck (detection.md (a) D0)."""
FIRST_PERIOD_S = 3 * 3600.0
"""Reporting period assumed before one is observed (detection.md (a) D0)."""
_LEAK = 0.001
_MOST_VALUES = 16

_MOTION, _BUTTON = Quantity.MOTION, Quantity.BUTTON
_FLAG = Quantity.BATTERY_LOW.value
_BATTERIES = frozenset({Quantity.BATTERY, Quantity.BATTERY_LOW})
_PRESSES = frozenset({Quantity.BUTTON, Quantity.SOS})
_PULSES = frozenset({Quantity.MOTION, Quantity.VIBRATION, Quantity.PRESENCE})
_EDGES = frozenset({Quantity.CONTACT, Quantity.BED, Quantity.CHAIR})
_STATES = _PULSES | _EDGES
PERSON = _PRESSES | _STATES
"""Quantities by which a person shows."""


def has_room(known: dict[int, Any], most: int, in_use: Container[int]) -> bool:
    """Tell whether one more device may be remembered.

    Where there is no room, those that are not in use any more are forgotten first: each device that
    replaces another is a new one, and it must not be the old ones for which it is never listened to.

    Parameters
    ----------
    known
        What is remembered, by device. Changed in place.
    most
        So many devices may be.
    in_use
        Devices of the home.

    Examples
    --------
    >>> known = {1: "a", 2: "b"}
    >>> has_room(known, 2, {1, 2, 3}), has_room(known, 2, {2, 3}), known
    (False, True, {2: 'b'})
    """
    if len(known) >= most:
        for device in [one for one in known if one not in in_use]:
            del known[device]
    return len(known) < most


class DeviceState:
    """Memory of one device."""

    __slots__ = ("battery", "low", "off_known", "on_since", "period_s", "seen", "values")

    def __init__(self) -> None:
        #: Logical time of its last message; None before the first.
        self.seen: float | None = None
        #: Leaking maximum of the spans between its messages, in seconds.
        self.period_s = FIRST_PERIOD_S
        self.battery: float | None = None
        self.low = False
        #: Since when its motion is heard to be on without an end; None while off. Not when it began: of what
        #: comes hours late, the end may come as late.
        self.on_since: float | None = None
        #: True once it has reported an end of motion or a closing.
        self.off_known = False
        #: Last value of each kind of word, with the time since when it holds; for an end of motion,
        #: when it was last said.
        self.values: dict[str, tuple[float, float]] = {}

    def hear(self, observation: Observation, at: float, now: float) -> bool:
        """Take in one observation; return whether a person made it.

        Parameters
        ----------
        at
            When it happened, in seconds, never after ``now``.
        now
            Logical time in seconds.
        """
        seen, self.seen = self.seen, now
        if seen is not None and now > seen:
            span = now - seen
            if span > self.period_s:
                self.period_s = span
            else:
                self.period_s += (span - self.period_s) * _LEAK
        quantity = observation.quantity
        if quantity in _STATES:
            return self._person(quantity, observation, at, now)
        if quantity in _PRESSES:
            return quantity is _BUTTON or observation.value > 0
        if quantity in _BATTERIES:
            self._charge(quantity, observation.value, at)
        return False

    def _charge(self, quantity: Quantity, value: float, at: float) -> None:
        """Take in a charge in percent, or a word that it is low: some devices say both, and either counts."""
        word, said = self.values.get(_FLAG, (0.0, 0.0))
        flagged, level = word > 0 and at - said <= FLAG_HOLDS_S, self.battery
        if quantity is Quantity.BATTERY_LOW:
            ended, flagged = flagged and value <= 0, value > 0
            self._change(_FLAG, quantity, value, at, at)
        else:
            ended, level = False, value
            self.battery = value
        if flagged or (level is not None and level < BATTERY_LOW_PERCENT):
            self.low = True
        elif ended or level is None or level >= BATTERY_FINE_PERCENT:
            self.low = False

    @property
    def sees_people(self) -> bool:
        """Whether it has ever said anything by which a person shows: a thermometer never does."""
        return any(key.partition("/")[0] in _STATES for key in self.values)

    def stuck(self, now: float) -> bool:
        """Whether its motion has been on for too long to be true."""
        return self.off_known and self.on_since is not None and now - self.on_since > STUCK_AFTER_S

    def _person(self, quantity: Quantity, observation: Observation, at: float, now: float) -> bool:
        value, values = observation.value, self.values
        shows = value > 0
        if value == 0:
            self.off_known = True
        key = quantity._value_
        if observation.discriminator:
            key = f"{key}/{observation.discriminator}"
        before = values.get(key)
        if before is not None:
            known, since = before
            if value == known:
                # Devices that never report the other state mean an event each time (activations only).
                made = shows and (at < since or not self.off_known)
                if quantity is _MOTION and value == 0 and at > since:
                    # the end of a motion whose beginning is still on its way: it must not begin for ever then
                    values[key] = (value, at)
                return made
            if at < since:
                return shows
        self._change(key, quantity, value, at, now)
        return shows or (before is not None and quantity in _EDGES)

    def _change(self, key: str, quantity: Quantity, value: float, at: float, now: float) -> None:
        if quantity is _MOTION:
            self.on_since = now if value > 0 else None
        if len(self.values) < _MOST_VALUES or key in self.values:
            self.values[key] = (value, at)

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self.seen,
            self.period_s,
            self.battery,
            self.low,
            self.on_since,
            self.off_known,
            self.values,
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> DeviceState:
        """Return the device as `snapshot` saw it."""
        device = cls()
        device.seen, device.period_s, device.battery, device.low = state[:4]
        device.on_since, device.off_known = state[4:6]
        device.values = {key: (value, at) for key, (value, at) in state[6].items()}
        return device
