"""What of a day is known from elsewhere, and what is not because a sensor is silent. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analytics.features.day_features import NAMES
from core.model.home import RoomKind

if TYPE_CHECKING:
    from analytics.features.view import HomeView

Floats = npt.NDArray[np.float64]
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
    del view
    return math.nan


def bed_in_h(view: HomeView) -> float:
    """Return when the resident went to bed that night, in local hours from noon on; NaN when not known."""
    del view
    return math.nan
