from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.model.quantity import Quantity
from sensors.simulator import wearing
from sensors.simulator.behaviour import Activity, Stay
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import PLAIN
from sensors.simulator.homes import BED, WATCH, Equipment, SimulatedHome
from sensors.simulator.recording import Recording
from sensors.simulator.rows import NUMBER, Rows
from sensors.simulator.wrist import moving_minutes

START = datetime(2026, 8, 3, tzinfo=UTC)
DAYS = 40


def share(activity: Activity, how: str = "") -> float:
    """Return the share of minutes with movement of somebody who does one thing all day, over some weeks."""
    since = START.timestamp()
    stays = [Stay(activity, 0, since, since + 86400.0)]
    lie = Episode(kind=Kind.LONG_LIE, at=START, lasts=timedelta(days=1), how=how)
    found = [
        moving_minutes(stays, [lie], np.random.default_rng((1, day)))[1].mean()
        for day in range(DAYS)
    ]
    return float(np.mean(found))


def test_the_wrist_moves_as_in_depresjon() -> None:
    """By night (00-05 h) 0.33 of the minutes, by day (13-21 h) 0.87, awake and asleep together."""
    assert share(Activity.SLEEP) == pytest.approx(0.31, abs=0.06)
    assert share(Activity.RELAX) == pytest.approx(0.86, abs=0.06)
    assert share(Activity.POTTER) > 0.9
    assert share(Activity.LIE) == pytest.approx(share(Activity.SLEEP), abs=0.05)
    assert share(Activity.LIE, "faint") == pytest.approx(share(Activity.RELAX), abs=0.05)


def said(found: Rows, quantity: Quantity) -> Rows:
    return found.only(found.quantity == NUMBER[quantity])


def test_who_sits_takes_no_steps_and_is_worn_all_the_same() -> None:
    at = START.timestamp()
    stays = [
        Stay(Activity.POTTER, 0, at, at + 7200.0),
        Stay(Activity.RELAX, 0, at + 7200.0, at + 14400.0),
        Stay(Activity.SLEEP, 0, at + 14400.0, at + 43200.0),
    ]
    rngs = (np.random.default_rng(3), np.random.default_rng(4))
    found = wearing.watch(stays, [], 5, *rngs)
    steps, activity = said(found, Quantity.STEPS), said(found, Quantity.ACTIVITY)
    assert steps.observed.max() <= at + 7200.0
    assert len(activity) == len(said(found, Quantity.HEART_RATE))
    assert np.all(np.diff(np.sort(activity.observed)) % wearing.REPORT_S == 0)
    assert activity.value.min() >= 0.0
    assert activity.value.max() <= 100.0


def test_a_watch_changes_nothing_that_others_say() -> None:
    span = (START, START + timedelta(days=2))
    bare = SimulatedHome.drawn(11)
    bare = replace(bare, equipment=Equipment(layout=bare.equipment.layout, more=(BED,)))
    worn = replace(bare, equipment=Equipment(layout=bare.equipment.layout, more=(BED, WATCH)))
    first, second = (
        _moves(Recording(home=home, span=span, circumstances=PLAIN)) for home in (bare, worn)
    )
    assert np.array_equal(first, second)


def _moves(record: Recording) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    kept = [said(batch, Quantity.MOTION).observed for batch in record.batches()]
    return np.sort(np.concatenate(kept))
