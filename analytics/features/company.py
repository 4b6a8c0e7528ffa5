"""Whether what a device says comes in company: near what others say, as what a person does. Pure.

A person who moves about is sensed by one device after another; a sensor that fires by itself is not. In 25
real homes each device had another beside 0.73 to 1.00 of what it said; one that says things at random times
has it beside 0.5 and less (docs/decisions/0268).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container

NEAR_S = 900.0
"""Another device within so long before or after is company."""
ONE_ACT_S = 1800.0
"""What a device says again within so long is the same act: a door that is closed, somebody who sits still."""
ALONE_BELOW = 0.6
"""Share of acts in company below which a device often speaks for nobody …"""
STRAY_BELOW = 0.5
"""… and below which it does so more often than not …"""
OTHERS_FROM = 0.75
"""… in a home whose other devices have company as a rule; who is sensed by two devices only has none."""
PRIOR_NEAR, PRIOR = 1.8, 2.0
KEEP = 0.98
"""Some fifty acts of each device are remembered."""
_MOST_DEVICES = 128


class Company:
    """How often each device of one home speaks in company."""

    __slots__ = ("_counts", "_end", "_known", "_last", "_low", "_near")

    def __init__(self) -> None:
        #: By device: acts, and those in company.
        self._known: dict[int, tuple[float, float]] = {}
        #: Devices of which fewer acts than `STRAY_BELOW` are in company.
        self._low: set[int] = set()
        #: Device of the last act, -1 before the first; its end, whether it is in company, whether it counts.
        self._last, self._end, self._near, self._counts = -1, -math.inf, False, False

    def show(self, at: float, device_id: int, *, counts: bool = True, rests: bool = False) -> None:
        """Take in that a device said something at ``at``, in seconds; what comes late is left out.

        Parameters
        ----------
        counts
            Whether who does it alone is odd: who turns over in bed at night has no company.
        rests
            Whether it senses who lies or sits: while nothing else is heard that is one act, however long.
        """
        since = at - self._end
        if since < 0.0:
            return
        if self._last == device_id:
            if since <= ONE_ACT_S or rests:
                self._end = at
                return
            near = False
        else:
            near = since <= NEAR_S
        if self._counts:
            self._count(self._last, self._near or near)
        self._last, self._end, self._near, self._counts = device_id, at, near, counts

    def _count(self, device_id: int, near: bool) -> None:
        acts, beside = self._known.get(device_id, (0.0, 0.0))
        if acts or len(self._known) < _MOST_DEVICES:
            self._known[device_id] = (acts * KEEP + 1.0, beside * KEEP + near)
            self._judge(device_id)

    def _judge(self, device_id: int) -> None:
        if self.share(device_id) < STRAY_BELOW:
            self._low.add(device_id)
        else:
            self._low.discard(device_id)

    def share(self, device_id: int) -> float:
        """Return the share of a device's acts in company, 0 to 1."""
        acts, beside = self._known.get(device_id, (0.0, 0.0))
        return (beside + PRIOR_NEAR) / (acts + PRIOR)

    def alone(self, device_id: int) -> bool:
        """Tell whether a device often speaks while nobody is near any other, as no person does."""
        return self._below(ALONE_BELOW, device_id)

    def stray(self, device_id: int) -> bool:
        """Tell whether a device speaks so more often than not: it is at fault."""
        return device_id in self._low and self._below(STRAY_BELOW, device_id)

    def suspects(self, device_id: int) -> bool:
        """Tell at small cost whether a device may be a stray; none is that is not."""
        return device_id in self._low

    def _below(self, share: float, device_id: int) -> bool:
        if self.share(device_id) >= share:
            return False
        acts = sum(every for one, (every, _) in self._known.items() if one != device_id)
        beside = sum(near for one, (_, near) in self._known.items() if one != device_id)
        return acts > 0.0 and beside >= OTHERS_FROM * acts

    def near(self, at: float, device_id: int) -> bool:
        """Tell whether another device, not a stray too, spoke shortly before ``at``."""
        if self._last in {-1, device_id} or not 0.0 <= at - self._end <= NEAR_S:
            return False
        return not self.stray(self._last)

    def keep(self, devices: Container[int]) -> None:
        """Forget all other devices."""
        self._known = {one: known for one, known in self._known.items() if one in devices}
        self._low &= self._known.keys()
        if self._last not in devices:
            self._last, self._end, self._near, self._counts = -1, -math.inf, False, False

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            sorted([key, *known] for key, known in self._known.items()),
            [self._last, self._end, self._near, self._counts],
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Company:
        """Return the company as `snapshot` saw it."""
        company = cls()
        company._known = {int(key): (acts, near) for key, acts, near in state[0]}
        company._last, company._end, company._near, company._counts = state[1]
        for device_id in company._known:
            company._judge(device_id)
        return company
