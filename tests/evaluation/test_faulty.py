from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
from typer.testing import CliRunner

from analytics.evaluation import faulty
from analytics.evaluation.labelled_homes import LabelledHome, read, read_home
from core.model.errors import Misconfigured
from core.model.home import Placement
from wayhome.commands.evaluate import app


def test_a_fault_changes_what_is_heard_and_not_what_was_done(data_folder: Path) -> None:
    home = read_home(data_folder / "homes" / "A")
    drawn = list(faulty.faulty(home, 1))
    assert drawn[0] == ("none", home)
    assert len({one.fault for one in drawn}) >= 30
    for fault, other in drawn[1:]:
        assert other.labels == home.labels
        assert list(other.events) == sorted(other.events, key=lambda one: one[0])
        if fault.startswith("door"):
            assert 0.85 < len(_doors(other.events, home)) / len(_doors(home.events, home)) < 1.0
        else:
            assert set(other.events) > set(home.events)
    assert [one.home.events for one in faulty.faulty(home, 1)] == [one.home.events for one in drawn]


def _doors(
    events: tuple[tuple[float, int, float], ...], home: LabelledHome
) -> list[tuple[float, int, float]]:
    doors = [one for one in home.plan.devices if one.placement is Placement.ENTRANCE]
    return [one for one in events if one[1] in {door.device_id for door in doors}]


@pytest.mark.parametrize("a_day", faulty.A_DAY)
def test_it_fires_as_often_as_is_said(a_day: int) -> None:
    chance = random.Random(7)
    times = list(faulty.at_random((0.0, 400 * faulty.DAY_S), a_day, chance))
    assert len(times) / 400 == pytest.approx(a_day, rel=0.15)
    assert times == sorted(times)
    assert [value for _, value in faulty.acts("flush", times, chance)] == [1.0] * len(times)
    assert len(list(faulty.acts("furniture", times, chance))) == 2 * len(times)


@pytest.mark.parametrize(
    ("kind", "room"),
    [
        ("motion", "hall"),
        ("interior_door", "bedroom"),
        ("furniture", "bathroom"),
        ("bed", "bedroom"),
    ],
)
def test_a_sensor_at_fault_keeps_nobody_at_home(data_folder: Path, kind: str, room: str) -> None:
    """Without knowing whose word is good a fault of these kinds hid a third to all of the time away."""
    reached = []
    for home in read(data_folder / "homes"):
        if home.name == "D":
            continue  # its labels mark leaving, not absence
        chance = random.Random(kind + home.name)
        span = (home.events[0][0], home.events[-1][0])
        if kind == "bed":
            moments = [(at, 1.0) for at in faulty.at_random(span, 2, chance)]
        else:
            moments = list(faulty.acts(kind, faulty.at_random(span, 4, chance), chance))
        found = faulty.figures(faulty.added(home, kind, room, moments))
        reached.append(found.sensitivity)
        assert found.specificity > 0.98
    assert fmean(reached) > 0.95


def test_where_rest_is_sensed_one_word_alone_brings_nobody_home_for_good(data_folder: Path) -> None:
    """Her chair says by itself, once while she is out, that somebody sits there: all the rest was hidden."""
    home = read_home(data_folder / "homes" / "OrdonezA")
    assert home.plan.senses_rest
    (number,) = (at for at, one in enumerate(home.sensors, 1) if one.kind == "seat")
    chance = random.Random("b Seat/Living")
    times = faulty.at_random((home.events[0][0], home.events[-1][0]), 4, chance)
    more = [(float(int(at)), number, value) for at, value in faulty.acts("seat", times, chance)]
    found = faulty.figures(replace(home, events=tuple(sorted([*home.events, *more]))))
    assert found.sensitivity > 0.97
    assert found.specificity > 0.98


def test_homes_that_can_not_be_scored_are_refused(data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "D").symlink_to(data_folder / "homes" / "D")
    with pytest.raises(Misconfigured, match="class away"):
        faulty.evaluate(tmp_path)


def test_the_command_prints_what_was_counted(data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "OrdonezA").symlink_to(data_folder / "homes" / "OrdonezA")
    result = CliRunner().invoke(app, ["faulty", str(tmp_path), "--rounds", "1", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["homes"]["OrdonezA"]["none"]["sensitivity"] > 0.99
    assert found["all"]["homes"] == sum(row["homes"] for row in found["homes"]["OrdonezA"].values())
    assert found["all"]["aim_reached"] > 0.8
    assert found["all"]["sensitivity"] > found["all"]["door_rule"]["sensitivity"]
