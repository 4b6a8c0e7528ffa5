"""Where to look: distances, rings by terrain, the last known place, the sketch."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.missing import Traces
from core.model.search_rings import FOUND_WITHIN_MILES, KILOMETRES_IN_MILE, Terrain
from dashboard.missing.compass import bearing_deg, distance_m
from dashboard.missing.search import TERRAINS, draws, origin_of, search_area
from dashboard.missing.sketch import BEYOND, CENTRE, REACH, sketch
from tests.dashboard.missing_words import TRACES
from tests.dashboard.town import NOW


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(0, 359), st.floats(100, 20_000))
def test_distance_and_direction_are_those_of_the_globe(
    latitude: float, longitude: float, turn: float, metres: float
) -> None:
    from math import cos, radians, sin  # noqa: PLC0415

    step = metres / 111_195
    there = (
        latitude + step * cos(radians(turn)),
        longitude + step * sin(radians(turn)) / cos(radians(latitude)),
    )
    here = (latitude, longitude)
    assert distance_m(here, there) == pytest.approx(metres, rel=0.02)
    off = (bearing_deg(here, there) - turn + 180) % 360 - 180
    assert abs(off) < 2
    assert distance_m(here, here) == 0


@given(since=st.floats(0, 1e6), radius=st.floats(0, 5000), terrain=st.sampled_from(list(Terrain)))
def test_rings_grow_with_time_up_to_what_was_published(
    since: float, radius: float, terrain: Terrain
) -> None:
    origin = origin_of(TRACES, None)
    assert origin is not None
    origin = replace(origin, radius_m=radius, at=NOW - timedelta(seconds=since))
    found = dict(search_area(origin, NOW).by_terrain)[terrain]
    half, most = (1000 * KILOMETRES_IN_MILE * one for one in FOUND_WITHIN_MILES[terrain])
    assert radius <= found.half_m <= found.nearly_all_m <= radius + most + 1e-6
    assert (found.half_found_m, found.nearly_all_found_m) == (half, most)
    assert set(TERRAINS) == set(Terrain)


def test_the_last_known_place_is_the_tracker_unless_it_is_long_before_the_door() -> None:
    position = TRACES.position
    assert position is not None
    home = (53.81, -1.55)
    found = origin_of(TRACES, home)
    assert found is not None
    assert (found.kind, found.radius_m) == ("tracker", 15.0)
    old = replace(TRACES, position=replace(position, at=NOW - timedelta(hours=30)))
    found = origin_of(old, home)
    assert found is not None
    assert (found.kind, found.point, found.at) == ("home", home, NOW - timedelta(minutes=12))
    searched = replace(TRACES, position=replace(position, at=NOW - timedelta(minutes=50)))
    found = origin_of(searched, home)
    assert found is not None
    assert found.kind == "tracker", "who searches uses the door too"
    assert origin_of(Traces(), home) is None


@given(
    st.lists(
        st.tuples(st.floats(53.0, 54.6), st.floats(-3.0, 0.0)) | st.none(), min_size=0, max_size=30
    ),
    st.integers(0, 86_400),
)
def test_a_sketch_holds_every_place_within_its_edge(
    points: list[tuple[float, float] | None], seconds: int
) -> None:
    origin = origin_of(TRACES, None)
    assert origin is not None
    area = search_area(origin, origin.at + timedelta(seconds=seconds))
    places = draws([("A place", "there", one) for one in points], origin.point)
    drawn = sketch(area, places)
    assert [one.distance_m is None for one in places] == sorted(
        one.distance_m is None for one in places
    )
    assert max(one.radius for one in drawn.circles) == pytest.approx(REACH)
    for mark in drawn.marks:
        out = ((mark.x - CENTRE) ** 2 + (mark.y - CENTRE) ** 2) ** 0.5
        assert out <= BEYOND + 0.2
        assert mark.beyond is (out > REACH + 0.2)
    assert len(drawn.marks) == min(26, len([one for one in points if one]))


def test_the_how_to_is_right() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "missing-person.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried > 3) == (0, True)
