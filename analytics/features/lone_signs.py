"""Movements that an animal could have made wait until more than that speaks for a person. Pure and bounded.

Where an animal lives, a few movements alone prove nothing: they would end an absence, and begin the wait for
somebody who lies on the floor anew. What no animal does (a bed that is left, a door, a button) vouches for
itself and for the movements just before it; so do movements that go on. What was held back is then taken in
as it happened; what nothing vouches for counts for nobody (docs/decisions/0228).
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan
    from core.model.observation import Observation

APART_S = 330.0
"""Signs that follow each other within so long are of one stretch: the slowest sensor sees again by then."""
SIGNS = 3
"""So many in a stretch are more than an animal that passes."""
SIGNS_OUT = 5
"""The same where somebody may be out and no door has let anybody in: then the home is the animal's own."""
_COULD_BE = frozenset({Quantity.MOTION, Quantity.PRESENCE, Quantity.VIBRATION})


class Sign(NamedTuple):
    """One sign of a device."""

    at: float
    device_id: int
    quantity: str
    value: float

    def said(self, later: Observation) -> Observation:
        """Return it as the observation that it was, of the home and received at the time of a later one."""
        return replace(
            later,
            device_id=DeviceId(self.device_id),
            quantity=Quantity(self.quantity),
            value=self.value,
            observed_at=datetime.fromtimestamp(self.at, UTC),
            discriminator="",
            claimed_at=None,
        )


class LoneSigns:
    """The signs of one home that nothing vouches for yet."""

    __slots__ = ("_held", "_room", "_vouched_until")

    def __init__(self) -> None:
        #: The present stretch: fewer than `SIGNS_OUT`, each within `APART_S` of the one before.
        self._held: list[Sign] = []
        #: Signs until then follow on what is a person's.
        self._vouched_until = -math.inf
        #: Room of the last sign that is a person's; 0 for none.
        self._room = 0

    @property
    def last(self) -> Sign | None:
        """The last sign that nothing has vouched for; None once a person has shown after it."""
        return self._held[-1] if self._held else None

    def take(self, sign: Sign, device: DevicePlan, *, out: bool) -> list[Sign] | None:
        """Take in a sign; return those that it vouches for, itself the last; None if it must wait.

        Parameters
        ----------
        out
            Whether somebody may be out: then a door that leads out lets somebody in.
        """
        at = sign.at
        if sign.quantity not in _COULD_BE or device.placement is Placement.WORN:
            # by a door that leads out she may have gone: what moves then must be seen to be hers
            leaves = device.exterior_door and not out
            return self._vouch(sign, device, -math.inf if leaves else at + APART_S)
        if at <= self._vouched_until:
            return self._vouch(sign, device, at + APART_S)
        if not out and device.room_id and device.room_id == self._room:
            return [
                sign
            ]  # where she was seen last, it is sooner she than an animal; it vouches for no other
        if self._held and abs(at - self._held[-1].at) > APART_S:
            self._held = []
        if len(self._held) + 1 >= (SIGNS_OUT if out else SIGNS):
            return self._vouch(sign, device, at + APART_S)
        self._held.append(sign)
        return None

    def _vouch(self, sign: Sign, device: DevicePlan, until: float) -> list[Sign]:
        """Let go of the stretch before a sign, and of the sign."""
        held, self._held = self._held, []
        self._room = device.room_id or self._room
        # what comes late shortens no stretch
        self._vouched_until = max(self._vouched_until, until) if until > 0.0 else until
        near = held and abs(sign.at - held[-1].at) <= APART_S
        return [*held, sign] if near else [sign]

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [self._vouched_until, [list(one) for one in self._held], self._room]

    @classmethod
    def restored(cls, state: list[Any]) -> LoneSigns:
        """Return the signs as `snapshot` saw them."""
        signs = cls()
        signs._vouched_until = state[0]
        signs._held = [Sign(*one) for one in state[1]]
        signs._room = state[2]
        return signs
