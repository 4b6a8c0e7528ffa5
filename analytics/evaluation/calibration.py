"""How lifelike the simulator is: simulated homes beside those of TIHM, both seen through TIHM's eyes.

Eight places, activations only, wall clock. Nothing here is fitted; the numbers of the simulator stand in
``sensors/simulator``, and none of them belongs to a single person of the study (docs/decisions/0135).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.evaluation.saving import plain
from core.model.quantity import Quantity
from sensors import tihm
from sensors.simulator import study
from sensors.simulator.faults import Circumstances
from sensors.simulator.recording import Recording
from sensors.simulator.rows import NUMBER
from sensors.simulator.sensing import PHANTOMS_OF_TIHM

Floats = npt.NDArray[np.float64]
PLACES = tuple(sorted(tihm.PLACES))
AD_IQR = {"IS": (0.49, 0.63), "IV": (0.68, 0.95), "RA": (0.84, 0.92)}
"""100 people with mild to moderate disease, by the wrist (detection.md §4)."""
FEWEST_DAYS = 14
FEWEST_EVENTS = 60
"""A day with fewer is an outage or an absence."""
PARTS = 4
SHORTEST_S = 60.0
CIRCUMSTANCES = Circumstances(
    duplicates=0.0, late=0.0, drift_s=0.0, phantoms_per_hour=PHANTOMS_OF_TIHM
)
DAY_S = 86400.0
START = datetime(2026, 4, 6, 11, tzinfo=UTC)
"""Spring, as in the study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of one home: seconds by the wall clock, and numbers of places."""

    at: Floats
    place: npt.NDArray[np.int64]

    def days(self) -> list[tuple[Floats, npt.NDArray[np.int64]]]:
        """Return the full days with enough events: seconds since midnight, and places."""
        number = (self.at // DAY_S).astype(int)
        found = []
        for day in np.unique(number)[1:-1]:
            inside = number == day
            if inside.sum() >= FEWEST_EVENTS:
                found.append((self.at[inside] - day * DAY_S, self.place[inside]))
        return found


def real(folder: Path) -> list[Seen]:
    """Return the homes of the TIHM record with at least `FEWEST_DAYS` days."""
    by_home: dict[str, list[tuple[float, int]]] = {}
    for one in tihm.read(folder).activations:
        local = one.at.astimezone(tihm.ZONE).replace(tzinfo=UTC).timestamp()
        by_home.setdefault(one.home_id, []).append((local, PLACES.index(one.place)))
    found = [np.array(sorted(events)) for events in by_home.values()]
    return [
        Seen(at=events[:, 0], place=events[:, 1].astype(int))
        for events in found
        if events[-1, 0] - events[0, 0] >= FEWEST_DAYS * DAY_S
    ]


def simulated(count: int, days: int, seed: int, workers: int = 2) -> list[Seen]:
    """Return simulated homes as that study would have seen them."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_seen, [(seed + number, days) for number in range(count)]))


def _seen(asked: tuple[int, int]) -> Seen:
    seed, days = asked
    home = study.home(seed)
    span = (START, START + timedelta(days=days))
    record = Recording(
        home=home,
        span=span,
        episodes=tuple(study.silent(seed, span)),
        circumstances=CIRCUMSTANCES,
    )
    fitted = study.fitted(seed)
    names = [fitted.get(name, "") for name in home.equipment.devices]
    places = np.array([PLACES.index(name) if name else -1 for name in names])
    wanted = [NUMBER[Quantity.MOTION], NUMBER[Quantity.CONTACT]]
    at, place = [], []
    for batch in record.batches():
        kept = np.isin(batch.quantity, wanted) & (places[batch.device] >= 0)
        at.append(batch.observed[kept] + 3600.0)
        place.append(places[batch.device[kept]])
    times = np.floor(np.concatenate(at))
    order = np.argsort(times, kind="stable")
    return Seen(at=times[order], place=np.concatenate(place)[order])


# One figure each


def profile(seen: Iterable[Seen]) -> Floats:
    """Return events an hour by hour of the day, the mean over homes."""
    found = []
    for one in seen:
        days = one.days()
        counts = sum(np.histogram(at, bins=24, range=(0, DAY_S))[0] for at, _ in days)
        found.append(np.asarray(counts, dtype=float) / max(len(days), 1))
    mean: Floats = np.mean(found, axis=0)
    return mean


def transitions(seen: Iterable[Seen]) -> Floats:
    """Return the shares of pairs of places that follow each other, the mean over homes."""
    found = []
    for one in seen:
        matrix = np.zeros((len(PLACES), len(PLACES)))
        np.add.at(matrix, (one.place[:-1], one.place[1:]), 1.0)
        found.append(matrix / matrix.sum())
    mean: Floats = np.mean(found, axis=0)
    return mean


