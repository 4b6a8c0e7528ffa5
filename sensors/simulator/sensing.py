"""What sensors make of it: ranges, blind times, misses, phantoms. Knows nothing of habits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.model.quantity import Quantity
from sensors.simulator.behaviour import IN_BED, Activity, Stay
from sensors.simulator.layouts import Layout
from sensors.simulator.rows import Floats, Rows, rows, together
from sensors.simulator.walking import Movements, Passage

MOTIONS_PER_MINUTE = {
    Activity.SLEEP: 0.15,
    Activity.TOILET: 1.5,
    Activity.WASH: 3.0,
    Activity.MEAL: 11.5,
    Activity.EAT: 3.4,
    Activity.RELAX: 1.74,
    Activity.WORK: 3.8,
    Activity.POTTER: 6.7,
    Activity.OUT: 0.0,
    Activity.DOZE: 0.26,
    Activity.WALK: 11.5,
    Activity.LIE: 0.0,
    Activity.SETTLE: 2.3,
}
"""Movements a minute that sensors all over the room see, the median over stays (CASAS Aruba, detection.md
§11; dozing, settling and washing are our judgement)."""
PHANTOMS_OF_TIHM = 0.006
"""An hour and sensor: with ten times that, pauses after a movement at night would not be as short as
they are there."""
STAY_SPREAD = 0.62
"""Of the logarithm of liveliness from stay to stay: somebody sits in a corner, or tidies up."""
BURSTINESS = 0.26
BURSTINESS_IN_BED = 0.19
"""Shapes of the gamma renewal processes between movements; below 1 they come in bursts."""
MISS_SHARE = 0.02
JITTER_S = 2.0
DOOR_OPEN = ((2.6, 1.1), (3.7, 1.3))
"""Of the logarithm of the seconds for which a door that leads out stands open: the front door, any other."""
SHORTEST_OPEN_S, LONGEST_OPEN_S = 1.0, 900.0
_RATES = np.array([MOTIONS_PER_MINUTE[one] for one in Activity]) / 60.0
_IN_BED = np.array([one in IN_BED for one in Activity])


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """A model of motion sensor."""

    #: Seconds for which it sees nothing more after it has seen something.
    blind_s: float
    #: Seconds after which it says that it is over; 0 if it never does.
    hold_s: float
    #: True if movement prolongs the motion instead of being unseen.
    prolongs: bool = False

    def sees(self, times: Floats) -> tuple[Floats, Floats]:
        """Return when motion begins and ends, of movements in order of time."""
        if not len(times):
            return times, times
        if self.prolongs:
            first = np.concatenate(([True], np.diff(times) > self.hold_s))
            last = np.concatenate((first[1:], [True]))
            return times[first], times[last] + self.hold_s
        began = np.array(_spaced(times.tolist(), self.blind_s))
        return began, began + self.hold_s if self.hold_s else began[:0]


EYES = (
    Eye(blind_s=5.0, hold_s=5.0, prolongs=True),
    Eye(blind_s=60.0, hold_s=60.0),
    Eye(blind_s=90.0, hold_s=90.0),
    Eye(blind_s=240.0, hold_s=30.0),
)
EYE_OF_TIHM = Eye(blind_s=61.0, hold_s=0.0)
"""Activations only, never two within a minute, as in the TIHM record."""


def _spaced(times: list[float], blind_s: float) -> list[float]:
    seen, index, count = [], 0, len(times)
    while index < count:
        at = times[index]
        seen.append(at)
        index = bisect_left(times, at + blind_s, index + 1)
    return seen


def staying(
    stays: Sequence[Stay],
    lively: tuple[float, float],
    sight: Sequence[float],
    rng: np.random.Generator,
    view_spread: float = 0.0,
) -> Movements:
    """Return the movements of somebody who stays in rooms: one renewal process of changing pace.

    Parameters
    ----------
    lively
        Factors on the movements while awake and in bed.
    sight
        Share of the movements that is seen, by room.
    view_spread
        Of the logarithm of it from stay to stay: one sensor does not see every chair.
    """
    kinds = np.array([stay.activity for stay in stays])
    rates = _RATES[kinds] * np.where(_IN_BED[kinds], lively[1], lively[0])
    rates = rates * np.exp(STAY_SPREAD * rng.normal(size=len(rates)))
    rooms = np.array([stay.room for stay in stays])
    bounds = np.array([stays[0].start, *(stay.end for stay in stays)])
    rates = rates * np.diff(bounds)
    in_bed = _IN_BED[kinds]
    awake = _renewed(np.where(in_bed, 0.0, rates), bounds, BURSTINESS, rng)
    asleep = _renewed(np.where(in_bed, rates, 0.0), bounds, BURSTINESS_IN_BED, rng)
    at = np.concatenate((awake, asleep))
    stay = np.searchsorted(bounds, at, "right") - 1
    view = np.array([*sight, 0.0])[rooms] * np.exp(view_spread * rng.normal(size=len(rooms)))
    seen = rng.random(len(at)) < view[stay]
    return Movements(at=at[seen], room=rooms[stay[seen]])


def passing(walked: Movements, seen: Sequence[float], rng: np.random.Generator) -> Movements:
    """Return what sensors see of somebody on her way; ``seen`` is the share by room, all when empty."""
    if not seen:
        return walked
    kept = rng.random(len(walked.at)) < np.array(seen)[walked.room]
    return Movements(at=walked.at[kept], room=walked.room[kept])


def _renewed(amounts: Floats, bounds: Floats, shape: float, rng: np.random.Generator) -> Floats:
    """Return the times of a gamma renewal process with so many expected events between bounds."""
    amount = np.concatenate(([0.0], np.cumsum(amounts)))
    gaps = rng.gamma(shape, 1.0 / shape, size=int(1.5 * amount[-1]) + 60)
    beats = np.cumsum(gaps)
    found: Floats = np.interp(beats[beats < amount[-1]], amount, bounds)
    return found


def phantoms(
    per_hour: float, layout: Layout, start: float, end: float, rng: np.random.Generator
) -> Movements:
    """Sensors that fire for nothing: a curtain over a heater, the sun."""
    count = int(rng.poisson(per_hour * (end - start) / 3600.0 * len(layout.rooms)))
    return Movements(
        at=rng.uniform(start, end, count), room=rng.integers(0, len(layout.rooms), count)
    )


def motion(seen: Movements, eyes: Sequence[tuple[int, int, Eye]], rng: np.random.Generator) -> Rows:
    """Return what the motion sensors say; ``eyes`` are (room, device, model)."""
    kept = rng.random(len(seen.at)) >= MISS_SHARE
    order = np.argsort(seen.at[kept], kind="stable")
    at, room = seen.at[kept][order], seen.room[kept][order]
    said = []
    for number, device, eye in eyes:
        began, ended = eye.sees(at[room == number])
        late = rng.uniform(0.0, JITTER_S, len(began))
        said += [
            rows(device, Quantity.MOTION, began + late, 1.0),
            rows(device, Quantity.MOTION, ended + late[: len(ended)], 0.0),
        ]
    return together(said)


def closings(opened: Floats, lasts: Floats) -> Floats:
    """Return when a door is shut, opened at times in order for so many seconds: before the next time."""
    until = np.append(opened[1:], np.inf) - opened
    shut: Floats = opened + np.minimum(lasts, 0.9 * until)
    return shut


def doors(passages: Sequence[Passage], devices: Sequence[int], rng: np.random.Generator) -> Rows:
    """Return what the sensors on the doors say; ``devices`` by door."""
    said = []
    for number, device in enumerate(devices):
        at = np.sort(np.array([one.at for one in passages if one.door == number]))
        mean, spread = DOOR_OPEN[min(number, 1)]
        lasts = rng.lognormal(mean, spread, len(at)).clip(SHORTEST_OPEN_S, LONGEST_OPEN_S)
        shut = closings(at, lasts)
        said += [rows(device, Quantity.CONTACT, at, 1.0), rows(device, Quantity.CONTACT, shut, 0.0)]
    return together(said)
