"""What telling stillness earlier costs: how prices and fixed limits are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics.evaluation import trade_off
from analytics.evaluation.injection import PRICES_H, Pause
from analytics.evaluation.simulated import watch_of
from analytics.evaluation.watching import Silence, Watched, watch
from core.model.errors import Misconfigured
from sensors.simulator.episodes import Episode, Kind

START = datetime(2026, 9, 7, 11, tzinfo=UTC)
HOUR_S = 3600.0


def limits(hours: float) -> tuple[float, ...]:
    """Return limits that grow with the price, that of the third at ``hours``."""
    return tuple(hours * HOUR_S * price / PRICES_H[2] for price in PRICES_H)


def a_home() -> Watched:
    lie = START + timedelta(days=3)
    start, at = START.timestamp(), lie.timestamp()
    nap = start + 86400.0
    episode = Episode(kind=Kind.LONG_LIE, at=lie, lasts=timedelta(hours=4))
    return Watched(
        seed=1,
        start=start,
        end=start + 14 * 86400.0,
        episodes=(episode,),
        detectors=("inactivity",),
        pauses=[(nap, nap + 2.5 * HOUR_S), (at + 60.0, at + 4 * HOUR_S)],
        tried=[
            Pause(onset=nap, length_s=2.5 * HOUR_S, limits_s=limits(2.0)),
            Pause(onset=at + 60.0, length_s=4 * HOUR_S, limits_s=limits(0.9)),
        ],
        silences=[
            Silence(
                at=nap,
                delay_s=None,
                by="",
                night=False,
                in_bed=False,
                still_s=600.0,
                tried_s=limits(1.0),
            )
        ],
    )


def test_prices_and_fixed_limits_are_counted_on_the_same_pauses() -> None:
    asked = trade_off.study(1, 28, 1, 1)
    found = trade_off.report(asked, [a_home()])
    rows = {row["price_h"]: row for row in found["curve"]}
    chosen = rows[PRICES_H[2]]
    assert (chosen["false"], chosen["lies_1_h"]["share"], chosen["lies_3_h"]["share"]) == (1, 1, 1)
    dearer = rows[PRICES_H[3]]
    assert (dearer["false"], dearer["lies_1_h"]["share"], dearer["lies_3_h"]["share"]) == (0, 0, 1)
    assert chosen["delay_h"]["day_mean"] == pytest.approx(1.0)
    fixed = {row["hours"]: row for row in found["fixed"]}
    assert (fixed[2.0]["false"], fixed[4.0]["false"]) == (1, 0)
    assert fixed[2.0]["delay_h"]["day_mean"] == pytest.approx(2.0 - 1 / 6)
    assert fixed[2.0]["lies_3_h"]["share"] == 1
    assert found["silent"]["share"] == 1
    assert found["shipped"]["lies_1_h"]["share"] == 0
    assert found["shipped"]["delay_h"]["day_mean"] == 16


def test_the_prices_are_tried_on_a_home_that_is_watched() -> None:
    asked = trade_off.study(1, 17, 3, 1)
    watched = watch(watch_of(asked, 3))
    assert watched.tried
    assert all(len(one.limits_s) == len(PRICES_H) for one in watched.tried)
    assert "probe" not in watched.detectors
    plain = watch(watch_of(replace(asked, tries=False), 3))
    assert [one.delay_s for one in plain.silences] == [one.delay_s for one in watched.silences]
    assert plain.tried == []


def test_too_short_a_study_is_refused() -> None:
    with pytest.raises(Misconfigured):
        trade_off.study(1, 10, 0, 0).check()
