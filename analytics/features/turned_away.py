"""Devices to which a detector does not listen, because it listens to as many as it can: told to operators.

It must not be the newest watch, the one on the wrist, to which nobody listens and of which nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import Episode, finding
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.said import say

if TYPE_CHECKING:
    from collections.abc import Collection

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView

_MOST = 32


class TurnedAway:
    """Those of one home, told once each, and again when they are listened to or out of use.

    Parameters
    ----------
    detector
        Name of the detector.
    lacks
        What it does not do, `marked`; ``%(device)s`` and ``%(most)s`` stand for the device and how many
        others there are.
    advice
        What to do.
    """

    __slots__ = ("_advice", "_detector", "_lacks", "_told")

    def __init__(self, detector: str, lacks: str, advice: str) -> None:
        self._detector, self._lacks, self._advice = detector, lacks, advice
        self._told: dict[int, Episode] = {}

    def tell(self, device: DevicePlan, most: int, view: HomeView) -> tuple[Finding, ...]:
        """Tell the operators of a device for which there is no room, once."""
        number = device.device_id
        if number in self._told or len(self._told) >= _MOST:
            return ()
        new = self._told[number] = Episode(
            onset=view.now, noticed=view.now, severity=Severity.NOTICE
        )
        return (
            finding(
                view,
                self._detector,
                new,
                say(self._lacks, device=device.name, most=most),
                audience=Audience.OPERATORS,
                subject=f"unwatched:{number}",
                advice=self._advice,
            ),
        )

    def end(self, heard: Collection[int], most: int, view: HomeView) -> list[Finding]:
        """End what is told of devices out of use, and of all once others have made room.

        Parameters
        ----------
        heard
            Devices that are listened to.
        """
        if not self._told:
            return []
        in_use = view.plan.by_id
        room = sum(one in in_use for one in heard) < most
        over = [number for number in self._told if room or number not in in_use]
        return [
            finding(
                view,
                self._detector,
                self._told.pop(number),
                say("There is room for it again, or it is not in use any more"),
                Phase.CLEARED,
                audience=Audience.OPERATORS,
                subject=f"unwatched:{number}",
            )
            for number in over
        ]

    def snapshot(self) -> list[Any]:
        """Return what is told as plain values."""
        return [[number, one.snapshot()] for number, one in self._told.items()]

    def restore(self, state: list[Any]) -> None:
        """Become what `snapshot` saw."""
        self._told = {}
        for number, saved in state:
            episode = Episode.restored(saved)
            if episode is not None:
                self._told[number] = episode
