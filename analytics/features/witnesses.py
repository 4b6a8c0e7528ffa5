"""Whose word is good on who is home: beds, sensors behind the door, what speaks alone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.company import NEAR_S, Company
from analytics.features.doorway import Doorway
from analytics.features.eyes import BLIND_FACTOR, LONGEST_S, seen_again
from analytics.features.lone_signs import Sign
from analytics.features.rests import Rests
from core.model.home import Placement
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Container

    from analytics.features.activity import Activity
    from analytics.features.plan import DevicePlan, HomePlan
    from core.model.observation import Observation

EXIT_WITHIN_S = 120.0
"""Activity near the door at most so long before it opens speaks for leaving (detection.md §1)."""
DOORSTEP_S = 60.0
"""The sensor behind the door still sees the person who is leaving for so long."""
SENSOR_LIVES_S = 12 * 3600.0
"""The sensor near the door is trusted to see who leaves if it saw somebody so shortly before."""
_RESTS = frozenset({Quantity.BED, Quantity.CHAIR})


class Witnesses:
    """What is known of the devices of one home as witnesses."""

    __slots__ = ("_company", "_doorway", "_eyes", "_rests", "unheeded")

    def __init__(self) -> None:
        self._company = Company()
        self._doorway = Doorway()
        #: Motion sensors near a door that leads out: last sign, and for how long they are blind after one.
        self._eyes: dict[int, tuple[float, float]] = {}
        self._rests = Rests()
        #: What a stray said last, while nothing else did.
        self.unheeded: Sign | None = None

    def hear(self, at: float, device: DevicePlan, observation: Observation, plan: HomePlan) -> None:
        """Take in a sign of a person inside, at ``at`` in seconds."""
        if observation.quantity in _RESTS:
            self._rests.take(at, device.device_id, occupied=observation.value > 0)
        elif self._rests and plan.resident_id is not None and not self.alone(device.device_id):
            self._rests.elsewhere(at, device.device_id)
        if device.near_exit:
            self._doorway.sign(at, DOORSTEP_S)
            if observation.quantity is Quantity.MOTION:
                seen_again(self._eyes, device.device_id, at)

    def heed(
        self, at: float, device: DevicePlan, observation: Observation, *, counts: bool
    ) -> bool:
        """Take in that a device senses somebody inside or at a door; tell whether that is to be believed.

        The word of a stray, alone, is not: it is a heater, a curtain, a loose contact (docs/decisions/0268).
        It waits: if another device speaks soon after, it was somebody. That a bed or chair is empty holds all
        the same: else it would stay occupied.

        Parameters
        ----------
        counts
            Whether who does it alone is odd; see `Company.show`.
        """
        company, number = self._company, device.device_id
        suspect = company.suspects(number)
        beside = suspect and company.near(at, number)
        company.show(at, number, counts=counts, rests=observation.quantity in _RESTS)
        if not suspect or beside or device.exterior_door or not company.stray(number):
            return True
        if observation.quantity in _RESTS and observation.value <= 0:
            self._rests.take(at, number, occupied=False)
        self.unheeded = Sign(at, number, observation.quantity, observation.value)
        return False

    def vouched(self, at: float) -> list[Sign]:
        """Return the sign that waited, if it is near this word of another device."""
        waited, self.unheeded = self.unheeded, None
        return [waited] if waited is not None and 0.0 <= at - waited.at <= NEAR_S else []

    def meet_door(self) -> None:
        """Take in that a door that leads out is about to be passed: what is known of the last time holds."""
        self._doorway.settle()

    def pass_door(self, at: float, activity: Activity) -> None:
        """Take in that a door that leads out was passed."""
        self._doorway.passage(at, seen=self._seen_near(at, activity))

    def alone(self, device_id: int) -> bool:
        """Tell whether a device often speaks while nothing else does, as no person makes it."""
        return self._company.alone(device_id)

    def resting(self) -> list[float]:
        """Return until when each occupied bed or chair vouches for somebody in it."""
        return [until for one, until in self._rests.believed() if not self.alone(one)]

    def rests(self, at: float) -> bool:
        """Tell whether somebody is in a bed or chair."""
        return any(at <= until for until in self.resting())

    def watch_door(self, plan: HomePlan) -> bool:
        """Tell whether who passes the door is seen behind it."""
        return self._doorway.seen and any(
            one.near_exit
            and one.interior
            and one.placement is Placement.ROOM
            and not self.alone(one.device_id)
            for one in plan.devices
        )

    def stays(self, at: float, activity: Activity) -> bool:
        """Tell whether nobody was near a door that moved, where who stands there is seen."""
        near = activity.near_exit_at
        lives = near is None or at - near <= SENSOR_LIVES_S
        return lives and not self._seen_near(at, activity)

    def _seen_near(self, at: float, activity: Activity) -> bool:
        near = activity.near_exit_at
        return near is not None and at - near <= self.within_s

    @property
    def within_s(self) -> float:
        """Within how many seconds before the door who leaves has been seen near it.

        A sensor that is blind for minutes after each movement does not see who passes meanwhile.
        """
        blind = max((blind for _, blind in self._eyes.values()), default=0.0)
        return max(EXIT_WITHIN_S, min(BLIND_FACTOR * blind, LONGEST_S))

    def keep(self, devices: Container[int]) -> None:
        """Forget all other devices."""
        self._company.keep(devices)
        self._rests.keep(devices)
        self._eyes = {eye: seen for eye, seen in self._eyes.items() if eye in devices}

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self._rests.snapshot(),
            [[eye, *known] for eye, known in sorted(self._eyes.items())],
            self._doorway.snapshot(),
            self._company.snapshot(),
            self.unheeded,
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> Witnesses:
        """Return the witnesses as `snapshot` saw them."""
        witnesses = cls()
        witnesses._rests = Rests.restored(state[0])
        witnesses._eyes = {int(eye): (last, blind) for eye, last, blind in state[1]}
        witnesses._doorway = Doorway.restored(state[2])
        witnesses._company = Company.restored(state[3])
        witnesses.unheeded = None if state[4] is None else Sign(*state[4])
        return witnesses
