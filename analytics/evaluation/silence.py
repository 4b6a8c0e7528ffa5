"""How rules of silence do on a record: false alarms on it as it is, delays of silences put into it. Pure.

Beside the product stand rules that any detector must beat: fixed limits, the person's own past maximum by
the hour, the person's own past without hour or room, and alarms that listen to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from analytics.evaluation.controls import FIXED_H, at_random, periodic
from analytics.evaluation.injection import WINDOW_S, Silence
from analytics.evaluation.scoring import bootstrap, poisson_interval
from analytics.evaluation.streams import BLIND_S, Floats, HomeRecord
from analytics.features.localtime import LocalTime

FOUND_WITHIN_S = 12 * 3600.0
"""The published cap: by then each silence is to be told."""
BUFFER = 1.25
WEEK_S = 7 * 86400.0


def delays(silences: Sequence[Silence], found: Sequence[float | None]) -> dict[str, Any]:
    """Return how many silences were found within 12 h, and how soon; a miss counts as 14 h.

    Parameters
    ----------
    found
        Delay of each in seconds.
    """
    hours = np.array([WINDOW_S if one is None else min(one, WINDOW_S) for one in found]) / 3600.0
    day = np.array([one.by_day for one in silences], bool)
    return {
        "injected": len(hours),
        "detected": int((hours <= FOUND_WITHIN_S / 3600.0).sum()),
        "delay_h": {
            "day_mean": _mean(hours[day]),
            "day_median": _quantile(hours[day], 0.5),
            "day_p90": _quantile(hours[day], 0.9),
            "night_mean": _mean(hours[~day]),
            "night_p90": _quantile(hours[~day], 0.9),
            "mean": _mean(hours),
            "longest": _quantile(hours, 1.0),
        },
    }


def rated(counts: Sequence[int], weeks: Sequence[float]) -> dict[str, Any]:
    """Return a rate of false alarms with its exact interval and that of resampled homes."""
    count, exposure = sum(counts), sum(weeks)
    many, long = np.array(counts, float), np.array(weeks)
    over_homes = bootstrap(len(counts), lambda drawn: float(many[drawn].sum() / long[drawn].sum()))
    return {
        "false": count,
        "false_per_week": count / exposure,
        "false_per_week_interval": poisson_interval(count, exposure),
        "false_per_week_interval_over_homes": over_homes,
    }


def delay_interval(silences: Sequence[Sequence[Silence]]) -> tuple[float, float]:
    """Return the interval of the mean delay by day, in hours, under resampling of homes."""
    by_home = [
        [min(one.delay_s or WINDOW_S, WINDOW_S) / 3600.0 for one in home if one.by_day]
        for home in silences
    ]
    sums = np.array([sum(one) for one in by_home])
    sizes = np.array([len(one) for one in by_home])
    return bootstrap(len(sums), lambda drawn: float(sums[drawn].sum() / max(sizes[drawn].sum(), 1)))


def controls(
    records: Sequence[HomeRecord],
    silences: Sequence[Sequence[Silence]],
    per_week: float,
    seed: int,
) -> dict[str, Any]:
    """Return what simple rules do, in the shape of the product's figures.

    Parameters
    ----------
    per_week
        Rate of the product's false alarms, at which the blind ones run and history alone is set.
    """
    found: dict[str, Any] = {}
    for hours in FIXED_H:
        found[f"fixed_{hours:g}h"] = _by_limit(records, silences, partial(fixed_s, hours=hours))
    found["max_plus_buffer"] = _by_limit(records, silences, past_maximum_s)
    found["history_only"] = _by_limit(records, silences, lambda one: own_past_s(one, per_week))
    per_s = max(per_week, 1e-3) / WEEK_S
    found["random"] = _blind(
        records,
        silences,
        lambda one, number: at_random(*_span(one), per_s, seed * 1000 + number),
    )
    found["periodic"] = _blind(
        records, silences, lambda one, number: periodic(*_span(one), per_s) + 3600.0 * number
    )
    return found


def fixed_s(record: HomeRecord, hours: float) -> Floats:
    """Return one limit for all times and places, per event."""
    return np.full(len(record.at), hours * 3600.0)


def past_maximum_s(record: HomeRecord) -> Floats:
    """Return the longest pause so far that began in the same local hour, and a quarter, per event."""
    local, longest = LocalTime(record.plan.zone), np.zeros(24)
    limits = np.empty(len(record.at))
    for place, gap in enumerate(np.append(np.diff(record.at), 0.0)):
        hour = int(local.hour(float(record.at[place])))
        limits[place] = BUFFER * longest[hour] or FOUND_WITHIN_S
        if gap < BLIND_S:
            longest[hour] = max(gap, longest[hour])
    return limits


def own_past_s(record: HomeRecord, per_week: float) -> Floats:
    """Return the length that the person's own pauses have outlasted ``per_week`` times a week so far."""
    gaps = np.append(np.diff(record.at), 0.0)
    days = ((record.at - record.at[0]) // 86400.0).astype(int)
    limits = np.full(len(gaps), FOUND_WITHIN_S)
    for day in range(7, int(days[-1]) + 1):
        before = gaps[(days < day) & (gaps < BLIND_S)]
        allowed = max(round(per_week * day / 7.0), 1)
        if len(before) > allowed:
            limits[days == day] = np.sort(before)[-allowed]
    return limits


def _by_limit(
    records: Sequence[HomeRecord],
    silences: Sequence[Sequence[Silence]],
    limits_of: Callable[[HomeRecord], Floats],
) -> dict[str, Any]:
    counts, found, drawn = [], [], []
    for record, home in zip(records, silences, strict=True):
        limits, gaps = limits_of(record), np.append(np.diff(record.at), 0.0)
        warm = record.at >= record.warm_until
        counts.append(int((warm & (gaps > limits) & (gaps < BLIND_S)).sum()))
        for one in home:
            place = int(np.searchsorted(record.at, one.at, side="right")) - 1
            found.append(max(float(limits[place] - (one.at - record.at[place])), 0.0))
            drawn.append(one)
    return rated(counts, [one.days / 7.0 for one in records]) | delays(drawn, found)


def _blind(
    records: Sequence[HomeRecord],
    silences: Sequence[Sequence[Silence]],
    alarms_of: Callable[[HomeRecord, int], Floats],
) -> dict[str, Any]:
    counts, found, drawn = [], [], []
    for number, (record, home) in enumerate(zip(records, silences, strict=True)):
        alarms = alarms_of(record, number)
        counts.append(int(((alarms < record.at[-1]) & (alarms >= record.warm_until)).sum()))
        for one in home:
            place = int(np.searchsorted(alarms, one.at))
            found.append(float(alarms[place] - one.at) if place < len(alarms) else None)
            drawn.append(one)
    return rated(counts, [one.days / 7.0 for one in records]) | delays(drawn, found)


def _span(record: HomeRecord) -> tuple[float, float]:
    return record.warm_until, float(record.at[-1]) + 4 * WEEK_S


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _quantile(values: Floats, share: float) -> float | None:
    return float(np.quantile(values, share)) if len(values) else None
