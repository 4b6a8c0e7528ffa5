"""How long stillness is bearable in a home now: learned, within a floor and a published cap. Pure.

Shared by the detectors of stillness, which differ in what a false alarm of theirs is worth.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analytics.features.limits import Prior
from analytics.features.localtime import HOUR_S
from analytics.features.plan import Zone
from core.model.home import Placement

if TYPE_CHECKING:
    from analytics.features.view import HomeView

PRICE_H = 2.0
"""Hours of delay that one false alarm a week is worth in a sparsely sensed home; each hour by night counts
a third (docs/decisions/0110)."""
DENSE_PRICE_SHARE = 0.5
"""Share of it in a densely sensed home, where there are few false alarms (docs/decisions/0133)."""
DENSE_FLOOR_S = {Zone.BATHROOM: 1500.0, Zone.OTHER: 1800.0, Zone.CHAIR: 3600.0, Zone.BED: 5400.0}
"""detection.md §1."""
SPARSE_FLOOR_S = 3600.0
DENSE_CAP_S = {
    Zone.BATHROOM: 4 * HOUR_S,
    Zone.OTHER: 4 * HOUR_S,
    Zone.CHAIR: 5 * HOUR_S,
    Zone.BED: 8 * HOUR_S,
}
DENSE_NIGHT_CAP_S = {
    Zone.BATHROOM: 8 * HOUR_S,
    Zone.OTHER: 8 * HOUR_S,
    Zone.CHAIR: 8 * HOUR_S,
    Zone.BED: 12 * HOUR_S,
}
SPARSE_DAY_CAP_S = 8 * HOUR_S
SPARSE_NIGHT_CAP_S = 12 * HOUR_S
NIGHT_H = (18.0, 6.0)
HIDDEN_FACTOR = 3.0
"""Where some room is not seen as usual, she may be in it: nearly half of what was false in simulated homes
came while a sensor was dead or turned away (docs/decisions/0216, 0293)."""
HIDDEN_FROM = 0.2
"""Density of sensing from which that says something: in sparse homes many a room sees nobody for hours."""
_WEEK_H = 168.0
_STRETCH = 3.0
#: (pauses an hour at home, median in minutes, sigma) by day and by night (21 to 09 h).
POPULATION = {
    Zone.BED: (Prior(0.7, 8.0, 1.1), Prior(4.0, 6.0, 1.0)),
    Zone.CHAIR: (Prior(1.7, 6.0, 1.0), Prior(1.0, 6.0, 1.0)),
    Zone.BATHROOM: (Prior(0.7, 3.0, 0.8), Prior(0.7, 3.0, 0.8)),
    Zone.OTHER: (Prior(3.3, 3.0, 1.0), Prior(1.3, 4.0, 1.1)),
}
_PRIOR_NIGHT_H = (21.0, 9.0)


def bearable_s(view: HomeView, detector: str, share: float = 1.0) -> float:
    """Return the seconds of stillness that are bearable after the last movement.

    Parameters
    ----------
    detector
        Whose limit it is: carers' answers move it.
    share
        What a false alarm counts beside one of the general detector.
    """
    last, zone = view.activity.last_at, zone_of(view)
    at = view.now if last is None else last
    low, high = floor_s(view, zone), cap_s(view, at, zone)
    price = share * PRICE_H * _WEEK_H * DENSE_PRICE_SHARE ** view.activity.density(view.plan)
    learned = view.pauses.limit_s(view.local, prior(view, at, zone), price, (low, high))
    if hidden(view):
        learned *= HIDDEN_FACTOR
    return min(max(learned * view.margin(detector, at), low), high)


def sees_moving(view: HomeView) -> bool:
    """Whether something here has shown that it senses who moves about in the rooms (0277)."""
    known = view.coverage.devices
    return any(
        (state := known.get(device.device_id)) is not None and state.sees_people
        for device in view.plan.devices
        if device.senses_moving
    )


def hidden(view: HomeView) -> bool:
    """Whether she may be where she is not seen as usual, in a home in which that says something.

    That is a room into which people get from where she was seen last, if it misses its visits; and this
    place itself, if a motion sensor of it is down and only a bed or a chair still reports.
    """
    if view.activity.density(view.plan) < HIDDEN_FROM:
        return False
    return view.pauses.hidden or _dimmed(view)


def _dimmed(view: HomeView) -> bool:
    """Whether a motion sensor of the place of the last movement is down."""
    place, seen = view.pauses.place, view.coverage
    return any(
        one.context == place
        and one.placement is Placement.ROOM
        and seen.silence_s(one, view.now) > seen.silent_limit_s(one)
        for one in view.plan.devices
    )


def zone_of(view: HomeView) -> Zone:
    """Return the class of the place of the last movement: a bedroom is no bed while its bed is seen empty."""
    zone, last = view.pauses.zone, view.activity.last_at
    if zone is not Zone.BED or view.pauses.in_bed or last is None:
        return zone
    seen = view.coverage
    beds = [one for one in view.plan.devices if one.placement is Placement.BED]
    live = all(seen.silence_s(one, last) <= seen.silent_limit_s(one) for one in beds)
    return Zone.OTHER if beds and live else zone


def once_in_days(view: HomeView, still_s: float) -> float:
    """Return in how many days a stillness like this one is expected once."""
    at = view.now if view.activity.last_at is None else view.activity.last_at
    per_day = view.pauses.per_day(view.local, prior(view, at, zone_of(view)), still_s)
    return 1.0 / max(per_day, 1e-9)


def prior(view: HomeView, at: float, zone: Zone) -> Prior:
    """Return what is expected of this home before it has shown its habits (0110).

    A sparsely sensed home seems still three times longer than a densely sensed one.
    """
    hour = view.local.hour(at)
    night = hour >= _PRIOR_NIGHT_H[0] or hour < _PRIOR_NIGHT_H[1]
    dense = POPULATION[zone][night]
    stretch = math.exp(math.log(_STRETCH) * (1.0 - round(view.activity.density(view.plan), 1)))
    return Prior(dense.per_h, dense.median_min * stretch, dense.sigma)


def floor_s(view: HomeView, zone: Zone) -> float:
    """Shortest stillness in seconds that is ever told (docs/decisions/0042)."""
    dense = DENSE_FLOOR_S[zone]
    sparse = max(SPARSE_FLOOR_S, dense)
    return float(sparse * (dense / sparse) ** view.activity.density(view.plan))


def cap_s(view: HomeView, start: float, zone: Zone) -> float:
    """Longest bearable stillness in seconds, whatever was learned (docs/decisions/0042).

    The caps of a densely sensed home would alarm all day in a home with eight sensors: between the two
    it goes by the logarithm of how densely this home is sensed.
    """
    hour = view.local.hour(start)
    night = hour >= NIGHT_H[0] or hour < NIGHT_H[1]
    sparse = SPARSE_NIGHT_CAP_S if night else SPARSE_DAY_CAP_S
    dense = (DENSE_NIGHT_CAP_S if night else DENSE_CAP_S)[zone]
    return float(sparse * (dense / sparse) ** view.activity.density(view.plan))
