"""The figures of a simulated study one by one, and the table of detection.md (b) with what was reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from analytics.evaluation.controls import FIXED_H
from analytics.evaluation.scoring import bootstrap, poisson_interval, share_interval
from analytics.evaluation.tally import (
    MERGE_S,
    SHOULD,
    Count,
    Expected,
    counted,
    explained,
)
from analytics.evaluation.watching import SILENT_FOR, Silence, Thread, Watched
from core.model.finding import Audience, Severity
from sensors.simulator.episodes import Kind

HOUR_S = 3600.0
DAY_S = 86400.0
WEEK_S = 7 * DAY_S
LONG_LIE_S = HOUR_S
SURE_AFTER_S = 3 * HOUR_S
RARE_DAYS = 28.0
OF_LIES = SHOULD[Kind.LONG_LIE][0]
_REPLICATES = 500


# Intervals


def by_homes(values: Sequence[tuple[float, float]]) -> list[float | None]:
    """Return the bootstrap interval over homes of a ratio of sums; None without a home."""
    if not values:
        return [None, None]
    table = np.array(values, dtype=float)

    def ratio(drawn: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        above, below = table[drawn].sum(axis=0)
        return float(above / below) if below else float("nan")

    return list(bootstrap(len(table), ratio, replicates=_REPLICATES))


def rate(count: int, weeks: float) -> dict[str, Any]:
    """Return a rate a week with its exact interval."""
    return {
        "count": count,
        "per_week": count / weeks,
        "interval": list(poisson_interval(count, weeks)),
    }


def weeks_of(home: Watched) -> float:
    """Return how many weeks of a home are counted."""
    return (home.end - home.start) / WEEK_S


# Inactivity at full density


def silence(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return how soon injected silences are told, misses as the longest watched."""
    found = [one for home in watched for one in home.silences]
    parts: dict[str, Callable[[Silence], bool]] = {
        "day": lambda one: not one.night,
        "night": lambda one: one.night,
    }
    return {
        "injected": len(found),
        "detected": sum(one.delay_s is not None for one in found),
        "within_12_h": sum(one.delay_s is not None and one.delay_s <= 12 * HOUR_S for one in found),
        "delay_h": {
            f"{part}_{name}": value
            for part, chosen in parts.items()
            for name, value in _hours([one for one in found if chosen(one)]).items()
        },
        "by": {
            name: sum(one.by == name for one in found) for name in sorted({one.by for one in found})
        },
    }


def _hours(found: Sequence[Silence]) -> dict[str, float | None]:
    longest = SILENT_FOR.total_seconds()
    hours = [(one.delay_s if one.delay_s is not None else longest) / HOUR_S for one in found]
    if not hours:
        return {"mean": None, "p90": None}
    return {"mean": float(np.mean(hours)), "p90": float(np.quantile(hours, 0.9))}


# Lies


def long_lie(watched: Sequence[Watched], counts: Sequence[Count], weeks: float) -> dict[str, Any]:
    """Return how many lies of an hour and more are told within one and three hours, by anybody."""
    found = [
        one
        for count in counted(watched, any_detector=True)
        for one in count.expected
        if one.kind in {Kind.LONG_LIE, Kind.FALL}
        and one.episode.lasts.total_seconds() >= LONG_LIE_S
    ]
    waking = [one for one in found if 7 <= one.episode.at.hour < 21]  # noqa: PLR2004
    return {
        name: {
            "within_1_h": _within(some, LONG_LIE_S),
            "within_3_h": _within(
                [one for one in some if one.episode.lasts.total_seconds() >= SURE_AFTER_S],
                SURE_AFTER_S,
            ),
        }
        for name, some in (
            ("waking", waking),
            ("waking_without_a_stir", [one for one in waking if one.episode.how != "faint"]),
            ("all", found),
        )
    } | {"false": rate(sum(map(_told_lies, counts)), weeks)}


def _told_lies(count: Count) -> int:
    """Count silences told for nothing: what the rooms and a watch say of one of them counts once."""
    onsets = sorted(one.onset for name in OF_LIES for one in count.false.get(name, ()))
    return sum(number == 0 or at - onsets[number - 1] > MERGE_S for number, at in enumerate(onsets))


def _within(found: Sequence[Expected], limit_s: float) -> dict[str, Any]:
    hits = sum(one.delay_s is not None and one.delay_s <= limit_s + 1.0 for one in found)
    return {
        "lies": len(found),
        "share": hits / len(found) if found else None,
        "interval": list(share_interval(hits, len(found))),
    }


# The rest


