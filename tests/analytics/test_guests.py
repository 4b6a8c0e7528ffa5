"""Who was expected is there once the door has opened about then and somebody has moved inside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.features.guests import Passage
from analytics.features.localtime import LocalTime
from analytics.features.open_day import ANY
from analytics.features.plan import HomePlan, plan
from analytics.features.rounds import EARLY_S, LATE_S, round_of
from analytics.features.stillness import bearable_s
from analytics.features.view import HomeView
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    STOVE,
    eventful,
)
from core.model.expected_visit import ExpectedVisit, VisitBy
from core.model.finding import Severity
from core.model.home import Household
from core.model.quantity import Quantity
from core.model.week import WeeklySpan, occurrences
from tests.analytics.story import Story

EVERY_DAY = tuple(range(7))
NO_CHANGE = ZoneInfo("Africa/Lagos")
CHANGES = ZoneInfo("Europe/London")


def visit(start: str, end: str, *, days: tuple[int, ...] = EVERY_DAY) -> ExpectedVisit:
    """Return a visit between two times of the clock in London."""
    first, last = (int(one[:2]) * 60 + int(one[3:]) for one in (start, end))
    span = WeeklySpan(days=days, start=first, end=last)
    return ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=span)


def expecting(*visits: ExpectedVisit) -> Household:
    return replace(HOUSEHOLD, home=replace(HOUSEHOLD.home, visits=visits))


LIKELY = expecting(visit("09:00", "10:00"))


def morning() -> Story:
    """Expect somebody between 09:00 and 10:00 in London, 08:00 and 09:00 in UTC."""
    return Story(LIKELY).at(7).hear(KITCHEN_MOTION)


def there(story: Story) -> bool:
    assert story.home.view is not None
    return story.home.view.occupancy.visitor


def opened(story: Story) -> Story:
    return story.hear(DOOR, Quantity.CONTACT, 1.0)


def came(story: Story) -> Story:
    """Let somebody come at 08:10 UTC and go on to the kitchen."""
    story.at(8, 10)
    return opened(story).at(8, 11).hear(KITCHEN_MOTION).at(8, 12)


@st.composite
def visits(draw: st.DrawFn) -> ExpectedVisit:
    days = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1))))
    start = draw(st.integers(0, 1439))
    end = (start + draw(st.integers(10, 240))) % 1440
    begins = draw(st.none() | st.integers(0, 20).map(lambda n: date(2026, 3, 20) + timedelta(n)))
    ends = None if begins is None else begins + timedelta(draw(st.integers(0, 20)))
    span = WeeklySpan(days=days, start=start, end=end)
    return ExpectedVisit(visit_id=1, by=VisitBy.CARE, span=span, first=begins, last=ends)


@given(visits(), st.integers(0, 40 * 1440))
def test_somebody_may_come_from_half_an_hour_before_until_the_end(
    one: ExpectedVisit, minute: int
) -> None:
    at = datetime(2026, 3, 15, tzinfo=UTC) + timedelta(minutes=minute)
    day = timedelta(days=1)
    spans = [
        (start, end)
        for start, end in occurrences(one.span, NO_CHANGE, at - 2 * day, at + 2 * day)
        if (one.first is None or one.first <= start.astimezone(NO_CHANGE).date())
        and (one.last is None or start.astimezone(NO_CHANGE).date() <= one.last)
        and start - timedelta(seconds=EARLY_S) <= at <= end
    ]
    seconds = at.timestamp()
    offset = LocalTime(NO_CHANGE.key).offset(seconds)
    until = round_of(one).ends(seconds + offset) - offset
    latest = max((end.timestamp() + LATE_S for _, end in spans), default=float("-inf"))
    assert until == latest


@given(visits(), st.integers(0, 30 * 1440))
def test_where_the_clocks_change_it_is_an_hour_off_at_most(one: ExpectedVisit, minute: int) -> None:
    at = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minute)
    local, seconds = LocalTime(CHANGES.key), at.timestamp()
    until = round_of(one).ends(seconds + local.offset(seconds)) - local.offset(seconds)
    assert until == float("-inf") or 0 < until - seconds <= (4 * 3600 + EARLY_S + LATE_S)


def test_nobody_is_there_before_the_door_opens_and_somebody_moves_inside() -> None:
    story = morning().at(8, 10).hear(KITCHEN_MOTION).at(8, 12)
    assert not there(story)
    opened(story).at(8, 13)
    assert not there(story), "she may have gone out"
    story.at(8, 14).hear(KITCHEN_MOTION).at(8, 15)
    assert there(story)


def test_who_moves_on_the_doorstep_alone_has_not_come_in() -> None:
    story = opened(morning().at(8, 10)).at(8, 10, 30).hear(HALL_MOTION).at(8, 12)
    assert not there(story)


def test_who_does_not_move_inside_within_ten_minutes_has_not_come() -> None:
    story = opened(morning().at(8, 10)).at(8, 21).hear(KITCHEN_MOTION).at(8, 22)
    assert not there(story)


def test_who_was_seen_at_the_door_just_before_may_have_opened_it_herself() -> None:
    story = morning().at(8, 9).hear(HALL_MOTION).at(8, 10)
    opened(story).at(8, 11).hear(KITCHEN_MOTION).at(8, 12)
    assert not there(story)


def test_who_comes_home_is_no_visitor() -> None:
    story = morning().at(7, 5).hear(HALL_MOTION)
    opened(story.at(7, 6)).at(7, 7).hear(DOOR, Quantity.CONTACT, 0.0).at(8, 10)
    assert story.home.view is not None
    assert not story.home.view.occupancy.home
    opened(story).at(8, 11).hear(KITCHEN_MOTION).at(8, 12)
    assert not there(story)


def test_where_nothing_behind_the_door_sees_who_passes_nobody_is_taken_to_have_come() -> None:
    devices = tuple(one for one in LIKELY.devices if one.device_id != HALL_MOTION)
    story = Story(replace(LIKELY, devices=devices)).at(7).hear(KITCHEN_MOTION)
    assert not there(came(story))


def test_the_door_at_another_hour_lets_in_nobody_who_was_expected() -> None:
    for minutes in (25, 125):  # 07:25 and 09:05, UTC
        story = opened(morning().at(7, minutes)).at(7, minutes + 2).hear(KITCHEN_MOTION)
        assert not there(story.at(7, minutes + 3)), minutes


def test_on_another_day_nobody_is_expected() -> None:
    story = Story(expecting(visit("09:00", "10:00", days=(1,)))).at(7).hear(KITCHEN_MOTION)
    assert not there(came(story))
    opened(story.at(32, 10)).at(32, 11).hear(KITCHEN_MOTION).at(32, 12)
    assert there(story)


def test_it_ends_when_the_door_opens_again() -> None:
    story = opened(came(morning()).at(8, 40)).at(8, 41)
    assert not there(story)
    story.hear(LOUNGE_MOTION).at(8, 42)
    assert not there(story)


def test_who_fetches_something_from_the_car_is_still_there() -> None:
    story = opened(came(morning()).at(8, 14)).at(8, 16).hear(KITCHEN_MOTION)
    assert there(story)


def test_it_ends_half_an_hour_after_it_should_have() -> None:
    story = came(morning())
    assert there(story.at(9, 29))
    assert not there(story.at(9, 31))


def test_a_door_that_swings_lets_nobody_out() -> None:
    story = came(morning()).at(8, 40)
    opened(story).at(8, 40, 2).hear(DOOR, Quantity.CONTACT, 0.0)
    opened(story.at(8, 40, 10)).at(8, 43)
    view = story.home.view
    assert view is not None
    assert view.guests is not None
    assert not there(story)
    assert view.guests.passage is Passage.GOES


def test_where_nobody_is_expected_nothing_is_kept() -> None:
    story = came(Story().at(7))
    assert story.home.view is not None
    assert story.home.view.guests is None
    saved = msgspec.msgpack.decode(story.home.snapshot())
    assert "guests" not in saved["view"]
    assert "rounds" not in saved["plan"]


def test_it_is_known_after_a_restart_and_when_the_visits_are_changed_meanwhile() -> None:
    story = came(morning()).restart()
    story.home.look(Inputs(heard_at=MONDAY + timedelta(days=9), heard_since=MONDAY))
    assert there(story)
    later = expecting(visit("09:00", "10:00"), visit("18:00", "19:00"))
    story.home = story.home.replan(plan(later))
    assert there(story.at(8, 20))
    story.home = story.home.replan(plan(HOUSEHOLD))
    assert not there(story.at(8, 21))
    assert story.home.view is not None
    assert story.home.view.guests is None


def test_a_plan_comes_back_from_a_snapshot_with_its_visits() -> None:
    once = replace(visit("23:30", "00:30"), first=date(2026, 5, 4), last=date(2026, 5, 4))
    wanted = plan(expecting(once, visit("09:00", "10:00", days=(0, 6))))
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(wanted.saved()))
    assert HomePlan.restored(saved) == wanted
    assert len(wanted.rounds) == 2


# What follows from it


def _walks(story: Story, *, until: float) -> Story:
    """Walk from room to room without rest, from 08:12 UTC on."""
    rooms, minute = (KITCHEN_MOTION, HALL_MOTION, LOUNGE_MOTION, HALL_MOTION, BATH_MOTION), 12.0
    while minute < until:
        for room in rooms:
            minute += 0.25
            story.at(8, minute).hear(room).at(8, minute, 5).hear(room, value=0.0)
    return story


def _an_ordinary_month(household: Household) -> Story:
    story = Story(household)
    for day in range(20):
        for hour in range(7, 22):
            story.at(24 * day + hour).hear(LOUNGE_MOTION).at(24 * day + hour, 1)
            story.hear(LOUNGE_MOTION, value=0.0).at(24 * day + hour, 30).hear(KITCHEN_MOTION)
            story.at(24 * day + hour, 31).hear(KITCHEN_MOTION, value=0.0)
    return story


@pytest.mark.parametrize("expected", [True, False])
def test_two_people_who_go_about_are_not_told_of_as_one_who_walks(*, expected: bool) -> None:
    story = _an_ordinary_month(LIKELY if expected else HOUSEHOLD)
    start = 24 * 20 + 8
    opened(story.at(start, 10)).at(start, 11, 30).hear(KITCHEN_MOTION)
    rooms, minute = (HALL_MOTION, LOUNGE_MOTION, HALL_MOTION, BATH_MOTION), 12.0
    while minute < 50:
        for room in rooms:
            minute += 0.25
            story.at(start, minute).hear(room).at(start, minute, 5).hear(room, value=0.0)
    assert bool(story.of("walking")) is not expected


def _night(*, household: Household) -> Story:
    """Somebody is expected from 23:30 to 00:30 in London; she was last seen at 22:00."""
    return Story(household).at(20).hear(LOUNGE_MOTION).at(21).hear(BED_MOTION)


LATE_ROUND = expecting(visit("23:30", "00:30"))


def test_who_comes_at_night_as_expected_is_not_told() -> None:
    story = opened(_night(household=LATE_ROUND).at(22, 40)).at(22, 42).hear(KITCHEN_MOTION)
    story.at(22, 50).hear(BED_MOTION).at(23)
    assert story.of("exit") == []
    assert there(story)


def test_the_same_is_told_at_once_where_nobody_is_expected() -> None:
    story = opened(_night(household=HOUSEHOLD).at(22, 40))
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK]


def test_a_door_about_then_after_which_nobody_moves_inside_is_told_all_the_same() -> None:
    story = opened(_night(household=LATE_ROUND).at(22, 40)).at(22, 51)
    begun = MONDAY + timedelta(hours=22, minutes=40)
    assert [(one.severity, one.noticed_at - begun) for one in story.of("exit")] == [
        (Severity.CHECK, timedelta(minutes=3)),
        (Severity.URGENT, timedelta(minutes=10)),
    ]
    assert story.of("exit")[0].unusual == "Somebody is expected at this time"


def _gone(*, in_bed: bool) -> Story:
    story = opened(_night(household=LATE_ROUND).at(22, 40)).at(22, 42).hear(KITCHEN_MOTION)
    story.at(22, 50).hear(BED_MOTION)
    if in_bed:
        story.at(22, 55).hear(BED, Quantity.BED, 1.0)
    return opened(story.at(23, 5)).at(23, 5, 4).hear(DOOR, Quantity.CONTACT, 0.0).at(23, 30)


def test_who_goes_at_night_is_no_more_than_a_notice() -> None:
    (told,) = _gone(in_bed=False).of("exit")
    assert told.severity is Severity.NOTICE
    assert told.unusual == "Somebody who was expected has been there; who went out was not seen"


def test_who_goes_at_night_while_she_lies_in_bed_is_nothing() -> None:
    assert _gone(in_bed=True).of("exit") == []


def test_after_who_was_expected_has_gone_the_night_is_as_before() -> None:
    story = _gone(in_bed=True).at(25).hear(BED, Quantity.BED, 0.0).at(25, 1).hear(HALL_MOTION)
    opened(story.at(25, 1, 20))
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK]


def test_while_somebody_is_there_stillness_is_told_as_always() -> None:
    def bearable(story: Story) -> float:
        assert story.home.view is not None
        return bearable_s(story.home.view, "inactivity")

    alone, visited = (_an_ordinary_month(one) for one in (HOUSEHOLD, LIKELY))
    for story in (alone, visited):
        opened(story.at(24 * 20 + 8, 10)).at(24 * 20 + 8, 12).hear(LOUNGE_MOTION)
        story.at(24 * 20 + 8, 13)
    assert there(visited)
    assert bearable(visited) == bearable(alone)


def test_what_moves_while_somebody_is_there_is_not_of_her_day() -> None:
    def minutes(story: Story) -> tuple[int, float]:
        view = story.home.view
        assert view is not None
        today = view.hours.today
        return sum(byte.bit_count() for byte in today.bits[ANY]), today.guest_s

    alone, visited = came(Story().at(7)), came(morning())
    for story in (alone, visited):
        _walks(story, until=40).at(8, 41)
    active, guest_s = minutes(visited)
    assert minutes(alone)[0] > active + 20
    assert minutes(alone)[1] == 0
    opened(visited.at(8, 50)).at(8, 52)
    assert minutes(visited)[1] > guest_s + 60


def test_who_lives_alone_is_not_alone_at_the_stove_while_somebody_is_there() -> None:
    """In a kitchen that no sensor sees, who shows elsewhere may be the guest: an hour is waited."""
    household = expecting(visit("17:30", "19:30"))
    for expected, waited in ((True, 60), (False, 30)):
        story = Story(household if expected else HOUSEHOLD).at(9).hear(KITCHEN_MOTION)
        story.at(9, 1).hear(KITCHEN_MOTION, value=0.0)
        for minute in range(2, 462, 8):
            story.at(9, minute).hear(LOUNGE_MOTION).at(9, minute, 30)
            story.hear(LOUNGE_MOTION, value=0.0)
        opened(story.at(16, 45)).at(16, 46, 30).hear(LOUNGE_MOTION)
        story.at(17).hear(STOVE, Quantity.POWER, 1500.0)
        for minute in range(4, 75, 4):
            story.at(17, minute).hear(LOUNGE_MOTION).at(17, minute, 30)
            story.hear(LOUNGE_MOTION, value=0.0)
        on = MONDAY + timedelta(hours=17)
        after = (story.of("appliance")[0].noticed_at - on).total_seconds() / 60
        assert waited - 10 <= after <= waited + 5, (expected, after)


# Promises that every part of detection keeps


HOME = expecting(visit("09:00", "10:00"), visit("13:00", "14:00"), visit("22:45", "00:30"))


def _digest(*, restart_every: int = 0) -> bytes:
    home = HomeEngine(plan(HOME))
    home.look(Inputs(heard_at=MONDAY + timedelta(days=400), heard_since=MONDAY))
    for number, one in enumerate(eventful(12).observations):
        home.feed(one)
        if restart_every and number % restart_every == 0:
            home = HomeEngine.restored(home.snapshot())
    return home.snapshot()


def test_stopped_at_any_moment_it_goes_on_as_if_it_had_not() -> None:
    whole = _digest()
    assert _digest(restart_every=97) == whole
    view = msgspec.msgpack.decode(whole)["view"]
    assert view["guests"]


def test_a_state_from_before_there_were_visits_can_be_read() -> None:
    state = HomeEngine(plan(HOUSEHOLD))
    state.tick(MONDAY)
    home = state.replan(plan(HOME))
    assert isinstance(home.view, HomeView)
    assert home.view.guests is not None
    assert not home.view.occupancy.visitor
