from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.evaluation.floor_plan import room_kind
from analytics.evaluation.homes import evaluate
from analytics.evaluation.labelled_homes import read
from core.model.errors import Misconfigured
from core.model.home import RoomKind
from wayhome.commands.evaluate import app

MIDNIGHT = datetime(2031, 3, 3, tzinfo=UTC)
DAYS = 5
SENSORS = """sensor,name,room,kind
b7,Mat,Sleeping room,Bed
m1,Eye,Lounge/dining,motion
m2,Eye,Toilet,motion
m3,Eye,Entrance hall,motion
x9,Way out,Entrance hall,exterior door
q0,Weather,Office/study,barometer
"""


def _at(day: int, hour: float) -> str:
    return f"{MIDNIGHT + timedelta(days=day, hours=hour):%Y-%m-%d %H:%M:%S}"


def _row(day: int, hour: float, until: float, *rest: str) -> str:
    return ",".join((_at(day, hour), _at(day, until), *rest))


def _day(day: int) -> tuple[list[str], list[str]]:
    """Up from 7 to 23 h, out from 14 to 16 h, in the toilet at 3 h: what is sensed and written down."""
    events = [_row(day, 7 + 0.1 * step, 7 + 0.1 * step + 0.005, "m1") for step in range(60)]
    events += [_row(day, 16.1 + 0.1 * step, 16.11 + 0.1 * step, "m1") for step in range(68)]
    events += [
        _row(day, hour, hour + 0.005, sensor)
        for hour, sensor in (
            (3.01, "m2"),
            (13.99, "m3"),
            (13.995, "x9"),
            (16.0, "x9"),
            (16.002, "m3"),
        )
    ]
    events += [_row(day, 0, 3.0, "b7"), _row(day, 3.05, 6.98, "b7"), _row(day, 23, 23.99, "b7")]
    labels = [
        _row(day, 0, 7, "sleeps", "bed"),
        _row(day, 3, 3.05, "toilet", "toilet"),
        _row(day, 14, 16, "shops", "away"),
        _row(day, 23, 23.99, "sleeps", "bed"),
    ]
    return events, labels


def _home(
    folder: Path, *, events: list[str] | None = None, labels: list[str] | None = None
) -> Path:
    home = folder / "Unseen home 7"
    home.mkdir()
    days = [_day(day) for day in range(DAYS)]
    heard = [row for rows, _ in days for row in rows] + (events or [])
    known = [row for _, rows in days for row in rows] + (labels or [])
    (home / "sensors.csv").write_text(SENSORS)
    (home / "events.csv").write_text("\n".join(["start,end,sensor", *heard]) + "\n")
    (home / "labels.csv").write_text("\n".join(["start,end,activity,class", *known]) + "\n")
    return folder


def test_a_home_that_nobody_has_seen_is_understood_and_scored(tmp_path: Path) -> None:
    found = evaluate(_home(tmp_path))
    assert found["failures"] == []
    away = found["away"]["Unseen home 7"]
    assert away["scored"]
    assert away["sensitivity"] > 0.98
    assert away["specificity"] > 0.99
    assert away["minutes"]["away"] == DAYS * 120
    assert found["controls"]["always_home"]["Unseen home 7"]["sensitivity"] == 0
    night = found["nights"]["Unseen home 7"]
    assert night["bed_sensor"]
    assert (night["nights"], night["missed"]) == (DAYS + 1, 0) or night["nights"] >= DAYS
    assert night["start_error_min"] <= 1
    assert night["end_error_min"] <= 2
    toilet = found["toilet_at_night"]["Unseen home 7"]
    assert (toilet["labelled"], toilet["seen"]) == (DAYS, DAYS)
    assert toilet["recall"] == toilet["precision"] == 1


