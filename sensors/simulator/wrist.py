"""How a wrist moves: minutes with and without movement, by what somebody does.

Spells of movement and of rest follow each other; both are lognormal. The numbers are chosen such that the
minutes of the day and of the night are those of Depresjon (19 recordings of activity counts at the wrist;
runs of two hours and more without any are taken as not worn): how many minutes have movement, and how long
rests last, by part of the day (docs/decisions/0230). How somebody who lies on the floor moves it is known of
nobody: as asleep, and as somebody who sits if she can stir. That is our judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from sensors.simulator.behaviour import OUTSIDE, Activity, Stay
from sensors.simulator.episodes import Episode
from sensors.simulator.rows import Floats

MINUTE_S = 60.0
SPREAD = 0.3
"""Between persons and days, of the logarithm of how long a wrist rests."""
STAY_SPREAD = 0.3
"""The same between one stay and the next: some sit without lifting a hand."""


class Spells(NamedTuple):
    """Median in minutes and standard deviation of the logarithm of spells of movement and of rest."""

    moves: tuple[float, float]
    rests: tuple[float, float]


ASLEEP = Spells((0.8, 1.4), (5.0, 1.0))
SETTLING = Spells((4.0, 1.0), (2.0, 1.0))
SITTING = Spells((8.0, 1.2), (1.2, 1.0))
BUSY = Spells((10.0, 1.1), (1.3, 0.45))
_SPELLS = {
    Activity.SLEEP: ASLEEP,
    Activity.DOZE: ASLEEP,
    Activity.LIE: ASLEEP,
    Activity.SETTLE: SETTLING,
    Activity.RELAX: SITTING,
    Activity.EAT: SITTING,
    Activity.WORK: SITTING,
}
LONGEST_REST_MIN = 110.0
"""What is longer in Depresjon, but for two in a thousand hours, is taken as not worn."""


def moving_minutes(
    stays: Sequence[Stay], episodes: Sequence[Episode], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the edges of the minutes of a day, in seconds, and which of them have movement (0 or 1)."""
    start, end = stays[0].start, stays[-1].end
    factor = float(np.exp(SPREAD * rng.normal()))
    since, until = [], []
    for spells, some in groupby(stays, lambda stay: _spells(stay, episodes)):
        part = list(some)
        slower = factor * float(np.exp(STAY_SPREAD * rng.normal()))
        moved = _moves(spells, part[0].start, part[-1].end, slower, rng)
        since.append(moved[0])
        until.append(moved[1])
    begun, over = np.concatenate(since), np.concatenate(until)
    edges = np.arange(start - start % MINUTE_S, end + MINUTE_S, MINUTE_S)
    # seconds of movement before each edge: a step up for each spell, linear within it
    bounds = np.column_stack((begun, over)).ravel()
    spent = np.concatenate(([0.0], np.cumsum(over - begun)))
    levels = np.column_stack((spent[:-1], spent[1:])).ravel()
    moving = np.diff(np.interp(edges, bounds, levels)) > 0.0
    return edges, moving.astype(float)


def _spells(stay: Stay, episodes: Sequence[Episode]) -> Spells:
    if stay.room == OUTSIDE:
        return BUSY
    if stay.activity is Activity.LIE and any(
        one.how == "faint" and one.overlaps(stay.start, stay.end) for one in episodes
    ):
        return SITTING
    return _SPELLS.get(stay.activity, BUSY)


def _moves(
    spells: Spells, start: float, end: float, factor: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return beginnings and ends of the spells of movement between two moments."""
    typical = spells.moves[0] + spells.rests[0]
    at, since, until = start, [], []
    while at < end:
        count = 8 + int(1.2 * (end - at) / MINUTE_S / typical)
        moves = MINUTE_S * _drawn(spells.moves, count, rng)
        rests = MINUTE_S * np.minimum(factor * _drawn(spells.rests, count, rng), LONGEST_REST_MIN)
        ends = at + np.cumsum(moves + rests)
        since.append(ends - moves)
        until.append(ends)
        at = float(ends[-1])
    begun, over = np.concatenate(since), np.concatenate(until)
    inside = begun < end
    return begun[inside], np.minimum(over[inside], end)


def _drawn(spell: tuple[float, float], count: int, rng: np.random.Generator) -> Floats:
    median, spread = spell
    drawn: Floats = median * np.exp(spread * rng.normal(size=count))
    return drawn
