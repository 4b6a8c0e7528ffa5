"""Days on which clinicians noted agitation, beside a score of movement that saw no label. TIHM layout.

The score is what `analytics.detectors.day_change` sees: the mean deviation of the features of its movement
channel on that day from the person's own days before. Labels may have been prompted by movement alerts, and
a person's past labels alone rank days nearly as well: both are said beside it (detection.md §5).
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.evaluation.scoring import auc, auc_within, bootstrap
from analytics.features.change import Chart
from analytics.features.day_channels import CHANNELS
from analytics.features.day_features import FEATURES, NAMES, day_vector
from analytics.features.hours import SettledDay
from analytics.features.localtime import LocalTime
from analytics.features.plan import HomePlan, plan
from analytics.features.view import HomeView
from core.model.errors import Misconfigured
from core.model.home import Household, Placement
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity
from sensors import tihm

Floats = npt.NDArray[np.float64]
FILE = "Labels.csv"
LABEL = "Agitation"
FIRST_DAYS = 7
"""Days of a person before one is scored."""
PER_WEEK = 0.35
"""Rate of flagged days at which recall is said: that of Bijlani et al. 2022."""
LEAST_MEAN = 0.5
"""Mean below which a room has no working sensor (transformed: a quarter of a minute a day)."""
MOVEMENT = CHANNELS[0]
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "movement": tuple(MOVEMENT.signs),
    "rooms": ("hall", "kitchen", "bedroom"),
    "moves": ("moves",),
    "busiest_hours": ("most",),
    "bathroom": ("bathroom_day", "bathroom_night"),
    "night": ("night",),
}
"""Scores that were tried; the first one is the product's and was fixed by detection.md."""
_ALPHA, _BETA = 0.5, 9.5
_GRID_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One day of one person."""

    person: str
    #: Number of the day since 1970.
    day: int
    label: bool
    #: Score of each of `VARIANTS`; NaN where not known.
    scores: tuple[float, ...]
    #: Mean squared deviation of all features, without direction.
    distance: float
    #: Past labels a day.
    history: float


def agitation(folder: Path) -> dict[str, float | list[float | None] | dict[str, float]]:
    """Return how well the score ranks the labelled days of a record.

    Parameters
    ----------
    folder
        Holds ``Activity.csv.xz`` and ``Labels.csv`` (patient_id, date, type).

    Returns
    -------
    dict
        auc and auc_within_person with bootstrap intervals over people, auc_history_only, recall at 0.35
        flagged days a person-week, the same of all variants tried; NaN without labelled days.

    Raises
    ------
    Misconfigured
        If the folder does not hold the record.
    """
    labels = read_labels(folder)
    days = [
        one
        for home, settled in settled_days(folder).items()
        for one in scored(home, settled[0], settled[1], labels)
    ]
    return figures(days)


def figures(days: Sequence[Scored]) -> dict[str, float | list[float | None] | dict[str, float]]:
    """Return the figures of scored days."""
    label = np.array([one.label for one in days], dtype=np.bool_)
    person = np.array([one.person for one in days])
    score = np.array([one.scores[0] for one in days], dtype=np.float64)
    history = np.array([one.history for one in days], dtype=np.float64)
    distance = np.array([one.distance for one in days], dtype=np.float64)
    both = _standardised(score) + _standardised(np.log(history))
    tried = np.array([one.scores for one in days], dtype=np.float64).reshape(-1, len(VARIANTS))
    return {
        "auc": auc(score, label),
        "auc_interval": _interval(score, label, person, within=False),
        "auc_within_person": auc_within(score, label, person),
        "auc_within_person_interval": _interval(score, label, person, within=True),
        "auc_history_only": auc(history, label),
        "auc_within_person_history_only": auc_within(history, label, person),
        "auc_with_history": auc(both, label),
        "auc_distance": auc(distance, label),
        "auc_within_person_distance": auc_within(distance, label, person),
        "recall_at_0_35_per_week": recall_at(score, label, PER_WEEK),
        "recall_at_random": min(PER_WEEK / 7.0, 1.0),
        "days": float(len(days)),
        "labelled_days": float(label.sum()),
        "people": float(len(set(person.tolist()))),
        "people_with_labels": float(len(set(person[label].tolist()))),
        "variants_within_person": {
            name: _within_known(tried[:, place], label, person)
            for place, name in enumerate(VARIANTS)
        },
    }


def recall_at(score: Floats, label: npt.NDArray[np.bool_], per_week: float) -> float:
    """Return the share of labelled days among the highest scores, so many a week flagged.

    Examples
    --------
    >>> recall_at(np.arange(20.0), np.arange(20) > 17, 0.7)
    1.0
    """
    flagged = round(per_week / 7.0 * len(score))
    if not flagged or not label.any():
        return math.nan
    highest = np.argsort(-score, kind="stable")[:flagged]
    return float(label[highest].sum() / label.sum())


def _within_known(
    score: Floats, label: npt.NDArray[np.bool_], person: npt.NDArray[np.str_]
) -> float:
    known = np.isfinite(score)
    return auc_within(score[known], label[known], person[known])


def _standardised(values: Floats) -> Floats:
    spread = float(np.std(values)) if len(values) else 0.0
    return (values - np.mean(values)) / spread if spread > 0.0 else values


def _interval(
    score: Floats, label: npt.NDArray[np.bool_], person: npt.NDArray[np.str_], *, within: bool
) -> list[float | None]:
    """Return the bootstrap interval over people; each drawn twice is two people."""
    rows = [np.flatnonzero(person == one) for one in np.unique(person)]
    if not rows:
        return [None, None]

    def statistic(drawn: npt.NDArray[np.int64]) -> float:
        chosen = np.concatenate([rows[one] for one in drawn])
        if not within:
            return auc(score[chosen], label[chosen])
        copies = np.repeat(np.arange(len(drawn)), [len(rows[one]) for one in drawn])
        return auc_within(score[chosen], label[chosen], copies)

    interval = bootstrap(len(rows), statistic, replicates=500)
    return [bound if math.isfinite(bound) else None for bound in interval]


# From the record to scored days


def read_labels(folder: Path) -> dict[str, set[int]]:
    """Return home → days with a label.

    Raises
    ------
    Misconfigured
        If the folder has no such file.
    """
    local = LocalTime(tihm.ZONE.key)
    found: dict[str, set[int]] = defaultdict(set)
    try:
        with (folder / FILE).open(encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                if row["type"] == LABEL:
                    at = datetime.fromisoformat(row["date"]).replace(tzinfo=tihm.ZONE)
                    found[tihm.home_id(row["patient_id"])].add(local.day(at.timestamp()))
    except (OSError, KeyError, ValueError) as error:
        raise Misconfigured(
            f"{folder}: expected a file {FILE} with patient_id, date, type"
        ) from error
    return found


def settled_days(folder: Path) -> dict[str, tuple[HomePlan, list[SettledDay]]]:
    """Return home → its plan and its settled days, as the engine's view settles them."""
    record = tihm.read(folder)
    rows: dict[str, list[tihm.Activation]] = defaultdict(list)
    for one in record.activations:
        rows[one.home_id].append(one)
    return {
        house.home.home_id: _watched(_numbered(house), rows[house.home.home_id])
        for house in record.households
    }


