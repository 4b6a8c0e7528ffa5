"""What a watch says: steps, heart beats, how much it moved, whether it is worn, hard knocks and what follows.

Steps are those of the legs: who sits, eats or dozes takes none, and a few at the sink or in the bathroom; the
numbers are our judgement. How often the wrist moves meanwhile is measured (`sensors.simulator.wrist`).

Knocks of a fall are drawn such that the wrist rule finds as many of them as it finds in WEDA-FALL (87 %,
detection.md §6). How often daily life knocks a wrist is our judgement: no public set says it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.model.quantity import Quantity
from sensors.simulator.behaviour import IN_BED, OUTSIDE, Activity, Stay
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.rows import Floats, Rows, rows, together
from sensors.simulator.wrist import MINUTE_S, moving_minutes

REPORT_S = 900.0
KNOCKS_PER_HOUR = 0.5
"""Of 2.5 g and more, while awake."""
LEAST_G = 2.5
#: Median and spread of the logarithm of peak (g), tilt (degrees) and stillness (g).
DAILY = ((3.0, 0.25), (18.0, 0.8), (0.35, 0.6))
FALLEN = ((6.0, 0.4), (65.0, 0.45), (0.08, 0.5))
FOLLOW_S = (30.0, 60.0, 90.0, 120.0)
"""Reports of movement after a knock, each of the last 30 s."""
MOVING_G = {Activity.LIE: 0.012, Activity.SLEEP: 0.012, Activity.DOZE: 0.015, Activity.RELAX: 0.04}
BUSY_G = 0.14
CHARGED_S = 2700.0
_STEPS_PER_MINUTE = {
    Activity.POTTER: 25,
    Activity.WALK: 60,
    Activity.OUT: 45,
    Activity.MEAL: 12,
    Activity.TOILET: 8,
    Activity.WASH: 4,
}
FEWEST_STEPS = 8
"""Fewer in a quarter of an hour are not counted: algorithms at the wrist wait for a regular gait."""


def watch(
    stays: Sequence[Stay],
    episodes: Sequence[Episode],
    device: int,
    rng: np.random.Generator,
    moves: np.random.Generator,
) -> Rows:
    """Return all that it says in a day; before bed it is charged for a while.

    Parameters
    ----------
    moves
        Random numbers of their own for how the wrist moves.
    """
    start, end = stays[0].start, stays[-1].end
    bed = next((one.start for one in stays if one.activity in IN_BED), end)
    off, on = bed - CHARGED_S, bed
    knocks = _daily(stays, rng)
    falls = [one for one in episodes if one.kind is Kind.FALL and start <= one.start_s < end]
    said = [
        *_steady(stays, device, rng),
        _moved(stays, episodes, device, moves),
        *_knocks(knocks, DAILY, stays, device, rng),
        *_knocks(np.array([one.start_s for one in falls]), FALLEN, stays, device, rng),
    ]
    worn = together(said)
    worn = worn.only((worn.observed < off) | (worn.observed >= on))
    return together(
        [worn, rows(device, Quantity.WORN, [off], 0.0), rows(device, Quantity.WORN, [on], 1.0)]
    )


def _at(stays: Sequence[Stay], at: Floats) -> list[Stay]:
    bounds = np.array([one.end for one in stays])
    return [stays[min(number, len(stays) - 1)] for number in np.searchsorted(bounds, at, "right")]


def _steady(stays: Sequence[Stay], device: int, rng: np.random.Generator) -> list[Rows]:
    at, start = _reports(stays), stays[0].start
    pace = np.array([_STEPS_PER_MINUTE.get(one.activity, 0) for one in stays], dtype=float)
    quiet = np.array([one.activity in {*IN_BED, Activity.LIE} for one in stays])
    bounds = np.array([start, *(one.end for one in stays)])
    taken = np.concatenate(([0.0], np.cumsum(pace * np.diff(bounds) / 60.0)))
    steps = np.diff(np.interp(np.concatenate(([at[0] - REPORT_S], at)), bounds, taken))
    steps = (steps * rng.lognormal(0.0, 0.3, len(at))).round()
    counted = steps >= FEWEST_STEPS
    here = np.minimum(np.searchsorted(bounds, at, "right") - 1, len(stays) - 1)
    beats = np.where(quiet[here], 60.0, 74.0) + rng.normal(0.0, 5.0, len(at))
    return [
        rows(device, Quantity.STEPS, at[counted], steps[counted]),
        rows(device, Quantity.HEART_RATE, at, beats.round().clip(45, 130)),
    ]


def _reports(stays: Sequence[Stay]) -> Floats:
    start, end = stays[0].start, stays[-1].end
    return np.arange(start - start % REPORT_S + REPORT_S, end, REPORT_S)


def _moved(
    stays: Sequence[Stay], episodes: Sequence[Episode], device: int, rng: np.random.Generator
) -> Rows:
    """Return, at each report, in which share of the minutes since the last one it moved."""
    at = _reports(stays)
    edges, moving = moving_minutes(stays, episodes, rng)
    so_far = np.concatenate(([0.0], np.cumsum(moving)))
    bounds = np.concatenate(([max(at[0] - REPORT_S, edges[0])], at))
    share = np.diff(np.interp(bounds, edges, so_far)) * MINUTE_S / np.diff(bounds)
    return rows(device, Quantity.ACTIVITY, at, (100.0 * share).round())


def _daily(stays: Sequence[Stay], rng: np.random.Generator) -> Floats:
    awake = [one for one in stays if one.activity not in {*IN_BED, Activity.DOZE, Activity.LIE}]
    counts = rng.poisson([KNOCKS_PER_HOUR * (one.end - one.start) / 3600.0 for one in awake])
    return np.array(
        [
            rng.uniform(one.start, one.end)
            for one, count in zip(awake, counts.tolist(), strict=True)
            for _ in range(count)
        ]
    )


def _knocks(
    at: Floats,
    shape: tuple[tuple[float, float], ...],
    stays: Sequence[Stay],
    device: int,
    rng: np.random.Generator,
) -> list[Rows]:
    if not len(at):
        return []
    peak, tilt, stillness = (
        median * np.exp(spread * rng.normal(size=len(at))) for median, spread in shape
    )
    said = [
        rows(device, Quantity.IMPACT, at, peak.clip(LEAST_G, 15.0).round(2)),
        rows(device, Quantity.TILT, at, tilt.clip(0.0, 170.0).round(1)),
        rows(device, Quantity.STILLNESS, at, stillness.clip(0.005, 3.0).round(3)),
    ]
    for later in FOLLOW_S:
        moving = [_moving(one, rng) for one in _at(stays, at + later - 15.0)]
        said.append(rows(device, Quantity.MOVEMENT, at + later, np.array(moving)))
    return said


def _moving(stay: Stay, rng: np.random.Generator) -> float:
    usual = BUSY_G if stay.room == OUTSIDE else MOVING_G.get(stay.activity, BUSY_G)
    return round(float(usual * np.exp(0.4 * rng.normal())), 4)
