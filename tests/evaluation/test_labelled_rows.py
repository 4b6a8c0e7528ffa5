from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analytics.evaluation.floor_plan import Sensor
from analytics.evaluation.homes import evaluate
from analytics.evaluation.labelled_homes import read, read_all
from analytics.evaluation.labelled_rows import seconds
from core.model.errors import Misconfigured
from core.model.home import Placement
from core.model.quantity import Quantity
from tests.evaluation.test_homes import _at, _home, _row
from wayhome.commands.evaluate import app

NAME = "Unseen home 7"
Change = Callable[[str], str]


def _changed(folder: Path, change: Callable[[bytes], bytes], *names: str) -> Path:
    _home(folder)
    for name in names or ("sensors", "events", "labels"):
        path = folder / NAME / f"{name}.csv"
        path.write_bytes(change(path.read_bytes()))
    return folder


def _figures(found: dict[str, Any]) -> list[Any]:
    return [found[part][NAME] for part in ("away", "nights", "toilet_at_night")]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return _figures(evaluate(_home(tmp_path_factory.mktemp("plain"))))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("marked", lambda text: b"\xef\xbb\xbf" + text),
        ("of two bytes", lambda text: text.decode().encode("utf-16")),
        ("semicolons", lambda text: text.replace(b",", b";")),
        ("tabs", lambda text: text.replace(b",", b"\t")),
        ("of another system", lambda text: text.replace(b"\n", b"\r\n")),
        ("of an old system", lambda text: text.replace(b"\n", b"\r")),
        ("blank lines", lambda text: text.replace(b"\n", b"\n\n")),
        ("blanks", lambda text: text.replace(b",", b" , ")),
        ("columns at the end", lambda text: text.replace(b"\n", b",,\n")),
        ("no seconds", lambda text: text.replace(b":00,", b",")),
        ("with a zone", lambda text: text.replace(b":00,", b":00+01:00,")),
        ("with a T", lambda text: text.replace(b" 0", b"T0")),
        ("with slashes", lambda text: text.replace(b"2031-03-", b"2031/03/")),
        ("month by name", lambda text: text.replace(b"2031-03-03", b"03-Mar-2031")),
        ("head in capitals", lambda text: text.replace(b"start,end", b"Start,END")),
        ("no newline at the end", lambda text: text.rstrip()),
    ],
)
def test_a_table_means_the_same_in_any_form(
    tmp_path: Path, plain: list[Any], name: str, change: Callable[[bytes], bytes]
) -> None:
    found = evaluate(_changed(tmp_path, change))
    assert _figures(found) == plain, name
    assert found["skipped"][NAME] == {"sensors of an unknown kind": 1}


@pytest.mark.parametrize(
    ("note", "events", "labels"),
    [
        ("events that are there twice", [_row(2, 10.0, 10.5, "m1")] * 3, []),
        ("events with a time that can not be read", ["32.13.2031,,m1"], []),
        ("events with a time that can not be read", ["nan,nan,m1"], []),
        ("events of an unknown sensor", [_row(2, 14.0, 14.5, "m77")], []),
        ("events with a date far from all others", [_row(700, 14.0, 14.5, "m1")], []),
        ("events with a date far from all others", [_row(-99, 14.0, 14.5, "m1")], []),
        ("labels with a date far from all others", [], [_row(700, 14, 15, "x", "bed")]),
        ("labels with a time that can not be read", [], [f"{_at(2, 9)},,x,bed"]),
        ("labels.csv: rows with too many columns", [], [_row(2, 1, 2, "x", "bed", "y")]),
    ],
)
def test_what_can_not_be_is_left_out_and_told_with_its_line(
    tmp_path: Path, note: str, events: list[str], labels: list[str]
) -> None:
    found = evaluate(_home(tmp_path, events=events, labels=labels))
    assert note in found["skipped"][NAME]
    lines = found["skipped_where"][NAME][note]
    assert lines.startswith("line ")
    told = CliRunner().invoke(app, ["homes", str(tmp_path)])
    assert told.exit_code == 0
    assert note in " ".join(told.output.split())
    assert found["away"][NAME]["sensitivity"] > 0.97


def test_an_event_without_an_end_only_begins(tmp_path: Path) -> None:
    (home,) = read(_home(tmp_path, events=[f"{_at(2, 10.01)},,m1"]))
    assert home.skipped["events without an end: they only begin"] == 1
    assert home.skipped_where["events without an end: they only begin"].startswith("line ")


def test_bytes_of_another_alphabet_are_read_and_told(tmp_path: Path, plain: list[Any]) -> None:
    found = evaluate(_changed(tmp_path, lambda text: text.replace(b"Eye", b"\xc6gir"), "sensors"))
    assert _figures(found) == plain
    assert found["skipped"][NAME]["sensors.csv is not UTF-8: read as Windows-1252"] == 1


def test_rows_in_another_order_mean_the_same(tmp_path: Path, plain: list[Any]) -> None:
    def turned(text: bytes) -> bytes:
        head, *rows = text.splitlines()
        return b"\n".join([head, *reversed(rows)])

    assert _figures(evaluate(_changed(tmp_path, turned, "events", "labels"))) == plain


