from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analytics.evaluation import wrist
from analytics.evaluation.wrist import Moved


def person(*runs: tuple[bool, int]) -> Moved:
    """Return somebody whose wrist moves and rests by turns, from midnight on."""
    moves = np.concatenate([np.full(length, moving) for moving, length in runs])
    return Moved(np.arange(len(moves)) % 1440 / 60.0, moves)


def test_minutes_and_rests_are_compared_by_part_of_the_day() -> None:
    day = (True, 1440)
    short = person(*[(True, 5), (False, 5)] * 144, day)
    long = person(*[(True, 20), (False, 20)] * 36, day)
    assert wrist.beside([short], [short])["09-13 h"]["rests_ks"] == 0.0
    apart = wrist.beside([short], [long])["09-13 h"]
    assert apart == {"moving_simulated": 0.75, "moving_real": 0.75, "rests_ks": 1.0}


def test_two_hours_without_any_movement_are_not_worn() -> None:
    table = person((True, 540), (False, 180), (True, 60), (False, 20), (True, 640))
    found = wrist.beside([table], [table])
    assert found["09-13 h"]["moving_real"] == 1.0
    assert found["13-17 h"]["moving_real"] == pytest.approx(220 / 240, abs=0.001)


@pytest.mark.data
def test_the_simulated_wrist_is_like_those_of_depresjon(data_folder: Path) -> None:
    found = wrist.report(data_folder / "actigraphy", 6, 8, 900)
    assert found["recordings"] == 18
    by_day = ["00-05 h", "05-09 h", "09-13 h", "13-17 h", "17-21 h"]
    for part in by_day:
        row = found["parts"][part]
        assert row["moving_simulated"] == pytest.approx(row["moving_real"], abs=0.12)
        assert row["rests_ks"] < 0.3
