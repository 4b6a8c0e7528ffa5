from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analytics.evaluation import falls, weda
from analytics.features import impacts
from analytics.features.impacts import RATE_HZ, Ring
from core.model.errors import Misconfigured
from sensors.impact_window import Impact, measured

if TYPE_CHECKING:
    from pathlib import Path

REST = np.array([0.0, 0.0, 1.0])
SIDE = np.array([1.0, 0.0, 0.0])


def window(peak: float, after: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    before = np.tile(REST, (200, 1))
    return np.concatenate([before, [REST * peak], np.tile(after, (200, 1))])


@pytest.mark.parametrize(
    ("peak", "after", "counts"),
    [(6.0, SIDE, True), (6.0, REST, False), (2.0, SIDE, False)],
)
def test_a_knock_counts_when_hard_and_followed_by_a_still_arm_that_lies_otherwise(
    peak: float, after: np.ndarray[Any, Any], *, counts: bool
) -> None:
    assert impacts.WRIST.holds(impacts.impact(window(peak, after))) is counts


def test_waving_after_the_knock_is_no_stillness() -> None:
    moving = window(6.0, SIDE)
    moving[201:] *= 1.0 + 0.9 * np.sin(np.arange(200) / 2)[:, None]
    assert not impacts.WRIST.holds(impacts.impact(moving))


@pytest.mark.parametrize("turn", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_how_the_watch_is_turned_does_not_matter(turn: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(1)
    shaken = window(5.0, SIDE) + rng.normal(0, 0.05, (401, 3))
    assert impacts.impact(shaken[:, turn]) == pytest.approx(impacts.impact(shaken), abs=1e-9)
    some, same = impacts.measures(shaken), impacts.measures(shaken[:, turn])
    assert same[:-3] == pytest.approx(some[:-3])
    assert sorted(same[-3:]) == pytest.approx(sorted(some[-3:]))


@pytest.mark.parametrize("length", [12, 30, 60, 149])
def test_short_windows_are_read_as_far_as_they_go(length: int) -> None:
    rng = np.random.default_rng(length)
    found = impacts.measures(rng.normal(0, 1, (length, 3)))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_and_a_window_agree_on_one_knock(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shaken = window(5.0, SIDE) + rng.normal(0, 0.05, (401, 3))
    (found,) = impacts.knocks(np.concatenate([np.tile(REST, (500, 1)), shaken, shaken[300:]]))
    assert found == pytest.approx(impacts.impact(shaken))
    assert found == pytest.approx(measured([(x, y, z) for x, y, z in shaken.tolist()], RATE_HZ))


def test_a_knock_is_told_three_seconds_after_it_and_all_at_once_when_many() -> None:
    ring, times = Ring(), []
    stream = np.concatenate([window(5.0, SIDE), np.tile(SIDE, (400, 1))])
    stream[[250, 300]] = [SIDE * 4.0, SIDE * 3.0]
    for number, (x, y, z) in enumerate(stream.tolist()):
        if (found := ring.feed((x, y, z))) is not None:
            times.append((number, found.peak_g))
    assert times == [(300 + 3 * RATE_HZ, 5.0)]


def test_hitting_without_end_is_told_in_pieces() -> None:
    clap = np.tile(np.concatenate([np.tile(REST, (49, 1)), [REST * 4.0]]), (90, 1))
    assert len(impacts.knocks(clap)) in {3, 4}


def test_a_knock_at_the_end_of_a_recording_is_not_lost() -> None:
    assert [one.peak_g for one in impacts.knocks(window(5.0, SIDE)[:260])] == [5.0]


def test_stamps_in_batches_come_onto_an_even_grid() -> None:
    true = np.arange(500) / 50.0
    batches = true - true % 0.1 + 0.1 + (np.arange(500) % 5) / 1000.0
    wave = np.stack([np.sin(true), np.cos(true), true], axis=1)
    found = impacts.regular(batches, wave)
    exact = np.stack([np.sin(true), np.cos(true), true], axis=1)[: len(found)]
    assert np.abs(np.diff(found[30:-30, 2])).max() < 0.03
    assert len(found) == pytest.approx(500, abs=15)
    late = float(np.mean(found[50:400, 2] - exact[50:400, 2]))
    assert abs(late) < 0.2


def test_who_is_older_is_read_from_the_page_or_from_who_falls(tmp_path: Path) -> None:
    assert weda._older(tmp_path, {1, 2, 30}, {1, 2}) == {30}
    (tmp_path / "README.md").write_text("| 1 | 22 | 1.7 |\n| 2  | 71        | 1.6 |\n")
    assert weda._older(tmp_path, {1, 2, 30}, {1, 2}) == {2, 30}


def test_the_rule_is_chosen_in_the_middle_of_what_works() -> None:
    falls_ = [Impact(5.0, 80.0, 0.1)] * 10
    rest = [Impact(5.0, 5.0, 0.9)] * 10
    rule = falls.chosen(np.array(falls_ + rest), np.array([True] * 10 + [False] * 10))
    assert all(rule.holds(one) for one in falls_)
    assert not any(rule.holds(one) for one in rest)


def archive(path: Path, members: dict[str, str]) -> None:
    with tarfile.open(path, "w:xz") as packed:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            packed.addfile(entry, io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "at least 3 people, found 0"),
        ({"x/F01/U01_R01_accel.csv": "t,x,y,z\nnever,1,2,3\n"}, "F01/U01_R01_accel.csv"),
    ],
)
def test_what_is_no_such_archive_is_named(
    tmp_path: Path, members: dict[str, str], said: str
) -> None:
    archive(tmp_path / "some.tar.xz", members)
    with pytest.raises(Misconfigured, match=said):
        weda.read(tmp_path)
    with pytest.raises(Misconfigured, match="expected an archive"):
        weda.read(tmp_path / "nowhere")


def test_an_operating_point_knows_only_the_people_it_is_given() -> None:
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(6), 20)
    fall = rng.random(120) < 0.4
    measures = rng.normal(0, 1, (120, 3)) + 2.0 * fall[:, None]
    point = falls.operating_point(person, measures, fall)
    assert 0.0 < point < 1.0
    assert point == falls.operating_point(person, measures, fall)


@pytest.mark.data
def test_on_people_it_has_not_seen(data_folder: Path) -> None:
    told: list[tuple[int, int]] = []
    report = falls.evaluate(data_folder / "falls_wrist", lambda *now: told.append(now))
    assert told[-1] == (report["people"], report["people"])
    for name in ("rule", "rule_refitted"):
        assert report[name]["sensitivity"] >= 0.87
        assert report[name]["specificity"] >= 0.87
    assert report["model"]["sensitivity"] >= 0.90
    assert report["model"]["specificity"] >= 0.94
    assert report["model"]["auc"] > report["controls"]["peak_alone"]["auc"]
    assert report["older"]["rule"]["sensitivity"] is None
    assert report["older"]["rule"]["specificity"] >= 0.94
    assert report["young"]["rule"].keys() == report["rule"].keys()
