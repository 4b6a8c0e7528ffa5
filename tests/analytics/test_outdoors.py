"""Fixes, ground and paths: what they keep, and that it stays small."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.features.fixes import Fix, Gate, Plane, away, beyond, direction
from analytics.features.ground import (
    AXES,
    HOME_FROM,
    MOST_CELLS,
    MOST_PLACES,
    Ground,
    axis,
    cell,
)
from analytics.features.paths import Path
from core.model.observation import Position

METRES = st.floats(-5000, 5000)
PLANE = Plane(51.0, -1.0)


def fix(at: float, east: float, north: float, sigma: float = 6.0) -> Fix:
    return Fix(at=at, east=east, north=north, sigma=sigma)


def nowhere(_east: float, _north: float, _way: int) -> bool:
    return False


def walked(path: Path, places: list[tuple[float, float]], every_s: float = 60.0) -> Path:
    start = path.corners[-1].at if path.corners else 0.0
    for number, (east, north) in enumerate(places, 1):
        path.add(fix(start + every_s * number, east, north), nowhere)
    return path


def learned(ground: Ground, north_m: int, outings: int) -> Ground:
    way = axis(0.0, 1.0)
    cells = {cell(0.0, north): 1 << way for north in range(0, north_m, 20)}
    for _ in range(outings):
        ground.learn(cells)
    return ground


@given(distance=st.floats(0, 1000), nearer=st.floats(0, 1000), sigma=st.floats(3, 100))
def test_farther_is_never_less_likely_beyond(distance: float, nearer: float, sigma: float) -> None:
    low, high = sorted((distance, nearer))
    assert 0.0 <= beyond(low, 100.0, sigma) <= beyond(high, 100.0, sigma) <= 1.0


@given(east=METRES, north=METRES)
def test_the_plane_is_right_to_the_metre(east: float, north: float) -> None:
    latitude = 51.0 + north / 111_195.0
    longitude = -1.0 + east / (111_195.0 * math.cos(math.radians(51.0)))
    assert PLANE.metres(latitude, longitude) == pytest.approx((east, north), abs=0.01)


def test_the_plane_goes_over_the_date_line_by_the_short_way() -> None:
    assert Plane(0.0, 179.999).metres(0.0, -179.999)[0] == pytest.approx(222.4, abs=0.1)


def test_the_gate_takes_no_old_vague_or_impossible_fix() -> None:
    gate = Gate()
    good = Position(latitude=51.0, longitude=-1.0, accuracy_m=15.1)
    vague = Position(latitude=51.0, longitude=-1.0, accuracy_m=300.0)
    far = Position(latitude=51.5, longitude=-1.0, accuracy_m=10.0)
    assert gate.take(vague, 0.0, PLANE) is None
    taken = gate.take(good, 10.0, PLANE)
    assert taken is not None
    assert taken.sigma == pytest.approx(10.0)
    assert gate.take(good, 10.0, PLANE) is None
    assert gate.take(good, 5.0, PLANE) is None
    assert gate.take(vague, 300.0, PLANE) is None
    assert gate.take(vague, 700.0, PLANE) is not None
    assert [gate.take(far, 701.0 + n, PLANE) is None for n in range(3)] == [True, True, False]


def test_a_way_is_known_after_two_outings_in_its_own_direction_only() -> None:
    along, across = axis(0.0, 1.0), axis(1.0, 0.0)
    assert not learned(Ground(), 400, 1).knows(5.0, 200.0, along)
    ground = learned(Ground(), 400, 2)
    assert ground.knows(5.0, 200.0, along)
    assert ground.knows(5.0, 200.0, axis(0.3, -1.0))
    assert not ground.knows(5.0, 200.0, across)
    assert not ground.knows(200.0, 200.0, along)
    for _ in range(120):
        ground.close_day()
    assert not ground.knows(5.0, 200.0, along)


@given(east=METRES, north=METRES)
def test_there_and_back_is_one_direction(east: float, north: float) -> None:
    assert 0 <= axis(east, north) < AXES
    if math.hypot(east, north) > 1.0:
        turned = (axis(east, north) - axis(-east, -north)) % AXES
        assert turned in {0, 1, AXES - 1}


def test_the_ground_stays_small_and_comes_back_as_it_was() -> None:
    chance, ground = random.Random(3), Ground()
    for number in range(60):
        cells = {
            cell(chance.uniform(-5e4, 5e4), chance.uniform(-5e4, 5e4)): 1 << number % AXES
            for _ in range(100)
        }
        ground.learn(cells)
        ground.stay(chance.uniform(-5e4, 5e4), chance.uniform(-5e4, 5e4))
        ground.dwell(fix(3600.0 * number, 1000.0 * number, 0.0))
    assert len(ground.places) <= MOST_PLACES
    saved = msgspec.msgpack.encode(ground.snapshot())
    assert len(saved) < 7 * MOST_CELLS + 2000
    again = Ground.restored(msgspec.msgpack.decode(saved))
    assert msgspec.msgpack.encode(again.snapshot()) == saved


def test_home_needs_three_hours_and_a_lead_and_can_move() -> None:
    ground = Ground()
    for hour in range(int(HOME_FROM)):
        assert ground.home is None
        ground.dwell(fix(3600.0 * hour, 10.0, 0.0))
        ground.dwell(fix(3600.0 * hour + 60.0, 10.0, 0.0))
    assert ground.home == pytest.approx((10.0, 0.0))
    for hour in range(4, 8):
        ground.dwell(fix(3600.0 * hour, 5000.0, 0.0))
    assert ground.home == pytest.approx((10.0, 0.0))
    for hour in range(8, 12):
        ground.dwell(fix(3600.0 * hour, 5000.0, 0.0))
    assert ground.home == pytest.approx((5000.0, 0.0))


def test_a_straight_line_has_no_turns_and_no_loops() -> None:
    path = walked(Path(), [(0.0, 60.0 * step) for step in range(10)])
    found = path.walked(600.0, [(0.0, 0.0)])
    assert found is not None
    assert (found.turn, found.loops, found.novel) == (0.0, 0, 1.0)
    assert found.straight == pytest.approx(1.0)
    assert found.progress == pytest.approx(-1.0)


def test_laps_count_as_loops_and_the_way_back_does_not_count_as_new() -> None:
    block = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    laps = walked(Path(), block * 3 + block[:1])
    found = laps.walked(laps.corners[-1].at, [])
    assert found is not None
    assert found.loops == 3
    assert found.turn == pytest.approx(90.0)
    out = [(0.0, 60.0 * step) for step in range(8)]
    path = walked(Path(), [*out, *reversed(out[:-1])])
    found = path.walked(path.corners[-1].at, [(0.0, 0.0)])
    assert found is not None
    assert found.back
    assert found.novel == 0.0


def test_to_and_fro_a_second_time_is_no_way_back() -> None:
    out = [(0.0, 60.0 * step) for step in range(5)]
    path = walked(Path(), [*out, *reversed(out[:-1]), *out[1:], *reversed(out[:-1])])
    found = path.walked(path.corners[-1].at, [(0.0, 0.0)])
    assert found is not None
    assert not found.back
    assert found.loops >= 2


def test_errors_of_fixes_at_one_place_are_no_path() -> None:
    chance, path = random.Random(1), Path()
    for minute in range(60):
        path.add(fix(60.0 * minute, chance.gauss(0, 6), chance.gauss(0, 6)), nowhere)
    assert path.walked(3600.0, []) is None


@pytest.mark.parametrize("metres", [0.0, 30.0, 974.0, 976.0, 9940.0, 9960.0, 1e6])
def test_distances_are_said_without_false_precision(metres: float) -> None:
    said = away(metres)
    assert said.endswith(("m", "km"))
    assert sum(one.isdigit() for one in said) <= 4
    assert direction(1.0, 1.0) == "north-east"
