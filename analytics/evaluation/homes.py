"""Where people are, on labelled days of flats: out, in bed, in the toilet at night, as the product says.

Each home is watched by `HomeEngine` with the settings it ships with, from its first row on, without a
warm-up; each minute between the first and the last label counts. No run fits
anything; what ships was partly chosen with the public homes in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.evaluation.labelled_homes import LabelledHome, Span, read_all
from analytics.evaluation.living import MINUTE_S, Lived, live
from analytics.evaluation.saving import plain
from analytics.evaluation.scoring import bootstrap, share_interval
from analytics.features.bed_nights import BREAK_S, Bout, main_block
from core.model.home import Placement

Flags = npt.NDArray[np.bool_]
ABSENCE_S = 600.0
"""Labels of class away with a shorter median are moments of leaving, not absences."""
NIGHT_H = (23.0, 6.0)
"""Toilet visits that begin between these hours are at night, as in the product (`LocalTime.is_night`)."""
SLACK_S = 120.0
"""A visit may be written down so much earlier or later than a sensor in the room moves."""
SAME_VISIT_S = 300.0
NOON_S = 43_200.0
DAY_S = 86_400.0


def evaluate(folder: Path) -> dict[str, Any]:
    """Watch all homes of a folder and return the figures as one JSON object.

    Raises
    ------
    Misconfigured
        If the folder does not hold homes of the layout.
    """
    homes, unread = read_all(folder)
    lived = [live(home) for home in homes]
    return plain(report(lived) | {"unread": unread})  # type: ignore[no-any-return]


def report(lived: Sequence[Lived]) -> dict[str, Any]:
    """Return the figures of homes that were watched."""
    return {
        "homes": [one.home.name for one in lived],
        "skipped": {one.home.name: one.home.skipped for one in lived},
        "skipped_where": {one.home.name: one.home.skipped_where for one in lived},
        "away": {one.home.name: away(one) for one in lived},
        "nights": {one.home.name: nights(one) for one in lived},
        "toilet_at_night": {one.home.name: toilet_at_night(one) for one in lived},
        "controls": {
            "door_rule": {one.home.name: away(one, one.door_rule) for one in lived},
            "always_home": {
                one.home.name: away(one, np.zeros(len(one.grid), bool)) for one in lived
            },
            "any_bathroom": {one.home.name: toilet_at_night(one, one.bathroom) for one in lived},
        },
        "settings": "as shipped, some of it chosen with these homes in view; no warm-up",
        "failures": sorted({text for one in lived for text in one.failures}),
    }


def away(lived: Lived, belief: Flags | None = None) -> dict[str, Any]:
    """Return minutes away against the labels, as shares with the minutes that they rest on."""
    truth = within(lived.grid, lived.home.labels["away"])
    said = lived.away if belief is None else belief
    hits, misses = int((truth & said).sum()), int((truth & ~said).sum())
    right, wrong = int((~truth & ~said).sum()), int((~truth & said).sum())
    reason = unscored(lived.home)
    days = _days(lived.grid)
    return {
        "scored": reason is None,
        "reason": reason,
        "sensitivity": _share(hits, hits + misses),
        "sensitivity_interval_days": _by_days(days, truth & said, truth),
        "specificity": _share(right, right + wrong),
        "specificity_interval_days": _by_days(days, ~truth & ~said, ~truth),
        "minutes": {
            "away": hits + misses,
            "away_as_home": misses,
            "home": right + wrong,
            "home_as_away": wrong,
        },
        "absences": len(lived.home.labels["away"]),
    }


def unscored(home: LabelledHome) -> str | None:
    """Return why minutes away can not be scored; None if they can."""
    labels = home.labels["away"]
    if not labels:
        return "no label of class away"
    if not home.has(Placement.ENTRANCE):
        return "no sensor on a door that leads out"
    if not home.events:
        return "no event of a known sensor"
    whole = home.labelled
    grid = np.arange(whole.start, whole.end, MINUTE_S) if whole else np.array([])
    truth = within(grid, labels)
    if truth.all() or not truth.any():
        return f"no minute {'at home' if truth.any() else 'away'} between the first and last label"
    median = float(np.median([one.seconds for one in labels]))
    if median < ABSENCE_S:
        return (
            f"labels of class away last {median / 60:.1f} min at the median:"
            " they mark leaving, not absence"
        )
    return None


def nights(lived: Lived) -> dict[str, Any]:
    """Return how far the ends of nights are from the labelled ones, as medians in minutes."""
    truth = _by_night(lived.home.labels["bed"])
    sensor = lived.home.has(Placement.BED)
    said = _by_night([Span(one.start, one.end) for one in lived.nights])
    # a night without both is missed, not wrong
    pairs = [(truth[day], said[day]) for day in sorted(truth.keys() & said.keys())]
    starts = [abs(one.start - other.start) / 60.0 for one, other in pairs]
    ends = [abs(one.end - other.end) / 60.0 for one, other in pairs]
    reason = None if sensor else "no bed sensor: inferred from stillness at home"
    if not truth:
        reason = "no label of class bed"
    return {
        "scored": reason is None and bool(pairs),
        "reason": reason,
        "bed_sensor": sensor,
        "nights": len(pairs),
        "labelled": len(truth),
        "missed": len(truth.keys() - said.keys()),
        "start_error_min": _median(starts),
        "start_error_interval": _median_interval(starts),
        "end_error_min": _median(ends),
        "end_error_interval": _median_interval(ends),
    }


def toilet_at_night(lived: Lived, moments: Sequence[float] | None = None) -> dict[str, Any]:
    """Return which labelled visits at night were seen, and which seen ones were labelled."""
    labels = [one for one in lived.home.labels["toilet"] if _at_night(one.start)]
    whole = lived.home.labelled
    seen = [
        one
        for one in visits(lived.toilet if moments is None else moments)
        if _at_night(one.start) and whole is not None and one.overlap_s(whole) >= 0
    ]
    known = [_wider(one) for one in lived.home.labels["toilet"]]
    found = sum(any(_touch(_wider(one), other) for other in seen) for one in labels)
    right = sum(any(_touch(one, other) for other in known) for one in seen)
    reason = None if labels else "no label of class toilet at night"
    return {
        "scored": reason is None,
        "reason": reason,
        "recall": _share(found, len(labels)),
        "recall_interval": list(share_interval(found, len(labels))),
        "precision": _share(right, len(seen)),
        "precision_interval": list(share_interval(right, len(seen))),
        "labelled": len(labels),
        "seen": len(seen),
    }


def visits(moments: Sequence[float]) -> list[Span]:
    """Join moments in a room into visits."""
    found: list[Span] = []
    for at in moments:
        if found and at - found[-1].end <= SAME_VISIT_S:
            found[-1] = Span(found[-1].start, max(at, found[-1].end))
        else:
            found.append(Span(at, at))
    return found


def within(grid: npt.NDArray[np.float64], spans: Sequence[Span]) -> Flags:
    """Return which moments lie in a span."""
    found = np.zeros(len(grid), bool)
    for one in spans:
        found |= (grid >= one.start) & (grid < one.end)
    return found


def _by_night(spans: Sequence[Span]) -> dict[int, Bout]:
    """Return the main block of each night by its number, noon to noon."""
    nightly: dict[int, list[Bout]] = {}
    for one in spans:
        nightly.setdefault(int((one.start - NOON_S) // DAY_S), []).append(Bout(one.start, one.end))
    blocks = {day: main_block(bouts) for day, bouts in nightly.items()}
    return {day: block for day, block in blocks.items() if block and block.seconds >= BREAK_S}


def _at_night(at: float) -> bool:
    hour = at % DAY_S / 3600.0
    return hour >= NIGHT_H[0] or hour < NIGHT_H[1]


def _wider(one: Span) -> Span:
    return Span(one.start - SLACK_S, one.end + SLACK_S)


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _share(hits: int, of: int) -> float | None:
    return hits / of if of else None


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _median_interval(values: Sequence[float]) -> list[float] | None:
    if not values:
        return None
    all_of = np.array(values)
    return list(bootstrap(len(values), lambda drawn: float(np.median(all_of[drawn]))))


def _days(grid: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return (grid // DAY_S).astype(np.int64)


def _by_days(days: npt.NDArray[np.int64], hits: Flags, of: Flags) -> list[float] | None:
    """Return the interval of a share of minutes under resampling of whole days."""
    if not of.any():
        return None
    _, number = np.unique(days, return_inverse=True)
    hit, total = np.bincount(number, hits), np.bincount(number, of)

    def share(drawn: npt.NDArray[np.int64]) -> float:
        return float(hit[drawn].sum() / max(total[drawn].sum(), 1))

    return list(bootstrap(len(total), share))