def occupancy(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return minutes in which she was out or at home, and what was believed."""
    total = {
        key: sum(home.minutes.get(key, 0) for home in watched)
        for key in ("away_as_away", "away_as_home", "home_as_away", "home_as_home")
    }
    away = total["away_as_away"] + total["away_as_home"]
    here = total["home_as_home"] + total["home_as_away"]
    return {
        "sensitivity": total["away_as_away"] / max(away, 1),
        "specificity": total["home_as_home"] / max(here, 1),
        "sensitivity_interval_homes": by_homes(
            [
                (
                    home.minutes["away_as_away"],
                    home.minutes["away_as_away"] + home.minutes["away_as_home"],
                )
                for home in watched
            ]
        ),
        "minutes": total,
    }


def visitor(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return minutes with somebody else there or not, and what was believed, in all and by home."""
    keys = ("alone_as_alone", "alone_as_visited", "visited_as_alone", "visited_as_visited")
    total = {key: sum(home.visits.get(key, 0) for home in watched) for key in keys}
    return _visited(total) | {
        "minutes": total,
        "homes": {str(home.seed): _visited(home.visits) for home in watched},
    }


def _visited(minutes: dict[str, int]) -> dict[str, float | None]:
    """Return None for what never was."""
    hit, missed = minutes.get("visited_as_visited", 0), minutes.get("visited_as_alone", 0)
    left, false = minutes.get("alone_as_alone", 0), minutes.get("alone_as_visited", 0)
    return {
        "sensitivity": hit / (hit + missed) if hit + missed else None,
        "specificity": left / (left + false) if left + false else None,
        # the base rate is low: most of the time believed to be visited may be hers alone
        "precision": hit / (hit + false) if hit + false else None,
    }


def budget(counts: Sequence[Count], weeks: float) -> dict[str, Any]:
    """Return false findings by the worst severity that each reached, for carers and for operators."""
    false = [one for count in counts for threads in count.false.values() for one in threads]
    for_carers = [one for one in false if one.audience is Audience.CARERS]
    of = {level: [one for one in for_carers if one.severity is level] for level in Severity}
    return {
        "urgent_false": rate(len(of[Severity.URGENT]), weeks),
        "check_false": rate(len(of[Severity.CHECK]), weeks),
        "notices_false": rate(len(of[Severity.NOTICE]), weeks),
        "device_notices_false": rate(len(false) - len(for_carers), weeks),
        "urgent_by_detector": _by_detector(of[Severity.URGENT], weeks),
        "check_by_detector": _by_detector(of[Severity.CHECK], weeks),
        "notices_by_detector": _by_detector(of[Severity.NOTICE], weeks),
    }


def _by_detector(threads: Sequence[Thread], weeks: float) -> dict[str, float]:
    names = sorted({one.detector for one in threads})
    return {name: sum(one.detector == name for one in threads) / weeks for name in names}


def calibration(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return how often silence was said to be rare, beside how often that should be.

    Of findings about silence that nothing explains, those said to happen at most once in four weeks
    should come once in four weeks; counted from the day on which so much is known.
    """
    known_from = {home.seed: home.start + (RARE_DAYS - 14) * DAY_S for home in watched}
    rare = [
        one
        for home in watched
        for one in home.threads
        if one.detector == "inactivity"
        and one.noticed >= known_from[home.seed]
        and (one.once_in_days or 0.0) >= 0.95 * RARE_DAYS
        and not explained(one, home.episodes)
    ]
    days = sum(max(home.end - known_from[home.seed], 0.0) for home in watched) / DAY_S
    expected = days / RARE_DAYS
    low, high = poisson_interval(len(rare), expected) if expected > 0 else (None, None)
    return {
        "observed": len(rare),
        "expected": expected,
        "observed_over_expected": len(rare) / expected if expected > 0 else None,
        "interval": [low, high],
    }


def controls(watched: Sequence[Watched], counts: Sequence[Count], weeks: float) -> dict[str, Any]:
    """Return what alarms at random, by the clock and after a fixed silence would have found.

    At random and by the clock at the rate of each detector, true and false findings together; the
    recalls are expected values: ``1 − exp(−rate × window)`` and ``min(1, rate × window)``.
    """
    found: dict[str, Any] = {}
    for name in sorted({one.detector for home in watched for one in home.threads}):
        real = [e for c in counts for e in c.expected if e.detector == name and e.severity > 0]
        if not real:
            continue
        told = sum(
            one.detector == name and one.noticed >= home.start
            for home in watched
            for one in home.threads
        )
        per_s = told / (weeks * WEEK_S)
        windows = np.array([one.window_s for one in real])
        found[name] = {
            "per_week": told / weeks,
            "random_recall": float(np.mean(1.0 - np.exp(-per_s * windows))),
            "periodic_recall": float(np.mean(np.minimum(1.0, per_s * windows))),
        }
    return {
        "same_rate": found,
        "fixed": {f"{hours:g} h": _fixed(watched, hours, weeks) for hours in FIXED_H},
    }


def _fixed(watched: Sequence[Watched], hours: float, weeks: float) -> dict[str, Any]:
    limit = hours * HOUR_S
    false = hits = lies = 0
    for home in watched:
        told = [
            begun + limit
            for begun, ended in home.pauses
            if ended - begun > limit and begun + limit >= home.start
        ]
        real = [
            one
            for one in home.episodes
            if one.kind is Kind.LONG_LIE
            and one.start_s >= home.start
            and one.severity > 0
            and one.lasts.total_seconds() >= LONG_LIE_S
        ]
        lies += len(real)
        hits += sum(any(one.start_s <= at <= one.end_s + 300.0 for at in told) for one in real)
        false += sum(
            not any(one.start_s - 900.0 <= at <= one.end_s + 3 * HOUR_S for one in home.episodes)
            for at in told
        )
    return {
        "false_per_week": false / weeks,
        "long_lie_recall": hits / lies if lies else None,
        "delay_h": hours,
    }


def cost(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return what it took: simulating and watching together, in one process a home."""
    rows = sum(home.rows for home in watched)
    return {
        "observations": rows,
        "us_per_observation": 1e6 * sum(home.seconds for home in watched) / max(rows, 1),
        "largest_state_bytes": max((home.state_bytes for home in watched), default=0),
    }


# The table of detection.md


def table(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of detection.md (b) that a simulation can show: target, reached, met."""
    delay = found["inactivity"]["delay_h"]
    waking = found["long_lie"]["waking"]
    detectors, kinds, total = found["detectors"], found["by_kind"], found["budget"]

    def of(name: str, key: str) -> Any:
        return detectors.get(name, {}).get(key)

    def kind(name: str, key: str) -> Any:
        return kinds.get(name, {}).get(key)

    rows = [
        ("inactivity, day mean delay, h", "<=", 1.25, delay["day_mean"]),
        ("inactivity, day p90 delay, h", "<=", 2.5, delay["day_p90"]),
        ("inactivity, night mean delay, h", "<=", 3.5, delay["night_mean"]),
        ("inactivity, false a day", "<=", 0.02, found["inactivity"]["false_per_day"]),
        ("lie of 1 h awake, within 60 min", ">=", 0.8, waking["within_1_h"]["share"]),
        ("lie of 3 h awake, within 3 h", ">=", 0.98, waking["within_3_h"]["share"]),
        ("lie, false a week", "<=", 0.15, found["long_lie"]["false"]["per_week"]),
        ("away, sensitivity", ">=", 0.97, found["occupancy"]["sensitivity"]),
        ("away, specificity", ">=", 0.985, found["occupancy"]["specificity"]),
        ("visitor, sensitivity", ">=", 0.85, found["visitor"]["sensitivity"]),
        ("visitor, specificity", ">=", 0.92, found["visitor"]["specificity"]),
        ("dead sensor, recall", ">=", 0.92, kind("dead_sensor", "recall")),
        ("obstructed sensor, recall", ">=", 0.92, kind("obstructed", "recall")),
        ("walking without a goal, recall", ">=", 0.9, kind("pacing", "recall")),
        ("exit at night, recall", ">=", 0.99, of("exit", "recall")),
        ("exit at night, false a week", "<=", 0.05, of("exit", "false_per_week")),
        ("lost outdoors, recall", ">=", 0.95, kind("lost", "recall")),
        ("change over days, recall", ">=", 0.85, kind("bathroom_change", "recall")),
        ("decline over weeks, recall", ">=", 0.8, kind("decline", "recall")),
        ("fall, false a week", "<=", 0.1, of("impact", "false_per_week")),
        ("all, urgent false a week", "<=", 0.25, total["urgent_false"]["per_week"]),
        ("all, notices false a week", "<=", 1.0, total["notices_false"]["per_week"]),
        ("all, device notices false a week", "<=", 0.25, total["device_notices_false"]["per_week"]),
        (
            "silence, observed / expected",
            "0.7-1.4",
            None,
            found["calibration"]["observed_over_expected"],
        ),
    ]
    return [
        {
            "row": row,
            "target": f"{sign} {bound:g}" if bound is not None else sign,
            "reached": value,
            "met": _met(sign, bound, value),
        }
        for row, sign, bound, value in rows
    ]


def _met(sign: str, bound: float | None, value: float | None) -> bool | None:
    if value is None:
        return None
    if bound is None:
        return 0.7 <= value <= 1.4  # noqa: PLR2004 (detection.md (b))
    return value <= bound if sign == "<=" else value >= bound


def windows() -> dict[str, str]:
    """Return in words until when a finding about each kind of episode counts."""
    return {
        kind.value: "until it ends" + (f", and {grace / 60:g} min" if grace else "")
        for kind, (_, grace) in SHOULD.items()
    }
