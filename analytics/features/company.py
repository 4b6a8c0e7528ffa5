"""Whether what a device says comes in company: near what others say, as what a person does. Pure.

A person who moves about is sensed by one device after another; a sensor that fires by itself is not. In 25
real homes each device had another beside 0.73 to 1.00 of what it said; one that says things at random times
has it beside 0.5 and less (docs/decisions/0268).
"""

from __future__ import annotations

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

    __slots__ = ("_act", "_known")

    def __init__(self) -> None:
        #: By device: acts, and those in company.
        self._known: dict[int, tuple[float, float]] = {}
        #: The last act: device, its end, whether it is in company, whether it counts; None before the first.
        self._act: tuple[int, float, bool, bool] | None = None

    def show(self, at: float, device_id: int, *, counts: bool = True) -> None:
        """Take in that a device said something at ``at``, in seconds; what comes late is left out.

        Parameters
        ----------
        counts
            Whether who does it alone is odd: who turns over in bed at night has no company.
        """
        near = False
        if self._act is not None:
            last, end, known, counted = self._act
            if at < end:
                return
            if last == device_id:
                if at - end <= ONE_ACT_S:
                    self._act = (last, at, known, counted)
                    return
            else:
                near = at - end <= NEAR_S
            if counted:
                self._count(last, known or near)
        self._act = (device_id, at, near, counts)

    def _count(self, device_id: int, near: bool) -> None:
        acts, beside = self._known.get(device_id, (0.0, 0.0))
        if acts or len(self._known) < _MOST_DEVICES:
            self._known[device_id] = (acts * KEEP + 1.0, beside * KEEP + near)

    def share(self, device_id: int) -> float:
        """Return the share of a device's acts in company, 0 to 1."""
        acts, beside = self._known.get(device_id, (0.0, 0.0))
        return (beside + PRIOR_NEAR) / (acts + PRIOR)

    def alone(self, device_id: int) -> bool:
        """Tell whether a device often speaks while nobody is near any other, as no person does."""
        return self._below(ALONE_BELOW, device_id)

    def stray(self, device_id: int) -> bool:
        """Tell whether a device speaks so more often than not: it is at fault."""
        return self._below(STRAY_BELOW, device_id)

    def _below(self, share: float, device_id: int) -> bool:
        if self.share(device_id) >= share:
            return False
        acts = sum(every for one, (every, _) in self._known.items() if one != device_id)
        beside = sum(near for one, (_, near) in self._known.items() if one != device_id)
        return acts > 0.0 and beside >= OTHERS_FROM * acts

    def near(self, at: float, device_id: int) -> bool:
        """Tell whether another device, not a stray too, spoke shortly before ``at``."""
        act = self._act
        if act is None or act[0] == device_id or not 0.0 <= at - act[1] <= NEAR_S:
            return False
        return not self.stray(act[0])

    def keep(self, devices: Container[int]) -> None:
        """Forget all other devices."""
        self._known = {one: known for one, known in self._known.items() if one in devices}
        if self._act is not None and self._act[0] not in devices:
            self._act = None

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [sorted([key, *known] for key, known in self._known.items()), self._act]

    @classmethod
    def restored(cls, state: list[Any]) -> Company:
        """Return the company as `snapshot` saw it."""
        company = cls()
        company._known = {int(key): (acts, near) for key, acts, near in state[0]}
        company._act = None if state[1] is None else tuple(state[1])
        return company
