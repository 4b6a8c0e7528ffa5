"""Snapshots of former formats, lifted to the present one: what was learned is kept. Pure.

An update must not make a home forget months of habits. Each function takes the decoded snapshot of one
format and returns that of the next; the format before the present one is always readable. What a former
format did not know takes the value that makes the engine look anew at the next tick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import EACH_TICK
from analytics.features.company import Company
from analytics.features.doorway import Doorway
from analytics.features.obstruction import Obstruction
from analytics.features.pauses import ROOMS
from analytics.features.sightings import Sightings

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = 7
"""Format of the snapshots that are written; changes with each change of what is in them."""


def lifted(saved: dict[str, Any]) -> dict[str, Any] | None:
    """Return a decoded snapshot in the present format; None if it is of no known one.

    Examples
    --------
    >>> lifted({"format": 2}) is None
    True
    """
    while saved.get("format") in _LIFTS:
        saved = _LIFTS[saved["format"]](saved)
    return saved if saved.get("format") == FORMAT else None


def _from_3(saved: dict[str, Any]) -> dict[str, Any]:
    """Tell what has changed but for who is home; look at devices one by one (docs/decisions/0207)."""
    view, detectors = saved["view"], dict(saved["detectors"])
    if view is not None:
        view = view | {"stirred": [view["stirred"]] * 2}
    if "liveness" in detectors:
        version, (opened, _, *sights) = detectors["liveness"]
        sights = sights or [Obstruction().snapshot(), 0.0]
        state = [opened, EACH_TICK, *sights, [EACH_TICK, []]]
        detectors["liveness"] = [version, state]
    return saved | {"format": 4, "view": view, "detectors": detectors}


def _from_4(saved: dict[str, Any]) -> dict[str, Any]:
    """Learn anew how often places are visited (0216) and how long sensors near doors are blind (0219)."""
    view = saved["view"]
    if view is not None:
        view = view | {
            "pauses": [*view["pauses"], Sightings(ROOMS).snapshot()],
            "occupancy": [*view["occupancy"], []],
        }
    return saved | {"format": 5, "view": view}


def _from_5(saved: dict[str, Any]) -> dict[str, Any]:
    """Tell that no movement waits for a person to vouch for it (docs/decisions/0228)."""
    view = saved["view"]
    return saved | {"format": 6, "view": view if view is None else view | {"lone": None}}


def _from_6(saved: dict[str, Any]) -> dict[str, Any]:
    """Keep what beds say and how long sensors are blind; learn whose word is good (docs/decisions/0268)."""
    view = saved["view"]
    if view is not None:
        *known, resting, doubts, strays, eyes = view["occupancy"]
        rests = [[device, since, 0, []] for device, since in resting]
        witnesses = [rests, eyes, Doorway().snapshot(), Company().snapshot(), None]
        view = view | {"occupancy": [*known, doubts, strays, witnesses]}
    return saved | {"format": 7, "view": view}


_LIFTS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    3: _from_3,
    4: _from_4,
    5: _from_5,
    6: _from_6,
}
