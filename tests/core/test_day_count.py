"""What a day comes to: nights, outings, gaps and the days on which the clock is set."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sample_days import BED, DOOR, HALL_MOTION, HOUSEHOLD, KITCHEN_MOTION
from core.model.day_count import (
    Former,
    Sign,
    as_they_stood,
    bounds,
    count_day,
    joined,
    silent_after,
)
from core.model.home import Placement
from core.model.quantity import Quantity

ZONE = ZoneInfo("Europe/London")
DAY = date(2026, 1, 14)
START = datetime(2026, 1, 14, tzinfo=UTC)
DEVICES = {one.device_id: one for one in HOUSEHOLD.devices}
Span = tuple[datetime, datetime]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def moved(hours: float, device: int = KITCHEN_MOTION) -> Sign:
    return at(hours), DEVICES[device].device_id, Quantity.MOTION, 1.0  # type: ignore[index]


def door(hours: float, value: float = 1.0) -> Sign:
    return at(hours), DOOR, Quantity.CONTACT, value


def bed(hours: float, value: float) -> Sign:
    return at(hours), BED, Quantity.BED, value


def test_an_outing_is_a_silence_between_two_openings_of_the_door() -> None:
    rows = [moved(9, HALL_MOTION), door(9.01), door(9.015, 0), moved(9.02, HALL_MOTION),
            door(10.5), moved(10.51, HALL_MOTION)]  # fmt: skip
    (outing,) = count_day(DAY, ZONE, DEVICES, rows, []).outings
    assert outing.start == at(9.02)
    assert outing.minutes == pytest.approx(88.8)
    assert count_day(DAY, ZONE, DEVICES, rows, [(at(9.5), at(9.6))]).outings == (), "not seen whole"


def test_somebody_who_sits_still_after_the_post_has_come_was_not_out() -> None:
    rows = [door(9), door(9.01, 0), moved(11), door(12)]
    assert count_day(DAY, ZONE, DEVICES, rows, []).outings == ()


def test_a_night_says_times_and_exits_and_no_word_of_sleep() -> None:
    rows = [bed(-2, 1), bed(2, 0), bed(2.25, 1), bed(4, 0), bed(4.005, 1), bed(7, 0)]
    night = count_day(DAY, ZONE, DEVICES, rows, []).night
    assert night is not None
    assert (night.to_bed, night.up, night.exits) == (at(-2), at(7), 1)
    assert night.longest_absence_min == pytest.approx(15)
    assert night.in_bed_min == pytest.approx(525)
    hidden = count_day(DAY, ZONE, DEVICES, rows, [(at(-1), at(6))])
    assert hidden.night is None, "of a night that was not seen nothing is claimed"


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clock_is_set_has_the_hours_it_had(day: date, hours: int) -> None:
    start, end = bounds(day, ZONE)
    rows: list[Sign] = []
    moment = start
    while moment < end:
        rows.append((moment, KITCHEN_MOTION, Quantity.MOTION, 1.0))
        moment += timedelta(minutes=1)
    count = count_day(day, ZONE, DEVICES, rows, [])
    assert sum(count.seen) == hours * 60 == sum(count.active)
    assert count.seen[4] == (0 if hours == 23 else 30)


@given(
    st.lists(st.floats(0, 24), max_size=60),
    st.lists(st.tuples(st.floats(-3, 25), st.floats(0, 9)), max_size=5),
)
def test_no_quarter_hour_holds_more_than_it_has(
    hours: list[float], hidden: list[tuple[float, float]]
) -> None:
    rows = [moved(one) for one in sorted(hours)]
    unseen = joined([(at(begin), at(begin + length)) for begin, length in hidden])
    count = count_day(DAY, ZONE, DEVICES, rows, unseen)
    assert all(0 <= one <= 15 for one in (*count.active, *count.seen))
    assert sum(count.active) <= len(hours)
    assert count.rooms["Kitchen"] == count.active
    assert all(one.minutes >= 10 for one in count.outings)


def test_where_no_device_reports_by_itself_a_night_of_silence_is_not_blind() -> None:
    assert silent_after([]) == timedelta(hours=12)
    assert silent_after(HOUSEHOLD.devices) == timedelta(hours=3)


def test_a_night_begins_at_six_on_the_wall_also_when_the_clock_is_set_back() -> None:
    day = date(2026, 10, 25)
    evening = datetime(2026, 10, 24, 18, 30, tzinfo=ZONE).astimezone(UTC)
    rows: list[Sign] = [
        (evening, BED, Quantity.BED, 1.0),
        (evening + timedelta(hours=12), BED, Quantity.BED, 0.0),
    ]
    night = count_day(day, ZONE, DEVICES, rows, []).night
    assert night is not None
    assert night.to_bed == evening


def test_two_visits_in_the_hour_that_comes_twice_are_two() -> None:
    kitchen = DEVICES[KITCHEN_MOTION].device_id
    first = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 01:50 on the wall, the first time
    rows: list[Sign] = [
        (first + timedelta(minutes=after), kitchen, Quantity.MOTION, 1.0) for after in (0, 15, 20)
    ]
    assert count_day(date(2026, 10, 25), ZONE, DEVICES, rows, []).visits["kitchen"] == (0, 2, None)


@pytest.mark.parametrize("placement", [Placement.ENTRANCE, Placement.HUB, Placement.WORN])
def test_a_room_in_which_nothing_senses_is_not_known(placement: Placement) -> None:
    kitchen = DEVICES[KITCHEN_MOTION]
    only = {kitchen.device_id: replace(kitchen, placement=placement)}
    count = count_day(DAY, ZONE, only, [moved(9)], [])
    assert (count.rooms, count.visits) == ({}, {})
    whole = count_day(DAY, ZONE, {kitchen.device_id: kitchen}, [moved(9)], [])
    assert (list(whole.rooms), list(whole.visits)) == (["Kitchen"], ["kitchen"])


def test_a_device_that_is_moved_twice_on_a_day_stood_in_three_rooms() -> None:
    rooms = {one.name: one.room for one in HOUSEHOLD.devices if one.room is not None}
    former = [
        Former(device_id=KITCHEN_MOTION, until=at(hours), placement=Placement.ROOM, room=room)
        for hours, room in ((14.0, rooms["Bathroom motion"]), (10.0, rooms["Lounge motion"]))
    ]
    rows = [moved(hours) for hours in (8, 9, 9.5, 11, 12, 20)]
    stood, signs = as_they_stood(HOUSEHOLD.devices, former, rows, (at(0), at(24)))
    found = count_day(DAY, ZONE, stood, signs, []).rooms
    assert [sum(found[name]) for name in ("Lounge", "Bathroom", "Kitchen")] == [3, 2, 1]


@pytest.mark.parametrize(("until", "there"), [(-1.0, "Kitchen"), (25.0, "Lounge")])
def test_of_a_move_before_or_after_a_day_only_one_place_is_known_on_it(
    until: float, there: str
) -> None:
    lounge = next(one.room for one in HOUSEHOLD.devices if one.name == "Lounge motion")
    former = [
        Former(device_id=KITCHEN_MOTION, until=at(until), placement=Placement.ROOM, room=lounge)
    ]
    only = [DEVICES[KITCHEN_MOTION]]
    stood, signs = as_they_stood(only, former, [moved(8)], (at(0), at(24)))
    found = count_day(DAY, ZONE, stood, signs, [])
    assert {name: sum(minutes) for name, minutes in found.rooms.items()} == {there: 1}