def test_a_bed_whose_events_overlap_is_empty_when_the_last_one_ends(tmp_path: Path) -> None:
    (home,) = read(_home(tmp_path, events=[_row(2, 2.0, 2.5, "b7"), _row(2, 2.9, 3.01, "b7")]))
    bed = [(at, value) for at, number, value in home.events if home.sensors[number - 1].key == "b7"]
    assert [value for _, value in bed] == [1.0, 0.0] * (len(bed) // 2)
    assert home.skipped["events of a bed or chair that overlap: taken as one"] == 2


def test_a_bed_that_is_left_and_occupied_in_the_same_second_is_occupied(tmp_path: Path) -> None:
    rows = [_row(2, 9.5, 9.6, "b7"), _row(2, 9.4, 9.5, "b7")]
    (home,) = read(_home(tmp_path, events=rows))
    at = seconds(_at(2, 9.5))
    keys = [one.key for one in home.sensors]
    said = [
        (when, value)
        for when, number, value in home.events
        if keys[number - 1] == "b7" and at <= when < at + 1.0
    ]
    assert [value for _, value in said] == [0.0, 1.0]
    assert said[0][0] < said[1][0]


def test_a_record_by_the_minute_keeps_what_comes_and_goes_in_one(tmp_path: Path) -> None:
    """Two words of one sensor at one moment are one to the product: a door would stay open for ever."""
    folder = _home(tmp_path, events=[f"{_at(2, 9.5)},{_at(2, 9.5)},x9"] * 2)
    found = evaluate(folder)
    assert found["away"][NAME]["specificity"] > 0.95
    (home,) = read(folder)
    moments = [(at, number) for at, number, _ in home.events]
    assert len(set(moments)) == len(moments)


def test_a_flush_whose_switch_goes_back_much_later_was_pulled_again(tmp_path: Path) -> None:
    folder = _home(tmp_path, events=[_row(2, 1.0, 1.5, "f1"), _row(2, 2.0, 2.01, "f1")])
    path = folder / NAME / "sensors.csv"
    path.write_text(path.read_text() + "f1,Flush,Toilet,flush\n")
    (home,) = read(folder)
    flush = [value for _, number, value in home.events if home.sensors[number - 1].key == "f1"]
    assert flush == [1.0, 0.0] * 3


def test_one_home_that_can_not_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    _home(tmp_path)
    other = tmp_path / "Another"
    other.mkdir()
    (other / "events.csv").write_text("when,what\n")
    found = evaluate(tmp_path)
    assert found["unread"] == {
        "Another": "Another/sensors.csv: expected a table with the columns sensor, name, room, kind;"
        " it can not be read"
    }
    told = CliRunner().invoke(app, ["homes", str(tmp_path)])
    assert told.exit_code == 0
    assert "Another: not read" in told.output
    assert found["homes"] == [NAME]


def test_a_folder_that_is_a_home_is_one(tmp_path: Path) -> None:
    _home(tmp_path)
    assert [one.name for one in read_all(tmp_path / NAME).homes] == [NAME]


def test_a_home_without_a_minute_at_home_is_not_scored(tmp_path: Path) -> None:
    folder = _home(tmp_path)
    text = f"start,end,activity,class\n{_row(1, 0, 30, 'out', 'away')}\n"
    (folder / NAME / "labels.csv").write_text(text)
    found = evaluate(folder)["away"][NAME]
    assert (found["scored"], found["specificity"]) == (False, None)
    assert "no minute at home" in found["reason"]
    told = CliRunner().invoke(app, ["faulty", str(folder)])
    assert isinstance(told.exception, Misconfigured)
    assert "no minute at home" in str(told.exception)


@pytest.mark.parametrize(
    ("kind", "name", "room", "placement", "quantity"),
    [
        ("PIR", "Shower", "Bathroom", Placement.ROOM, Quantity.MOTION),
        ("Magnetic", "Maindoor", "Entrance", Placement.ENTRANCE, Quantity.CONTACT),
        ("door", "Hall-Toilet door", "toilet", Placement.OBJECT, Quantity.CONTACT),
        ("contact", "Fridge", "Kitchen", Placement.OBJECT, Quantity.CONTACT),
        ("magnetic", "Closet", "Entrance", Placement.OBJECT, Quantity.CONTACT),
        ("Pressure", "Bed left", "Bedroom", Placement.BED, Quantity.BED),
        ("Pressure", "Couch", "Living", Placement.CHAIR, Quantity.CHAIR),
        ("ExteriorDoor", "D1", "", Placement.ENTRANCE, Quantity.CONTACT),
        ("Electric", "Microwave", "Kitchen", Placement.OBJECT, Quantity.VIBRATION),
    ],
)
def test_kinds_are_known_by_what_other_records_call_them(
    kind: str, name: str, room: str, placement: Placement, quantity: Quantity
) -> None:
    sensor = Sensor(key="1", name=name, room=room, kind=kind)
    assert sensor.known
    assert (sensor.placement, sensor.quantity) == (placement, quantity)


def test_what_measures_and_senses_nobody_keeps_nobody_at_home(
    tmp_path: Path, plain: list[Any]
) -> None:
    folder = _home(tmp_path, events=[_row(2, 14.0 + 0.1 * step, 15, "t1") for step in range(9)])
    path = folder / NAME / "sensors.csv"
    path.write_text(path.read_text() + "t1,Heat,Lounge,temperature\n")
    found = evaluate(folder)
    assert _figures(found) == plain
    assert found["skipped"][NAME]["sensors that sense nobody"] == 1


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(("sensors", "events", "labels")),
    at=st.floats(0, 1),
    bytes_=st.binary(max_size=12),
    left_out=st.integers(0, 40),
)
def test_no_byte_of_a_file_is_more_than_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: float, bytes_: bytes, left_out: int
) -> None:
    def broken(text: bytes) -> bytes:
        place = int(at * len(text))
        return text[:place] + bytes_ + text[place + left_out :]

    folder = _changed(tmp_path_factory.mktemp("broken"), broken, name)
    with suppress(Misconfigured):
        evaluate(folder)
