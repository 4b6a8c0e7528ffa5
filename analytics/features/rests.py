"""Who lies in a bed or sits in a chair that says so, and when it is not to be believed. Pure and bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

AT_MOST_S = 14 * 3600.0
"""A bed or chair that has been occupied for longer may be a fault, and proves nobody's presence."""
GETTING_IN_S = 60.0
"""What others say so soon after it became occupied may be who got in."""
UP_DEVICES, UP_SIGNS = 2, 3
"""So many other devices with so many signs say that who lives alone is up, whatever the bed says."""
_MOST = 8


@dataclass(slots=True)
class _Rest:
    """One bed or chair that says it is occupied."""

    since: float
    signs: int = 0
    #: Other devices that spoke meanwhile, up to `UP_DEVICES`.
    others: list[int] = field(default_factory=list)

    def believed(self) -> bool:
        return len(self.others) < UP_DEVICES or self.signs < UP_SIGNS


class Rests:
    """The beds and chairs of one home."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, _Rest] = {}

    def take(self, at: float, device_id: int, *, occupied: bool) -> None:
        """Take in what a bed or chair says."""
        if not occupied:
            self._known.pop(device_id, None)
        elif device_id in self._known or len(self._known) < _MOST:
            self._known[device_id] = _Rest(at)

    def elsewhere(self, at: float, device_id: int) -> None:
        """Take in that another device sensed the one who lives there.

        Examples
        --------
        >>> rests = Rests()
        >>> rests.take(0.0, 1, occupied=True)
        >>> dict(rests.believed())
        {1: 50400.0}
        >>> for number, device in enumerate((2, 3, 2), 1):
        ...     rests.elsewhere(100.0 * number, device)
        >>> dict(rests.believed())
        {}
        """
        for rest in self._known.values():
            if at - rest.since <= GETTING_IN_S:
                continue
            rest.signs += 1
            if len(rest.others) < UP_DEVICES and device_id not in rest.others:
                rest.others.append(device_id)

    def keep(self, devices: Container[int]) -> None:
        """Forget all other beds and chairs."""
        self._known = {one: rest for one, rest in self._known.items() if one in devices}

    def __bool__(self) -> bool:
        """Whether any says that it is occupied, believed or not."""
        return bool(self._known)

    def believed(self) -> Iterator[tuple[int, float]]:
        """Yield those that are believed, with the last moment at which they are."""
        for device_id, rest in self._known.items():
            if rest.believed():
                yield device_id, rest.since + AT_MOST_S

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            [device_id, rest.since, rest.signs, rest.others]
            for device_id, rest in sorted(self._known.items())
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Rests:
        """Return the rests as `snapshot` saw them."""
        rests = cls()
        rests._known = {
            int(device_id): _Rest(since, signs, list(others))
            for device_id, since, signs, others in state
        }
        return rests
