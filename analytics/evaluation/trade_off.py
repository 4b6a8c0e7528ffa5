"""What telling stillness earlier costs in simulated homes: false alarms against lies and delays. Pure.

The product's limits are tried at several prices of a false alarm, beside fixed limits; and in how many lies
the sensors are silent at all for the first hour is counted: one that fires for nothing, an animal or a faint
stir makes any clock of stillness start anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analytics.evaluation.controls import FIXED_H
from analytics.evaluation.injection import PRICES_H
from analytics.evaluation.scoring import poisson_interval, share_interval
from analytics.evaluation.simulated import Study
from analytics.evaluation.tally import counted, explained
from analytics.evaluation.targets import HOUR_S, LONG_LIE_S, SURE_AFTER_S, weeks_of
from analytics.evaluation.targets import silence as of_silence
from analytics.evaluation.watching import SILENT_FOR, SPEAK_OF_SILENCE, Silence, Thread, Watched
from analytics.features.stillness import PRICE_H
from core.model.finding import Audience, Severity
from sensors.simulator.episodes import Episode, Kind

AIMS = {"false_per_day": 0.02, "day_mean_h": 1.25, "lies_1_h": 0.8, "lies_3_h": 0.98}
"""detection.md (b): full stream, one resident; and lies while awake."""
WAKING_H = (7, 21)
FALLS_S = 120.0
"""So long the sensors may still show somebody on the way to where she lies."""
_LONGEST_H = SILENT_FOR.total_seconds() / HOUR_S


def study(homes: int, days: int, seed: int, silences: int) -> Study:
    """Return which homes are watched: the detectors of stillness alone, with all prices tried."""
    return Study(
        homes=homes,
        days=days,
        seed=seed,
        silences=silences,
        detectors=SPEAK_OF_SILENCE,
        tries=True,
    )


def report(asked: Study, watched: Sequence[Watched]) -> dict[str, Any]:
    """Return the figures of a study as one JSON object."""
    weeks = sum(weeks_of(one) for one in watched)
    prices = [_price(watched, weeks, place) for place in range(len(PRICES_H))]
    return {
        "homes": asked.homes,
        "days": asked.days,
        "seed": asked.seed,
        "resident_weeks": round(weeks, 1),
        "shipped": _shipped(watched, weeks),
        "curve": prices,
        "fixed": [_fixed(watched, weeks, hours) for hours in FIXED_H],
        "silent": _silent(watched),
        "aims": AIMS,
        "failures": sorted({text for home in watched for text in home.failures}),
    }


def _shipped(watched: Sequence[Watched], weeks: float) -> dict[str, Any]:
    """Return what the detectors said: false alarms of D2, lies and silences told by any of them."""
    false = sum(len(one.false["inactivity"]) for one in counted(watched))
    said = {
        home.seed: [when for one in home.threads for when in one.said.values()] for home in watched
    }
    delay = of_silence(watched)["delay_h"]
    return _rated(false, weeks) | _lies_told(watched, said) | {"delay_h": delay}


def _price(watched: Sequence[Watched], weeks: float, place: int) -> dict[str, Any]:
    """Return what D2 alone would do at one price."""
    said = {
        home.seed: [
            one.onset + one.limits_s[place]
            for one in home.tried
            if one.limits_s[place] < one.length_s
        ]
        for home in watched
    }
    silences = [(one, one.tried_s[place]) for home in watched for one in home.silences]
    row: dict[str, Any] = {"price_h": PRICES_H[place], "chosen": PRICES_H[place] == PRICE_H}
    return row | _told(watched, weeks, said, silences)


def _fixed(watched: Sequence[Watched], weeks: float, hours: float) -> dict[str, Any]:
    """Return what one limit for all times and places would do, whoever is out."""
    limit = hours * HOUR_S
    said = {
        home.seed: [start + limit for start, end in home.pauses if end - start > limit]
        for home in watched
    }
    silences = [(one, max(limit - one.still_s, 0.0)) for home in watched for one in home.silences]
    return {"hours": hours} | _told(watched, weeks, said, silences)


def _told(
    watched: Sequence[Watched],
    weeks: float,
    said: dict[int, list[float]],
    silences: Sequence[tuple[Silence, float]],
) -> dict[str, Any]:
    false = sum(
        at >= home.start and not explained(_thread(at), home.episodes)
        for home in watched
        for at in said[home.seed]
    )
    hours = [
        (one.night, min(seconds / HOUR_S, _LONGEST_H)) for one, seconds in silences if one.still_s
    ]
    day = [value for night, value in hours if not night]
    delay = {
        "day_mean": float(np.mean(day)) if day else None,
        "day_p90": float(np.quantile(day, 0.9)) if day else None,
        "night_mean": float(np.mean(rest))
        if (rest := [v for night, v in hours if night])
        else None,
    }
    return _rated(false, weeks) | _lies_told(watched, said) | {"delay_h": delay}


def _thread(at: float) -> Thread:
    return Thread(
        detector="inactivity",
        subject="",
        audience=Audience.CARERS,
        onset=at,
        said={Severity.CHECK: at},
    )


def _rated(false: int, weeks: float) -> dict[str, Any]:
    return {
        "false": false,
        "false_per_day": false / (7 * weeks),
        "false_per_week": false / weeks,
        "false_per_week_interval": list(poisson_interval(false, weeks)),
    }


# Lies


def _lies(home: Watched) -> list[Episode]:
    """Return the lies of an hour and more that begin while people are up."""
    return [
        one
        for one in home.episodes
        if one.kind in {Kind.LONG_LIE, Kind.FALL}
        and one.lasts.total_seconds() >= LONG_LIE_S
        and one.start_s >= home.start
        and WAKING_H[0] <= one.at.hour < WAKING_H[1]
    ]


def _lies_told(watched: Sequence[Watched], said: dict[int, list[float]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, within in (("lies_1_h", LONG_LIE_S), ("lies_3_h", SURE_AFTER_S)):
        lies = [
            any(one.start_s <= at <= one.start_s + within + 1.0 for at in said[home.seed])
            for home in watched
            for one in _lies(home)
            if one.lasts.total_seconds() >= within
        ]
        found[name] = _share(sum(lies), len(lies))
    return found


def _share(hits: int, trials: int) -> dict[str, Any]:
    return {
        "lies": trials,
        "share": hits / trials if trials else None,
        "interval": list(share_interval(hits, trials)),
    }


def _silent(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return in how many lies nothing was sensed from the fall to the end of the first hour."""
    lies = [
        any(
            start <= one.start_s + FALLS_S and end >= one.start_s + LONG_LIE_S
            for start, end in home.pauses
        )
        for home in watched
        for one in _lies(home)
    ]
    return _share(sum(lies), len(lies))
