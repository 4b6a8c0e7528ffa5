"""What of a day is known from elsewhere, and what is not because a sensor is silent. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analytics.features.day_features import NAMES
from analytics.features.localtime import DAY_STARTS_H, HOUR_S
from core.model.home import RoomKind

if TYPE_CHECKING:
    from analytics.features.bed_nights import Night
    from analytics.features.view import HomeView

Floats = npt.NDArray[np.float64]
NOON_H = 12.0
NOON_BEFORE_END_S = (24.0 + DAY_STARTS_H - NOON_H) * HOUR_S
"""From the noon of a night to the end of its day of behaviour, where no clock is set."""
_OF_ROOM = {
    RoomKind.HALL.value: ("hall",),
    RoomKind.KITCHEN.value: ("kitchen", "first_kitchen"),
    RoomKind.BEDROOM.value: ("bedroom",),
    RoomKind.BATHROOM.value: ("bathroom_day", "bathroom_night"),
}
_OF_ALL = ("moves", "night", "first", "last", "most", "amplitude", "way")


def without_dead_sensors(vector: Floats, view: HomeView) -> Floats:
    """Return the day's features with NaN for those that a silent sensor would have told."""
    silent = [
        device
        for device in view.plan.devices
        if (device.interior or device.exterior_door)
        and view.coverage.silence_s(device, view.now) > view.coverage.silent_limit_s(device)
    ]
    names: set[str] = set()
    for device in silent:
        names.update(("out", "outings") if device.exterior_door else _OF_ALL)
        if device.interior:
            names.update(_OF_ROOM.get(device.room, ()))
    masked = vector.copy()
    masked[[NAMES.index(name) for name in sorted(names)]] = np.nan
    return masked


def bed_exits(view: HomeView) -> float:
    """Return how often the resident left bed in the night that has ended; NaN when not known."""
    night = _night(view)
    return math.nan if night is None else float(night.exits)


def bed_in_h(view: HomeView) -> float:
    """Return when the resident went to bed that night, in local hours from noon on; NaN when not known.

    After midnight the hours go on: half past one is 25.5.
    """
    night = _night(view)
    if night is None:
        return math.nan
    hour = view.local.hour(night.block.start)
    return hour if hour >= NOON_H else hour + 24.0


def _night(view: HomeView) -> Night | None:
    """Return the night at the end of the day that is settled now; None if it was not wholly seen."""
    settled = view.hours.settled
    if settled is None or not settled.day.usual_length or not view.plan.senses_bed:
        return None
    night = view.bed_nights.night(settled.day.end - NOON_BEFORE_END_S, view.now)
    if night is None or view.coverage.first_blind(night.block.start, night.block.end) is not None:
        return None
    return night
