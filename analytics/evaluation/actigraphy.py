"""The circadian metrics beside pyActigraphy's, on recordings of wrist activity.

A folder holds recordings ``*.csv`` or ``*.csv.xz`` with the columns ``timestamp`` and ``activity`` and one or
more ``reference_metrics_*.json``: recording → metric → value, or a text where the reference failed.
How the reference reads a recording was found from its own figures (docs/decisions/0125).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.evaluation.recordings import Recording, read, same_input
from analytics.features.bouts import activity_to_rest, rest_to_activity
from core.model.circadian import (
    Convention,
    above,
    cosinor,
    in_slots,
    interdaily_stability,
    intradaily_variability,
    least_active,
    most_active,
    relative_amplitude,
)
from core.model.errors import Misconfigured

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-6
WIDTHS_MIN = (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 30, 32, 36, 40, 45, 48, 60)
"""Slots of ISm and IVm: parts of a day up to an hour (Gonçalves et al. 2014, Sleep Sci 7:158)."""
REST_AT_MOST = 0.0
"""Activity up to here is rest in kRA and kAR."""
EXPECTED = "recordings *.csv or *.csv.xz (timestamp, activity) and reference_metrics_*.json"
_NAME = re.compile(r"(?P<metric>[A-Za-z0-9]+?)(?:_bin(?P<threshold>[0-9.]+))?")


def recordings(folder: Path) -> list[Path]:
    """Return the recordings of a folder.

    Raises
    ------
    Misconfigured
        If there is none.
    """
    found = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.xz")])
    if not found:
        raise Misconfigured(f"{folder}: expected {EXPECTED}")
    return found


def references(folder: Path) -> dict[str, dict[str, Any]]:
    """Return recording → metric → value of all references of a folder.

    Raises
    ------
    Misconfigured
        If there is none, or one is no such object.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("reference_metrics_*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found.update({name: dict(values) for name, values in content.items()})
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise Misconfigured(f"{path}: expected recording → metric → value") from error
    if not found:
        raise Misconfigured(f"{folder}: expected {EXPECTED}")
    return found


def metric(recording: Recording, name: str, convention: Convention) -> float | None:
    """Return one metric by the reference's name for it; None for a name that is none.

    ``_binN`` after it: of active epochs (1 above N, else 0) rather than counts. IS and IV are by the hour,
    ISm and IVm the mean over `WIDTHS_MIN`, L5, M10 and RA by the epoch, ADAT a day, kRA and kAR an epoch.
    """
    found = _NAME.fullmatch(name)
    compute = _METRICS.get(found["metric"]) if found else None
    if found is None or compute is None:
        return None
    activity = recording.activity
    if found["threshold"]:
        activity = above(activity, float(found["threshold"]))
    return compute(recording, activity, convention)


def _slots(recording: Recording, activity: Floats, minutes: float) -> tuple[Floats, int]:
    """Return activity in slots of so many minutes from the start on, and how many make a day."""
    width = max(round(60.0 * minutes / recording.epoch_s), 1)
    return (in_slots(activity, width) if width > 1 else activity), recording.per_day // width


def _stability(recording: Recording, activity: Floats, convention: Convention) -> float:
    return interdaily_stability(*_slots(recording, activity, 60), convention)


def _variability(recording: Recording, activity: Floats, convention: Convention) -> float:
    return intradaily_variability(_slots(recording, activity, 60)[0], convention)


def _stability_of_many(recording: Recording, activity: Floats, convention: Convention) -> float:
    slots = [_slots(recording, activity, width) for width in WIDTHS_MIN]
    return float(np.mean([interdaily_stability(*one, convention) for one in slots]))


def _variability_of_many(recording: Recording, activity: Floats, convention: Convention) -> float:
    slots = [_slots(recording, activity, width)[0] for width in WIDTHS_MIN]
    return float(np.mean([intradaily_variability(one, convention) for one in slots]))


def _day_total(recording: Recording, activity: Floats, convention: Convention) -> float:
    """Mean total of a calendar day, each scaled up to a whole day; by the textbook from the profile."""
    per_day = recording.per_day
    if convention is Convention.TEXTBOOK:
        return per_day * float(np.nanmean(activity))
    filled = np.concatenate([np.full(recording.midnight, np.nan), activity])
    days = np.concatenate([filled, np.full(-len(filled) % per_day, np.nan)]).reshape(-1, per_day)
    known = np.isfinite(days).sum(axis=1)
    totals = np.nansum(days, axis=1)[known > 0]
    return float(np.mean(totals * per_day / known[known > 0]))


_Metric = Callable[[Recording, Floats, Convention], float]
_METRICS: dict[str, _Metric] = {
    "IS": _stability,
    "IV": _variability,
    "ISm": _stability_of_many,
    "IVm": _variability_of_many,
    "L5": lambda recording, activity, _: least_active(activity, recording.per_day).mean,
    "M10": lambda recording, activity, _: most_active(activity, recording.per_day).mean,
    "RA": lambda recording, activity, _: relative_amplitude(activity, recording.per_day),
    "ADAT": _day_total,
    "kRA": lambda _recording, activity, _: rest_to_activity(above(activity, REST_AT_MOST)),
    "kAR": lambda _recording, activity, _: activity_to_rest(above(activity, REST_AT_MOST)),
}


def report(folder: Path, told: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Compare all metrics of all recordings of a folder with the references in it.

    Parameters
    ----------
    told
        Called after each recording.
    """
    known = references(folder)
    paths = recordings(folder)
    found = _Found()
    for path in paths:
        name = path.name.removesuffix(".xz")
        found.add(read(path, known.get(name)), known.get(name))
        told()
    return found.report(len(paths), set(known))


class _Found:
    """What the comparison has found so far."""

    def __init__(self) -> None:
        self._differences: defaultdict[str, list[float]] = defaultdict(list)
        self._lacking: defaultdict[str, list[str]] = defaultdict(list)
        self._textbook: defaultdict[str, list[float]] = defaultdict(list)
        self._alone: list[str] = []
        self._other_input: list[str] = []
        self._seen: set[str] = set()

    def add(self, recording: Recording, known: Mapping[str, Any] | None) -> None:
        """Compare one recording."""
        self._seen.add(recording.name)
        fit = cosinor(*_slots(recording, recording.activity, 60))
        self._textbook["cosinor_explained"].append(fit.explained)
        if known is None:
            self._alone.append(recording.name)
            return
        if not same_input(recording, known):
            self._other_input.append(recording.name)
        for name, value in known.items():
            self._compare(recording, name, value)

    def _compare(self, recording: Recording, name: str, value: Any) -> None:
        if isinstance(value, str) and value.startswith("ERR"):
            self._lacking[name].append(recording.name)
            return
        here = metric(recording, name, Convention.PYACTIGRAPHY)
        if here is None:
            return
        if not isinstance(value, int | float) or not np.isfinite(value):
            self._lacking[name].append(recording.name)
            return
        # what we can not compute differs without bound
        self._differences[name].append(abs(here - value) if np.isfinite(here) else np.inf)
        textbook = metric(recording, name, Convention.TEXTBOOK)
        self._textbook[name].append(np.nan if textbook is None else textbook)

    def report(self, count: int, known: set[str]) -> dict[str, Any]:
        """Return the keys of ``wayhome evaluate actigraphy``."""
        of = self._differences
        return {
            "recordings": count,
            "max_abs_difference": {name: max(values) for name, values in of.items()},
            "agree_1e6": {
                name: sum(one <= TOLERANCE for one in values) for name, values in of.items()
            },
            "compared": {name: len(values) for name, values in of.items()},
            "reference_lacks": {
                name: "all" if len(names) == len(self._seen & known) else names
                for name, names in self._lacking.items()
            },
            "recordings_without_reference": self._alone,
            "references_without_recording": sorted(known - self._seen),
            "other_input": self._other_input,
            "textbook_median": {
                name: float(np.nanmedian(values)) for name, values in self._textbook.items()
            },
        }
