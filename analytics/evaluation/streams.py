"""The TIHM record as streams of observations of homes that are watched live. Reads files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analytics.features.plan import HomePlan, plan
from core.model.home import HomeMode, Household
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity
from sensors import tihm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
WARM_UP_DAYS = 28
SHORT_WARM_UP_DAYS = 14
LONG_ENOUGH_DAYS = 42
"""A record of so many days keeps two weeks and more after the long warm-up."""
BLIND_S = 86400.0
"""Gaps of a day and more are a blind home or an absence, not stillness (detection.md §1)."""
_QUANTITIES = {"occupancy": Quantity.MOTION, "contact": Quantity.CONTACT}


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRecord:
    """What one home said, in order."""

    plan: HomePlan
    #: When, in seconds since 1970.
    at: Floats
    #: Device of each.
    device: Numbers
    #: Quantity of each device, by its number less one.
    quantities: tuple[Quantity, ...]

    @property
    def warm_until(self) -> float:
        """Nothing is counted before, in seconds."""
        long = self.at[-1] - self.at[0] >= LONG_ENOUGH_DAYS * 86400.0
        days = WARM_UP_DAYS if long else SHORT_WARM_UP_DAYS
        return float(self.at[0]) + days * 86400.0

    @property
    def counts(self) -> bool:
        """Whether the record goes on after the warm-up."""
        return float(self.at[-1]) > self.warm_until

    @property
    def days(self) -> float:
        """Days that count: after the warm-up, without the gaps of a day and more."""
        at = self.at[self.at >= self.warm_until]
        if not self.counts or not len(at):
            return 0.0
        gaps = np.diff(at, prepend=max(self.warm_until, self._before(float(at[0]))))
        return float(gaps[gaps < BLIND_S].sum()) / 86400.0

    def _before(self, at: float) -> float:
        place = int(np.searchsorted(self.at, at))
        return float(self.at[place - 1]) if place else at

    def gap_around(self, at: float) -> tuple[float, float]:
        """Return the last sign before or at a moment and the first one after it; infinite beyond."""
        place = int(np.searchsorted(self.at, at, side="right"))
        last = float(self.at[place - 1]) if place else -np.inf
        following = float(self.at[place]) if place < len(self.at) else np.inf
        return last, following

    def observations(self) -> Iterator[Observation]:
        """Yield it as observations, each received when it happened."""
        for at, number in zip(self.at.tolist(), self.device.tolist(), strict=True):
            when = datetime.fromtimestamp(at, UTC)
            yield Observation(
                home_id=self.plan.home_id,  # type: ignore[arg-type]
                device_id=DeviceId(number),
                quantity=self.quantities[number - 1],
                value=1.0,
                observed_at=when,
                received_at=when,
            )


def read(folder: Path) -> list[HomeRecord]:
    """Read all homes of a folder of TIHM's layout, as homes that are watched live.

    Raises
    ------
    Misconfigured
        If the folder does not hold the record.
    """
    record = tihm.read(folder)
    rows = defaultdict(list)
    for one in record.activations:
        rows[one.home_id].append((one.at.timestamp(), one.place))
    numbers = {name: number for number, name in enumerate(tihm.PLACES, 1)}
    quantities = tuple(_QUANTITIES[place.senses] for place in tihm.PLACES.values())
    return [
        HomeRecord(
            plan=plan(_live(household, numbers)),
            at=np.array([at for at, _ in rows[household.home.home_id]]),
            device=np.array([numbers[name] for _, name in rows[household.home.home_id]]),
            quantities=quantities,
        )
        for household in record.households
    ]


def _live(household: Household, numbers: dict[str, int]) -> Household:
    """Watch it as if it were lived in now; devices get the numbers a store would give."""
    devices = tuple(
        replace(one, device_id=DeviceId(numbers[one.external_id])) for one in household.devices
    )
    return replace(household, home=replace(household.home, mode=HomeMode.LIVE), devices=devices)


def seen_until(record: HomeRecord) -> datetime:
    """Return a moment up to which the pipeline is taken to work: the record has no word of it."""
    return datetime.fromtimestamp(float(record.at[-1]), UTC) + timedelta(days=30)
