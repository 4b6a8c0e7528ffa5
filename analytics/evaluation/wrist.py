"""How lifelike the simulated wrist is: its minutes with movement beside those of real recordings.

A folder holds recordings of activity counts by the minute, such as those of Depresjon.
Runs of two hours and more without any count are taken as not worn; whose counts are hardly ever zero is left
out.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analytics.evaluation.actigraphy import recordings
from analytics.evaluation.calibration import START
from analytics.evaluation.recordings import read
from sensors.simulator.faults import PLAIN
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.recording import Recording
from sensors.simulator.wrist import moving_minutes

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
PARTS_H = ((0, 5), (5, 9), (9, 13), (13, 17), (17, 21), (21, 24))
UNWORN_MIN = 120
NEVER_ZERO = 0.99
"""Share of minutes with counts beyond which zeros are not to be had."""
_HOUR_MIN = 60.0


class Moved(NamedTuple):
    """One person's minutes: local hours of the day, and whether the wrist moved."""

    hour: Floats
    moves: Flags


def rests(moves: Flags) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return first minute and length of each run without movement.

    Examples
    --------
    >>> [one.tolist() for one in rests(np.array([True, False, False, True, False]))]
    [[1, 4], [2, 1]]
    """
    steps = np.diff(np.concatenate(([0], (~moves).astype(int), [0])))
    first = np.flatnonzero(steps == 1)
    return first, np.flatnonzero(steps == -1) - first


def real(folder: Path) -> list[Moved]:
    """Return the recordings of a folder."""
    found = [read(path) for path in recordings(folder)]
    moved = []
    for one in found:
        epochs = one.midnight + np.arange(len(one.activity), dtype=np.float64)
        minute = epochs * (one.epoch_s / 60.0)
        moved.append(Moved(minute % 1440.0 / _HOUR_MIN, np.nan_to_num(one.activity) > 0.0))
    return [one for one in moved if one.moves.mean() < NEVER_ZERO]


def simulated(count: int, days: int, seed: int) -> list[Moved]:
    """Return as many simulated people."""
    return [_person(seed + number, days) for number in range(count)]


def _person(seed: int, days: int) -> Moved:
    home = SimulatedHome.drawn(seed)
    span = (START, START + timedelta(days=days))
    record = Recording(home=home, span=span, circumstances=PLAIN)
    hours, moves = [], []
    for day in range(days):
        date = (START + timedelta(days=day)).date()
        rng = np.random.default_rng((seed, 26, date.toordinal()))
        edges, moving = moving_minutes(record.stays(date), (), rng)
        summer_h = START.astimezone(home.zone).utcoffset() or timedelta(0)
        hours.append((edges[:-1] + summer_h.total_seconds()) % 86400.0 / 3600.0)
        moves.append(moving > 0.0)
    return Moved(np.concatenate(hours), np.concatenate(moves))


def beside(first: list[Moved], second: list[Moved]) -> dict[str, Any]:
    """Return, by part of the day, shares of minutes with movement and how far apart the rests are."""
    return {f"{low:02}-{high:02} h": _part(first, second, low, high) for low, high in PARTS_H}


def _part(first: list[Moved], second: list[Moved], low: int, high: int) -> dict[str, float]:
    one, other = (_figures(some, low, high) for some in (first, second))
    lengths = range(1, UNWORN_MIN)
    apart = [abs(_shorter(one[1], at) - _shorter(other[1], at)) for at in lengths]
    return {
        "moving_simulated": round(one[0], 3),
        "moving_real": round(other[0], 3),
        "rests_ks": round(max(apart), 3),
    }


def _shorter(lengths: npt.NDArray[np.int64], at: int) -> float:
    return float((lengths <= at).mean()) if len(lengths) else 0.0


def _figures(some: list[Moved], low: int, high: int) -> tuple[float, npt.NDArray[np.int64]]:
    shares, found = [], []
    for one in some:
        first, length = rests(one.moves)
        worn = np.ones(len(one.moves), bool)
        for start, run in zip(first.tolist(), length.tolist(), strict=True):
            if run >= UNWORN_MIN:
                worn[start : start + run] = False
        part = (one.hour >= low) & (one.hour < high)
        shares.append(float(one.moves[part & worn].mean()))
        found.append(length[part[first] & (length < UNWORN_MIN)])
    return float(np.mean(shares)), np.concatenate(found)


def report(folder: Path, count: int, days: int, seed: int) -> dict[str, Any]:
    """Return simulated people beside the recordings of a folder."""
    people = real(folder)
    return {"recordings": len(people), "parts": beside(simulated(count, days, seed), people)}
