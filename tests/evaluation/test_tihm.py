from __future__ import annotations

import lzma
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from analytics.detector import Episode, finding
from analytics.evaluation.injection import PRICES_H, WINDOW_S, Silence, moments
from analytics.evaluation.silence import controls, delays, own_past_s, past_maximum_s
from analytics.evaluation.streams import BLIND_S, HomeRecord, read
from analytics.evaluation.tihm import Watched, exits, report, watch
from analytics.home_engine import HomeEngine
from core.model.errors import Misconfigured
from core.model.finding import Severity
from wayhome.commands.evaluate import app

START = datetime(2019, 4, 1, tzinfo=UTC)
ROOMS = ("lounge", "kitchen", "hallway", "bathroom")


def _record(folder: Path, days: int, people: int = 1) -> Path:
    """A made-up record: up from 8 to 22 h, a movement every seven minutes, a night of three visits."""
    rows = ["patient_id,location_name,date"]
    for person in range(people):
        for day in range(days):
            midnight = START + timedelta(days=day)
            awake = [(8 * 60 + 7 * step, ROOMS[step % 4]) for step in range(120)]
            asleep = [(hour * 60 + 11 * day % 60, "bedroom") for hour in (1, 3, 6)]
            for minute, place in sorted(awake + asleep):
                at = midnight + timedelta(minutes=minute, seconds=person)
                rows.append(f"p{person},{place},{at:%Y-%m-%d %H:%M:%S}")
    with lzma.open(folder / "Activity.csv.xz", "wt", encoding="utf-8") as text:
        text.write("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> HomeRecord:
    (one,) = read(_record(tmp_path, 20))
    return one


def test_a_short_record_has_a_short_warm_up(home: HomeRecord, tmp_path: Path) -> None:
    assert home.warm_until == pytest.approx(float(home.at[0]) + 14 * 86400)
    assert home.days == pytest.approx(5.9, abs=0.2)
    (long,) = read(_record(tmp_path, 43))
    assert long.warm_until == pytest.approx(float(long.at[0]) + 28 * 86400)


def test_doors_within_half_an_hour_wake_once(home: HomeRecord) -> None:
    engine = HomeEngine(home.plan)
    engine.tick(START)
    view = engine.view
    assert view is not None
    said = []
    for minute in (0, 20, 45, 120):
        view.now = START.timestamp() + 60.0 * minute
        waking = Severity.CHECK if minute != 20 else Severity.URGENT
        one = Episode(onset=view.now, noticed=view.now, severity=waking)
        said.append(finding(view, "exit", one, "a door"))
    home_of = Watched(record=home, findings=said)
    assert exits([home_of])["false"] == 2


def test_gaps_of_a_day_do_not_count(home: HomeRecord) -> None:
    later = np.where(home.at > home.at[0] + 16 * 86400, home.at + 3 * 86400, home.at)
    gap = HomeRecord(plan=home.plan, at=later, device=home.device, quantities=home.quantities)
    assert gap.days == pytest.approx(home.days, abs=0.6)
    drawn = moments(gap, 20.0, 1)
    around = [gap.gap_around(one) for one in drawn.tolist()]
    assert len(around) > 60
    assert all(after - before < BLIND_S for before, after in around)


def test_moments_are_the_same_for_the_same_seed(home: HomeRecord) -> None:
    assert moments(home, 5.0, 1).tolist() == moments(home, 5.0, 1).tolist()
    assert moments(home, 5.0, 1).tolist() != moments(home, 5.0, 2).tolist()


def test_each_silence_is_found_and_ordinary_days_are_quiet(home: HomeRecord) -> None:
    out = watch(home)
    assert out.failures == []
    assert len(out.silences) >= 8
    told = report([home], [out])
    still = told["inactivity"]
    assert still["false"] == 0
    assert still["detected"] == still["injected"] == len(out.silences)
    assert still["delay_h"]["day_mean"] < 4.0
    assert told["urgent_false_per_week"] == 0
    assert [row["price_h"] for row in told["curve"]] == list(PRICES_H)
    by_price = [row["delay_h"]["mean"] for row in told["curve"]]
    assert by_price == sorted(by_price)


def test_controls_have_the_shape_of_the_product(home: HomeRecord) -> None:
    drawn = [_silence(home, at) for at in moments(home, 3.0, 1).tolist()]
    found = controls([home], [drawn], 0.5, 1)
    assert set(found) >= {"fixed_2h", "fixed_12h", "random", "periodic", "history_only"}
    for one in found.values():
        assert {"false_per_week", "injected", "detected", "delay_h"} <= set(one)
    assert found["fixed_2h"]["false_per_week"] > found["fixed_12h"]["false_per_week"] == 0
    assert found["fixed_2h"]["delay_h"]["day_mean"] < found["fixed_12h"]["delay_h"]["day_mean"]


def test_past_rules_know_only_the_past(home: HomeRecord) -> None:
    cut = len(home.at) // 2
    half = HomeRecord(
        plan=home.plan, at=home.at[:cut], device=home.device[:cut], quantities=home.quantities
    )
    # the last event of a record has no gap yet: its limit is known, its gap is not
    assert past_maximum_s(home)[:cut].tolist() == past_maximum_s(half).tolist()
    assert own_past_s(home, 0.5)[: cut - 200].tolist() == own_past_s(half, 0.5)[:-200].tolist()


def test_a_silence_that_nobody_told_of_counts_as_the_whole_window(home: HomeRecord) -> None:
    silence = _silence(home, float(home.at[-1]) - 100.0)
    told = delays([silence, silence], [None, 3600.0])
    assert (told["injected"], told["detected"]) == (2, 1)
    assert told["delay_h"]["mean"] == pytest.approx((WINDOW_S / 3600 + 1) / 2)


@pytest.mark.parametrize("days", [5, 0])
def test_a_folder_without_a_long_record_is_refused_in_one_line(tmp_path: Path, days: int) -> None:
    if days:
        _record(tmp_path, days)
    result = CliRunner().invoke(app, ["tihm", str(tmp_path), "--json"])
    assert isinstance(result.exception, Misconfigured)
    assert "expected" in str(result.exception)


def _silence(record: HomeRecord, at: float) -> Silence:
    last, _ = record.gap_around(at)
    hour = (at % 86400.0) / 3600.0
    return Silence(
        at=at, hour=hour, leaving=False, delay_s=3600.0, by="inactivity", tried_s=(), last=last
    )