def test_rows_that_can_not_be_true_are_skipped_and_counted(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    bad = tmp_path / "bad"
    plain.mkdir()
    bad.mkdir()
    events = [
        _row(2, 14.9, 14.8, "m1"),
        _row(2, 15.0, 15.1, "nobody"),
        "yesterday,2031-03-05 15:00:00,m1",
        "2031-03-05 15:00:00",
    ]
    labels = [_row(2, 10, 9, "x", "away"), _row(2, 9, 10, "x", "elsewhere"), "?,?,x,bed"]
    clean = evaluate(_home(plain))
    found = evaluate(_home(bad, events=events, labels=labels))
    assert found["away"] == clean["away"]
    assert found["skipped"]["Unseen home 7"] == {
        "events of an unknown sensor": 1,
        "events that end before they start": 1,
        "events with a time that can not be read": 1,
        "events.csv: rows with too few columns": 1,
        "labels of an unknown class": 1,
        "labels that end before they start": 1,
        "labels with a time that can not be read": 1,
        "sensors of an unknown kind": 1,
    }


def test_labels_of_the_moment_of_leaving_are_reported_and_not_scored(tmp_path: Path) -> None:
    folder = _home(tmp_path)
    path = folder / "Unseen home 7" / "labels.csv"
    path.write_text(path.read_text().replace("16:00:00,shops", "14:03:00,shops"))
    away = evaluate(folder)["away"]["Unseen home 7"]
    assert not away["scored"]
    assert "leaving" in away["reason"]
    assert away["specificity"] < 0.95


@pytest.mark.parametrize("name", ["sensors.csv", "events.csv", "labels.csv"])
def test_an_empty_file_is_no_error_and_gives_no_score(tmp_path: Path, name: str) -> None:
    folder = _home(tmp_path)
    (folder / "Unseen home 7" / name).write_text("")
    found = evaluate(folder)
    assert not found["away"]["Unseen home 7"]["scored"]
    assert found["skipped"]["Unseen home 7"][f"{name} is empty"] == 1


@pytest.mark.parametrize("break_it", ["columns", "missing", "no home"])
def test_another_layout_is_refused_in_one_line(tmp_path: Path, break_it: str) -> None:
    if break_it != "no home":
        path = _home(tmp_path) / "Unseen home 7" / "events.csv"
        if break_it == "missing":
            path.unlink()
        else:
            path.write_text("from,to,what\n")
    result = CliRunner().invoke(app, ["homes", str(tmp_path), "--json"])
    assert isinstance(result.exception, Misconfigured)
    assert "expected" in str(result.exception)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Toilet", RoomKind.BATHROOM),
        ("WC", RoomKind.BATHROOM),
        ("Office/study", RoomKind.OTHER),
        ("Living room", RoomKind.LIVING),
        ("FOYER", RoomKind.HALL),
        ("", RoomKind.OTHER),
    ],
)
def test_rooms_are_known_by_their_names(name: str, kind: RoomKind) -> None:
    assert room_kind(name) is kind


def test_the_command_prints_a_table_and_keeps_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "homes"
    folder.mkdir()
    result = CliRunner().invoke(app, ["homes", str(_home(folder)), "--save", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / "homes.json").exists()


@pytest.mark.data
def test_real_homes_meet_their_targets(data_folder: Path) -> None:
    found = evaluate(data_folder / "homes")
    for name, away in found["away"].items():
        if away["scored"]:
            assert away["sensitivity"] >= 0.98, name
            assert away["specificity"] >= 0.985, name
    assert {name for name, one in found["away"].items() if not one["scored"]} == {"D"}
    for name, night in found["nights"].items():
        if night["scored"]:
            assert max(night["start_error_min"], night["end_error_min"]) <= 10, name
    assert found["nights"]["OrdonezA"]["scored"]
    assert found["toilet_at_night"]["A"]["recall"] >= 0.95
    assert found["toilet_at_night"]["A"]["precision"] >= 0.7


def test_the_same_folder_is_read_alike_in_any_order_of_sensors(tmp_path: Path) -> None:
    folder = _home(tmp_path)
    (first,) = read(folder)
    path = folder / "Unseen home 7" / "sensors.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *rows[::-1]]) + "\n")
    (second,) = read(folder)
    assert first.labels == second.labels
    assert len(first.events) == len(second.events)
    assert evaluate(folder)["away"]["Unseen home 7"]["sensitivity"] > 0.98
