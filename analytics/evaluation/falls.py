"""Falls at the wrist: the rule and a model, on people that neither has seen.

The rule has fixed numbers (`analytics.features.impacts.WRIST`) and reads each trial as a watch would, sample
by sample. Its numbers chosen anew, the model and its operating point come from the other people alone, each
person left out in turn. Falls of healthy young people onto a mattress are not the falls of the old: what is
shown here is how far the arithmetic carries, no rate of real falls found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from analytics.evaluation.scoring import auc, bootstrap, share_interval
from analytics.evaluation.weda import Flags, Floats, Trials, read
from analytics.features.impacts import WRIST, Rule
from sensors.impact_window import Impact

PEAKS = np.arange(2.5, 5.1, 0.25)
STILLNESS = np.arange(0.15, 0.55, 0.05)
TILTS = np.arange(15.0, 65.0, 5.0)
WANTED_SENSITIVITY, WANTED_SPECIFICITY = 0.90, 0.94
TREES = 300
FOLDS = 5
SEED = 0
CURVE = np.linspace(0.0, 1.0, 101)

# The rule


def chosen(impact: Floats, fall: Flags) -> Rule:
    """Return the thresholds with the best lesser one of sensitivity and specificity, smoothed.

    Smoothing over neighbours takes the middle of a good region instead of a lucky corner.
    """
    peak, tilt, still = impact.T
    hits = (
        (peak > PEAKS[:, None, None, None])
        & (still < STILLNESS[:, None, None])
        & (tilt > TILTS[:, None])
    )
    quality = np.minimum(hits[..., fall].mean(axis=-1), 1.0 - hits[..., ~fall].mean(axis=-1))
    smooth = uniform_filter(quality, 3, mode="nearest")
    first, second, third = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    return Rule(float(PEAKS[first]), float(TILTS[third]), float(STILLNESS[second]))


def _refitted(trials: Trials, out: Flags) -> Flags:
    rule = chosen(trials.impact[~out], trials.fall[~out])
    return np.array([rule.holds(Impact(*row)) for row in trials.impact[out]])


# The model


def _chances(known: Floats, fall: Flags, asked: Floats) -> Floats:
    from sklearn.ensemble import ExtraTreesClassifier  # noqa: PLC0415 (a second to import; only here)

    model = ExtraTreesClassifier(TREES, min_samples_leaf=2, random_state=SEED)
    return np.asarray(model.fit(known, fall).predict_proba(asked)[:, 1], dtype=np.float64)


def operating_point(person: npt.NDArray[np.int64], measures: Floats, fall: Flags) -> float:
    """Return the chance above which it counts, from people left out in groups among those given."""
    chances, people = np.zeros(len(fall)), np.unique(person)
    for group in range(min(FOLDS, len(people))):
        out = np.isin(person, people[group::FOLDS])
        chances[out] = _chances(measures[~out], fall[~out], measures[out])

    def margin(threshold: float) -> float:
        sensitivity = float((chances[fall] > threshold).mean())
        specificity = float((chances[~fall] <= threshold).mean())
        return min(sensitivity - WANTED_SENSITIVITY, specificity - WANTED_SPECIFICITY)

    return float(max(np.unique(chances), key=margin))


def evaluate(folder: Path, told: Callable[[int, int], None] = lambda _, __: None) -> dict[str, Any]:
    """Leave out each person in turn; return the rates of the rule and of the model, also by group.

    Parameters
    ----------
    told
        Called with (people done, people in all).
    """
    trials = read(folder)
    people, count = np.unique(trials.person), len(trials.fall)
    refitted, model, chances = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count)
    for number, person in enumerate(people, 1):
        out = trials.person == person
        known, fall = trials.measures[~out], trials.fall[~out]
        refitted[out] = _refitted(trials, out)
        chances[out] = _chances(known, fall, trials.measures[out])
        model[out] = chances[out] > operating_point(trials.person[~out], known, fall)
        told(number, len(people))
    rule = np.array([any(map(WRIST.holds, knocks)) for knocks in trials.knocks])
    said = {"rule": rule, "rule_refitted": refitted, "model": model}
    return _report(trials, said, chances)


# The report


def _report(trials: Trials, said: dict[str, Flags], chances: Floats) -> dict[str, Any]:
    everybody = np.ones(len(chances), bool)
    groups = {"young": ~trials.older, "older": trials.older}
    return {
        "people": len(np.unique(trials.person)),
        "people_by_group": {
            name: len(np.unique(trials.person[mine])) for name, mine in groups.items()
        },
        **_both(trials, said, everybody, chances),
        **{name: _both(trials, said, mine, chances) for name, mine in groups.items()},
        "rule_is": WRIST._asdict(),
        "controls": _controls(trials, said["rule"]),
        "by_activity": {
            str(code): {
                "trials": int((trials.code == code).sum()),
                **{name: float(one[trials.code == code].mean()) for name, one in said.items()},
            }
            for code in np.unique(trials.code)
        },
        "curves": {
            "model": _curve(chances, trials.fall),
            "peak_alone": _curve(trials.impact[:, 0], trials.fall),
        },
        "targets": {
            "rule": {"sensitivity": 0.87, "specificity": 0.87},
            "model": {"sensitivity": WANTED_SENSITIVITY, "specificity": WANTED_SPECIFICITY},
        },
        "seed": SEED,
    }


def _both(trials: Trials, said: dict[str, Flags], mine: Flags, chances: Floats) -> dict[str, Any]:
    found = {name: _rates(trials, one, mine) for name, one in said.items()}
    area = auc(chances[mine], trials.fall[mine])
    found["model"] |= {"auc": area, "auc_interval": _over_people(trials, mine, chances)}
    return found


def _over_people(trials: Trials, mine: Flags, chances: Floats) -> tuple[float, float]:
    """Resample whole people: trials of one person are no independent ones."""
    people = np.unique(trials.person[mine])
    rows = [np.flatnonzero(trials.person == one) for one in people]

    def area(drawn: npt.NDArray[np.int64]) -> float:
        chosen_rows = np.concatenate([rows[one] for one in drawn])
        return auc(chances[chosen_rows], trials.fall[chosen_rows])

    return bootstrap(len(people), area, seed=SEED, replicates=500)


def _rates(trials: Trials, said: Flags, mine: Flags) -> dict[str, Any]:
    falls, rest = said[mine & trials.fall], said[mine & ~trials.fall]
    hours = float(trials.seconds[mine & ~trials.fall].sum()) / 3600.0
    return {
        "falls": len(falls),
        "sensitivity": float(falls.mean()) if len(falls) else None,
        "sensitivity_interval": share_interval(int(falls.sum()), len(falls)),
        "activities": len(rest),
        "specificity": float((~rest).mean()) if len(rest) else None,
        "specificity_interval": share_interval(int((~rest).sum()), len(rest)),
        "activity_hours": hours,
        "false_per_activity_hour": float(rest.sum()) / hours if hours else None,
    }


def _controls(trials: Trials, rule: Flags) -> dict[str, Any]:
    """Compare: chance at the same rate of false alarms, and each number alone."""
    share = float(rule[~trials.fall].mean())
    columns = {"peak": trials.impact[:, 0], "tilt": trials.impact[:, 1]}
    columns["stillness"] = -trials.impact[:, 2]
    return {
        "at_random": {"sensitivity": share, "specificity": 1.0 - share, "auc": 0.5},
        **{f"{name}_alone": _alone(one, trials.fall, share) for name, one in columns.items()},
    }


def _alone(values: Floats, fall: Flags, share: float) -> dict[str, Any]:
    limit = float(np.quantile(values[~fall], 1.0 - share))
    return {
        "sensitivity": float((values[fall] > limit).mean()),
        "specificity": float((values[~fall] <= limit).mean()),
        "auc": auc(values, fall),
    }


def _curve(values: Floats, fall: Flags) -> list[tuple[float, float]]:
    """Return (share of activities that count, share of falls that do) from strict to lax."""
    limits = np.quantile(values[~fall], 1.0 - CURVE)
    return [
        (float((values[~fall] > limit).mean()), float((values[fall] > limit).mean()))
        for limit in limits
    ]