def divergence(first: Floats, second: Floats) -> float:
    """Return the Jensen–Shannon divergence in bits."""
    one, other = first.ravel(), second.ravel()
    middle = (one + other) / 2

    def to_middle(shares: Floats) -> float:
        some = shares > 0
        return float((shares[some] * np.log2(shares[some] / middle[some])).sum())

    return (to_middle(one) + to_middle(other)) / 2


def pauses(seen: Iterable[Seen]) -> dict[str, tuple[Floats, Floats]]:
    """Return, by place and part of the day in which they begin, pauses of a minute to a day.

    Each comes with its weight, such that all homes weigh the same.
    """
    found: dict[str, list[tuple[Floats, Floats]]] = {}
    for one in seen:
        gap, place, begun = np.diff(one.at), one.place[:-1], one.at[:-1] % DAY_S
        for number, name in enumerate(PLACES):
            for part in range(PARTS):
                inside = (place == number) & (begun // (DAY_S / PARTS) == part)
                inside &= (gap >= SHORTEST_S) & (gap < DAY_S)
                lengths = gap[inside]
                if len(lengths):
                    weight = np.full(len(lengths), 1.0 / len(lengths))
                    key = f"{name} {24 // PARTS * part:02}-{24 // PARTS * (part + 1):02} h"
                    found.setdefault(key, []).append((lengths, weight))
    return {
        key: (np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts]))
        for key, parts in found.items()
    }


