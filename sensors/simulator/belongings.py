"""Things that tell of her by being used: bed, fridge, stove, pendant. And what devices report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from core.model.quantity import Quantity
from sensors.simulator import homes
from sensors.simulator.behaviour import IN_BED, Activity, Stay
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.rows import Floats, Rows, rows, together
from sensors.simulator.sensing import closings

TURNS_PER_NIGHT = 0.3
"""Moments at which the mat loses her though she is in bed."""
FRIDGE_SHARE = 0.57
"""Share of meals for which the fridge is opened; and how often again, on average."""
FRIDGE_MORE = 1.09
FRIDGE_OPEN = (2.5, 0.8)
"""Of the logarithm of the seconds for which it stands open."""
COOKED_SHARE = 0.5
STOVE_W = 1500.0
REPORT_S = 3000.0
BATTERY_REPORT_S = 12 * 3600.0


def bed(stays: Sequence[Stay], device: int, rng: np.random.Generator) -> Rows:
    """Return when the bed is occupied."""
    inside = [one for one in stays if one.activity in IN_BED]
    starts = [one.start for one in inside]
    ends = [one.end for one in inside]
    into = [at + 20.0 for at in starts if at not in set(ends)]
    out = [at for at in ends if at not in set(starts)]
    turns = [
        rng.uniform(one.start, one.end)
        for one in inside
        for _ in range(int(rng.poisson(TURNS_PER_NIGHT * (one.end - one.start) / 28800.0)))
    ]
    turns = [at for at in turns if all(abs(at - edge) > 120.0 for edge in (*into, *out))]  # noqa: PLR2004
    back = [at + rng.uniform(5.0, 30.0) for at in turns]
    return together(
        [
            rows(device, Quantity.BED, np.array([*into, *back]), 1.0),
            rows(device, Quantity.BED, np.array([*out, *turns]), 0.0),
        ]
    )


def fridge(stays: Sequence[Stay], device: int, rng: np.random.Generator) -> Rows:
    """Return when the fridge is opened and closed: again and again while something is prepared."""
    meals = [one for one in stays if one.activity is Activity.MEAL and rng.random() < FRIDGE_SHARE]
    opened = np.sort(
        [
            rng.uniform(one.start, one.end)
            for one in meals
            for _ in range(int(1 + rng.poisson(FRIDGE_MORE)))
        ]
    )
    closed = closings(opened, rng.lognormal(*FRIDGE_OPEN, len(opened)))
    return together(
        [rows(device, Quantity.CONTACT, opened, 1.0), rows(device, Quantity.CONTACT, closed, 0.0)]
    )


def stove(
    stays: Sequence[Stay], episodes: Sequence[Episode], device: int, rng: np.random.Generator
) -> Rows:
    """Return the power that the stove draws: at each change and every ten minutes while on."""
    spans = [
        (one.start + 30.0, max(one.end - 20.0, one.start + 60.0))
        for one in stays
        if one.activity is Activity.MEAL
        and one.end - one.start > 480.0  # noqa: PLR2004
        and rng.random() < COOKED_SHARE
    ]
    left_on = [one for one in episodes if one.kind is Kind.APPLIANCE]
    start, end = stays[0].start, stays[-1].end
    spans += [(one.start_s, one.end_s) for one in left_on if start <= one.start_s < end]
    said = [rows(device, Quantity.POWER, np.array([until for _, until in spans]), 0.0)]
    for since, until in spans:
        at = np.arange(since, until, 600.0)
        watts = STOVE_W * rng.uniform(0.8, 1.2) * rng.uniform(0.95, 1.05, len(at))
        said.append(rows(device, Quantity.POWER, at, watts.round()))
    return together(said)


def pendant(episodes: Sequence[Episode], device: int, start: float, end: float) -> Rows:
    """Return the presses for help."""
    calls = [one.start_s for one in episodes if one.kind is Kind.SOS]
    return rows(device, Quantity.SOS, np.array([at for at in calls if start <= at < end]), 1.0)


def reports(equipment: homes.Equipment, start: float, end: float, seed: int) -> Rows:
    """Return what devices say of themselves, each at its own minute: link often, battery twice a day."""
    said = []
    for number, device in enumerate(equipment.devices):
        if device in {homes.HUB, homes.PENDANT}:
            continue
        battery, link, first, second = _own(seed, number)
        every = homes.BED_HEARTBEAT_S if device == homes.BED else REPORT_S
        at = _grid(start, end, every, first * every)
        if device == homes.BED:
            said.append(rows(number, Quantity.BATTERY, at, 91.0))
            continue
        if device not in homes.WORN:
            said.append(rows(number, Quantity.LINK_QUALITY, at, link))
        at = _grid(start, end, BATTERY_REPORT_S, second * BATTERY_REPORT_S)
        said.append(rows(number, Quantity.BATTERY, at, round(battery)))
    return together(said)


@lru_cache(maxsize=256)
def _own(seed: int, number: int) -> tuple[float, float, float, float]:
    """Return what is a device's own: battery, link, and when in their turn it reports both, from 0 to 1."""
    rng = np.random.default_rng((seed, 13, number))
    battery, link = float(rng.uniform(60.0, 100.0)), float(rng.integers(60, 200))
    return battery, link, float(rng.random()), float(rng.random())


def _grid(start: float, end: float, every: float, phase: float) -> Floats:
    first = np.ceil((start - phase) / every)
    steps = np.arange(first, np.ceil((end - phase) / every), dtype=np.float64)
    return phase + every * steps