def _numbered(house: Household) -> Household:
    devices = (
        replace(device, device_id=DeviceId(number))
        for number, device in enumerate(house.devices, 1)
    )
    return replace(house, devices=tuple(devices))


def _watched(
    house: Household, rows: Sequence[tihm.Activation]
) -> tuple[HomePlan, list[SettledDay]]:
    home = plan(house)
    ids = {device.external_id: device.device_id for device in house.devices}
    contacts = {
        device.external_id
        for device in house.devices
        if device.placement in {Placement.ENTRANCE, Placement.OBJECT}
    }
    view = HomeView(home, rows[0].at.timestamp())
    end = rows[-1].at + timedelta(days=2)
    view.look((end + timedelta(days=1)).timestamp(), view.now - _GRID_S)
    settled: list[SettledDay] = []
    for row in rows:
        at = row.at.timestamp()
        _advance(view, at, settled)
        view.now = max(view.now, at)
        quantity = Quantity.CONTACT if row.place in contacts else Quantity.MOTION
        seen = Observation(
            home_id=house.home.home_id,
            device_id=ids[row.place],
            quantity=quantity,
            value=1.0,
            observed_at=row.at,
            received_at=row.at,
        )
        view.observe(seen, home.by_id[ids[row.place]], at)
    _advance(view, end.timestamp(), settled)
    return home, settled


def _advance(view: HomeView, until: float, settled: list[SettledDay]) -> None:
    """Visit the moments of the grid up to ``until`` at which the view is due."""
    grid = int(view.now // _GRID_S)
    while view.due <= until:
        due = grid + 1 if view.due < view.now else max(grid + 1, math.ceil(view.due / _GRID_S))
        if due * _GRID_S > until:
            return
        grid = due
        view.advance(grid * _GRID_S)
        if view.hours.settled is not None:
            settled.append(view.hours.settled)


def scored(
    home: str, watched: HomePlan, days: Sequence[SettledDay], labels: Mapping[str, set[int]]
) -> list[Scored]:
    """Return the days of one person that can be scored, each by the days before it alone."""
    chart = Chart([feature.spread for feature in FEATURES], {MOVEMENT.name: MOVEMENT.weights})
    found: list[Scored] = []
    noted = past = 0
    for one in days:
        vector = day_vector(one, watched)
        if vector is None:
            continue
        label = one.day.number in labels.get(home, ())
        if chart.count >= FIRST_DAYS:
            z = np.where(chart.middle >= LEAST_MEAN, chart.deviations(vector), np.nan)
            scores = tuple(_mean(z, names) for names in VARIANTS.values())
            if math.isfinite(scores[0]):
                found.append(
                    Scored(
                        person=home,
                        day=one.day.number,
                        label=label,
                        scores=scores,
                        distance=float(np.nanmean(z**2)),
                        history=(noted + _ALPHA) / (past + _ALPHA + _BETA),
                    )
                )
        chart.add(vector)
        noted, past = noted + label, past + 1
    return found


def _mean(z: Floats, names: Sequence[str]) -> float:
    known = [float(z[NAMES.index(name)]) for name in names]
    known = [value for value in known if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else math.nan