def distance(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> float:
    """Return the Kolmogorov–Smirnov distance of two weighted samples."""
    points = np.unique(np.concatenate((first[0], second[0])))
    return float(np.max(np.abs(_below(first, points) - _below(second, points))))


def _below(sample: tuple[Floats, Floats], points: Floats) -> Floats:
    order = np.argsort(sample[0])
    shares = np.concatenate(([0.0], np.cumsum(sample[1][order]) / sample[1].sum()))
    found: Floats = shares[np.searchsorted(sample[0][order], points, "right")]
    return found


def daily(seen: Iterable[Seen]) -> dict[str, list[float]]:
    """Return per home: events a day, their relative spread, their autocorrelation from day to day."""
    found: dict[str, list[float]] = {"events": [], "spread": [], "autocorrelation": []}
    for one in seen:
        counts = np.array([len(at) for at, _ in one.days()], dtype=float)
        if len(counts) >= FEWEST_DAYS:
            off = counts - counts.mean()
            found["events"].append(float(counts.mean()))
            found["spread"].append(float(counts.std() / counts.mean()))
            found["autocorrelation"].append(float((off[1:] * off[:-1]).sum() / (off**2).sum()))
    return found


def rhythm(seen: Iterable[Seen]) -> dict[str, list[float]]:
    """Return IS, IV and RA per home, of active minutes an hour (detection.md §4)."""
    found: dict[str, list[float]] = {"IS": [], "IV": [], "RA": []}
    for one in seen:
        first, last = int(one.at[0] // DAY_S) + 1, int(one.at[-1] // DAY_S)
        minutes = np.unique((one.at // 60).astype(int))
        hours = np.histogram(minutes / 60.0, bins=np.arange(24 * first, 24 * last + 1))[0]
        x = hours.astype(float)
        mean = x.reshape(-1, 24).mean(axis=0)
        spread = ((x - x.mean()) ** 2).sum()
        twice = np.concatenate((mean, mean))
        low = min(twice[k : k + 5].mean() for k in range(24))
        high = max(twice[k : k + 10].mean() for k in range(24))
        found["IS"].append(float(len(x) * ((mean - x.mean()) ** 2).sum() / (24 * spread)))
        found["IV"].append(float(len(x) * (np.diff(x) ** 2).sum() / ((len(x) - 1) * spread)))
        found["RA"].append(float((high - low) / (high + low)))
    return found


def portrait(at: Floats, place: npt.NDArray[np.int64]) -> Floats:
    """Return a day in numbers, for the discriminator."""
    hours = np.histogram(at, bins=12, range=(0, DAY_S))[0]
    shares = np.bincount(place, minlength=len(PLACES)) / len(place)
    gaps = np.log1p(np.quantile(np.diff(at), (0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0)))
    moved = np.mean(place[1:] != place[:-1])
    return np.concatenate((np.log1p(hours), shares, gaps, [moved, np.log(len(at))]))


def discriminator(
    first: Sequence[Seen], second: Sequence[Seen], most_days: int = 30
) -> dict[str, float]:
    """Return how well days of both can be told apart: area under the curve, whole homes held out."""
    from sklearn.ensemble import GradientBoostingClassifier  # noqa: PLC0415 (heavy)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415
    from sklearn.model_selection import GroupKFold, cross_val_predict  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    days, labels, groups = [], [], []
    for group, (label, one) in enumerate([(0, s) for s in first] + [(1, s) for s in second]):
        for at, place in one.days()[:most_days]:
            days.append(portrait(at, place))
            labels.append(label)
            groups.append(group)
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
        "boosted": GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=0),
    }
    y = np.array(labels)
    return {
        name: round(
            float(
                roc_auc_score(
                    y,
                    cross_val_predict(
                        model,
                        np.array(days),
                        y,
                        groups=np.array(groups),
                        cv=GroupKFold(5),
                        method="predict_proba",
                    )[:, 1],
                )
            ),
            3,
        )
        for name, model in models.items()
    }


def compare(first: Sequence[Seen], second: Sequence[Seen]) -> dict[str, Any]:
    """Return the whole report: simulated homes (first) beside real ones (second)."""
    gaps, others = pauses(first), pauses(second)
    shared = [key for key in sorted(gaps) if key in others and len(others[key][0]) >= 200]  # noqa: PLR2004
    apart = {key: round(distance(gaps[key], others[key]), 3) for key in shared}
    one, other = profile(first), profile(second)
    return {
        "homes": {"simulated": len(first), "real": len(second)},
        "pauses_ks": {
            "mean": round(float(np.mean(list(apart.values()))), 3),
            "worst": round(max(apart.values()), 3),
            "below_0_1": sum(value < 0.1 for value in apart.values()),  # noqa: PLR2004
            "contexts": apart,
        },
        "profile": {
            "r": round(float(np.corrcoef(one, other)[0, 1]), 3),
            "simulated": one.round(1).tolist(),
            "real": other.round(1).tolist(),
        },
        "transitions_js": round(divergence(transitions(first), transitions(second)), 4),
        "rhythm": _beside(rhythm, first, second) | {"patients_iqr": AD_IQR},
        "daily": _beside(daily, first, second),
        "discriminator_auc": discriminator(first, second),
    }


def _beside(
    figures: Callable[[Sequence[Seen]], dict[str, list[float]]],
    first: Sequence[Seen],
    second: Sequence[Seen],
) -> dict[str, Any]:
    def quartiles(values: list[float]) -> list[float]:
        return np.quantile(values, (0.25, 0.5, 0.75)).round(3).tolist()  # type: ignore[no-any-return]

    one, other = figures(first), figures(second)
    return {
        name: {"simulated": quartiles(one[name]), "real": quartiles(other[name])} for name in one
    }


def report(folder: Path, count: int, days: int, seed: int) -> dict[str, Any]:
    """Return simulated homes beside all those of the record, and beside the half that was held out.

    The parameters of the simulator were chosen on every second home of the record; the others are held
    out. Whether the real halves are alike is the yardstick: ``halves``.
    """
    homes_of = real(folder)
    fitted, held_out = homes_of[::2], homes_of[1::2]
    seen = simulated(count, days, seed)
    found = {
        "all": compare(seen, homes_of),
        "held_out": compare(seen, held_out),
        "halves": compare(fitted, held_out),
        "seed": seed,
        "days": days,
    }
    return plain(found)  # type: ignore[no-any-return]


_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("pauses: KS, mean over contexts", "< 0.1", ("pauses_ks", "mean")),
    ("pauses: KS, worst context", "< 0.1", ("pauses_ks", "worst")),
    ("events by hour: r", "> 0.9", ("profile", "r")),
    ("transitions: JS, bits", "< 0.05", ("transitions_js",)),
    ("discriminator: AUC, logistic", "< 0.75", ("discriminator_auc", "logistic")),
    ("discriminator: AUC, boosted", "< 0.75", ("discriminator_auc", "boosted")),
    ("IS, median (real: see JSON)", "0.49-0.63", ("rhythm", "IS", "simulated")),
    ("IV, median", "0.68-0.95", ("rhythm", "IV", "simulated")),
    ("RA, median", "0.84-0.92", ("rhythm", "RA", "simulated")),
)


def rows(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return the report as rows of a table: figure, target, against all homes, against held out ones."""
    table = []
    for title, target, path in _ROWS:
        values = []
        for part in ("all", "held_out"):
            value: Any = found[part]
            for key in path:
                value = value[key]
            values.append(f"{value[1] if isinstance(value, list) else value:.3g}")
        table.append((title, target, values[0], values[1]))
    return table
