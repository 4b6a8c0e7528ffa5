"""Outings, simulated and real: that what is counted is what happened."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analytics.evaluation import outings, tracks
from analytics.evaluation.outings import OutingStudy
from core.model.errors import Misconfigured
from sensors.simulator import outdoors
from sensors.simulator.outdoors import Neighbourhood

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "timestamp,x,y,groundtruth\n"


def line(second: int, east: float, label: str) -> str:
    return f"1964-01-12 00:{second // 60:02}:{second % 60:02}.000000000,{east},0.0,{label}\n"


def archive(folder: Path, *texts: str) -> Path:
    with zipfile.ZipFile(folder / "tracks.zip", "w") as opened:
        for number, text in enumerate(texts):
            opened.writestr(f"tracks/{number}.csv", HEADER + text)
    return folder


def test_simulated_outings_are_counted() -> None:
    report = outings.report(OutingStudy(homes=1, days=22, seed=103, workers=1))
    check, urgent = report["lost"]["check"], report["lost"]["urgent"]
    assert report["device_days"] == 8
    assert report["fence"]["exits"] > 0
    assert report["fence"]["false"] == 0
    assert check["normal"]["outings"] > 0
    assert check["new_ways"]["outings"] == outings.NEW_WAYS
    assert check["new_ways"]["flagged"] >= urgent["new_ways"]["flagged"]
    assert 0 < report["state_bytes"] < 64 * 1024


def test_streets_lead_towards_the_place_by_right_angles() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        way = outdoors.streets(Neighbourhood.drawn((52.0, -1.0), rng), rng)
        steps = np.diff(way, axis=0)
        # straight on or a right angle, never back
        assert (np.sum(steps[1:] * steps[:-1], axis=1) > -1e-6).all()
        straight, walked = float(np.hypot(*way[-1])), outdoors.length(way)
        assert straight <= walked + 1e-9 <= straight * 2**0.5 + 1e-6


def test_driving_is_a_ride_and_walking_is_not(tmp_path: Path) -> None:
    driving = "".join(line(second, 12.0 * second, "Driving") for second in range(0, 360, 5))
    walking = "".join(line(second, 1.2 * second, "OnFoot") for second in range(0, 360, 5))
    report = tracks.report(archive(tmp_path, driving, walking))
    assert report["labels"]["Driving"] == {
        "tracks": 1,
        "paths": 0,
        "lost": 0,
        "aimless": 0,
        "rides": 1,
    }
    assert report["labels"]["OnFoot"]["rides"] == 0
    assert report["labels"]["OnFoot"]["paths"] == 1
    assert report["labels"]["OnFoot"]["lost"] == 0


def test_no_tracks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="expected an archive"):
        tracks.report(tmp_path)
    archive(tmp_path, "yesterday,1,2,OnFoot\n")
    with pytest.raises(Misconfigured, match="can not be read"):
        tracks.report(tmp_path)
