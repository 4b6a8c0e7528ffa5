"""What an episode does to a day: stays that are cut and put in, and days that are other than usual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from sensors.simulator.behaviour import OUTSIDE, Activity, Stay
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.layouts import Layout
from sensors.simulator.people import Mood

_WALKS = frozenset({Kind.NIGHT_WANDERING, Kind.PACING})
_IN_PLACE = {
    Kind.DOOR_AT_NIGHT: Activity.OUT,
    Kind.LOST: Activity.OUT,
    Kind.NOT_BACK: Activity.OUT,
    Kind.HOLIDAY: Activity.OUT,
    Kind.HOSPITAL: Activity.OUT,
    Kind.LONG_LIE: Activity.LIE,
    Kind.FALL: Activity.LIE,
    Kind.OVERSTAY: Activity.DOZE,
    Kind.LATE_RISE: Activity.SLEEP,
    Kind.APPLIANCE: Activity.RELAX,
}
_ROOMS = {Kind.OVERSTAY: "Bathroom", Kind.LATE_RISE: "Bedroom", Kind.APPLIANCE: "Lounge"}
_DWELL_S = {"pacing": (4.0, 0.4), "lapping": (3.0, 0.4), "random": (12.0, 0.9)}
"""Median and spread of the logarithm of the seconds in each room, by pattern."""
#: (bathroom, kitchen, trips at night) by severity.
_BATHROOM = ((1.2, 0.95, 1.1), (1.5, 0.75, 1.6), (1.9, 0.6, 2.2), (2.4, 0.5, 3.0))
#: (speed, outings, liveliness) at the end, by severity.
_DECLINE = ((0.97, 0.9, 1.0), (0.87, 0.65, 0.95), (0.77, 0.45, 0.9), (0.65, 0.25, 0.85))


def mood(episodes: Iterable[Episode], day: date) -> Mood:
    """Return what a day has more or less of because of the episodes that last for days."""
    feels = Mood()
    for one in episodes:
        gone = (day - one.at.date()).days
        share = min(max(gone / max(one.lasts.days, 1), 0.0), 1.0)
        if one.kind is Kind.BATHROOM_CHANGE and 0 <= gone < one.lasts.days:
            bathroom, kitchen, trips = _BATHROOM[one.severity]
            feels = feels.times(Mood(bathroom=bathroom, kitchen=kitchen, night_trips=trips))
        elif one.kind is Kind.DECLINE and gone >= 0:
            speed, outgoing, lively = (end**share for end in _DECLINE[one.severity])
            feels = feels.times(Mood(speed=speed, outgoing=outgoing, lively=lively))
    return feels


def enacted(
    stays: Sequence[Stay], episodes: Iterable[Episode], layout: Layout, speed_m_s: float, seed: int
) -> list[Stay]:
    """Return the stays of a day as they are with ``episodes``."""
    changed = list(stays)
    for one in episodes:
        start, end = changed[0].start, changed[-1].end
        if not one.overlaps(start, end):
            continue
        put_in = _stays(one, changed, layout, speed_m_s, seed)
        changed = _replaced(changed, _clipped(put_in, start, end))
    return changed


def _stays(
    one: Episode, day: Sequence[Stay], layout: Layout, speed_m_s: float, seed: int
) -> list[Stay]:
    if one.kind in _WALKS:
        return _walked(one, layout, speed_m_s, np.random.default_rng((seed, 3, int(one.start_s))))
    activity = _IN_PLACE.get(one.kind)
    if activity is None:
        return []
    name = one.room or _ROOMS.get(one.kind, "")
    if activity is Activity.OUT:
        room = OUTSIDE
    elif name:
        room = layout.index[name]
    else:
        here = next((stay.room for stay in day if stay.end > one.start_s), OUTSIDE)
        room = layout.index["Hall"] if here == OUTSIDE else here
    return [Stay(activity, room, one.start_s, one.end_s)]


def _walked(one: Episode, layout: Layout, speed_m_s: float, rng: np.random.Generator) -> list[Stay]:
    pattern = one.how or "random"
    route = _route(pattern, layout, rng)
    median, spread = _DWELL_S[pattern]
    now, stays, before = one.start_s, [], route[0]
    step = 0
    while now < one.end_s:
        room = route[step % len(route)] if pattern != "random" else _elsewhere(before, layout, rng)
        way = layout.paths[before, room]
        walked = way[-1][1] / speed_m_s if way else 0.0
        until = now + walked + median * float(np.exp(spread * rng.normal()))
        stays.append(Stay(Activity.WALK, room, now, min(until, one.end_s)))
        now, before, step = until, room, step + 1
    return stays


def _route(pattern: str, layout: Layout, rng: np.random.Generator) -> list[int]:
    count = len(layout.rooms)
    start = int(rng.integers(count))
    if pattern == "pacing":
        return [start, _elsewhere(start, layout, rng)]
    if pattern == "lapping":
        others = [room for room in rng.permutation(count).tolist() if room != start]
        return [start, *others[:2]]
    return [start]


def _elsewhere(room: int, layout: Layout, rng: np.random.Generator) -> int:
    near = [other for other, _ in layout.near[room]]
    if rng.random() < 0.75:  # noqa: PLR2004 (mostly next door)
        return near[int(rng.integers(len(near)))]
    return int((room + 1 + rng.integers(len(layout.rooms) - 1)) % len(layout.rooms))


def _clipped(stays: Sequence[Stay], start: float, end: float) -> list[Stay]:
    inside = [one for one in stays if one.start < end and one.end > start]
    return [one._replace(start=max(one.start, start), end=min(one.end, end)) for one in inside]


def _replaced(stays: Sequence[Stay], put_in: Sequence[Stay]) -> list[Stay]:
    if not put_in:
        return list(stays)
    start, end = put_in[0].start, put_in[-1].end
    before = [one._replace(end=min(one.end, start)) for one in stays if one.start < start]
    after = [one._replace(start=max(one.start, end)) for one in stays if one.end > end]
    return [*before, *put_in, *after]
