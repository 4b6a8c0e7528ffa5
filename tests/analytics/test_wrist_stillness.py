from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.detectors.wrist_stillness import WristStillness
from analytics.features.wrist import HEARD_FOR_S, Rested, Wrist
from analytics.sample_days import (
    BATH_MOTION,
    BED,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    WATCH,
)
from core.model.finding import Phase, Severity
from core.model.home import Household, Resident
from core.model.ids import ResidentId
from core.model.quantity import Quantity
from tests.analytics.story import Story

BUSY, RESTING = 93.0, 20.0
NAME = "wrist_stillness"


def worn(
    story: Story, hours: float, percent: float, *, beats: bool = True, every: int = 15
) -> Story:
    """Let the watch report from now on, for so many hours."""
    now = (story.now - MONDAY).total_seconds() / 60.0
    for turn in range(int(hours * 60 / every)):
        story.at(0, now + every * (turn + 1))
        if beats:
            story.hear(WATCH, Quantity.HEART_RATE, 66.0)
        story.hear(WATCH, Quantity.ACTIVITY, percent)
    return story


def morning(household: Household = HOUSEHOLD) -> Story:
    """Be seen in the bathroom until five to ten, with a watch that is busy."""
    return up(Story(household), 8, 10)


def up(story: Story, since: int, until: int) -> Story:
    """Move in the bathroom each five minutes, with a watch that is busy, until five to the end."""
    for minute in range(60 * since, 60 * until, 5):
        story.at(0, minute).hear(BATH_MOTION).at(0, minute, 20).hear(BATH_MOTION, value=0.0)
        if minute % 15 == 0:
            story.hear(WATCH, Quantity.HEART_RATE, 66.0).hear(WATCH, Quantity.ACTIVITY, BUSY)
    return story.at(until)


def test_a_wrist_that_rests_is_told_sooner_than_the_rooms_alone() -> None:
    (told,) = worn(morning(), 6, RESTING).of(NAME)[:1]
    alone = morning().at(22).of("inactivity")[0]
    assert (told.phase, told.severity) == (Phase.OPENED, Severity.CHECK)
    assert told.onset == alone.onset
    assert told.noticed_at < alone.noticed_at - timedelta(minutes=20)
    assert told.what.startswith("No movement since 10:55 (bathroom), ")
    assert told.what.endswith(", and the watch that is worn hardly moves")
    assert "The watch is worn, as far as it can tell" in told.ruled_out
    assert told.resident_id == 1


@pytest.mark.parametrize(
    ("percent", "beats"), [(BUSY, True), (0.0, False)], ids=["busy", "lies on the table"]
)
def test_a_wrist_that_does_not_rest_says_nothing(percent: float, beats: bool) -> None:
    assert worn(morning(), 6, percent, beats=beats).of(NAME) == []


def test_an_unworn_silent_or_unheard_watch_says_nothing() -> None:
    taken_off = morning().hear(WATCH, Quantity.WORN, 0.0)
    assert worn(taken_off, 6, RESTING).of(NAME) == []
    assert morning().at(22).of(NAME) == []
    assert worn(morning().at(13), 3, RESTING).of(NAME) == []  # heard anew after three hours


def test_beats_and_steps_alone_say_nothing() -> None:
    story = Story().at(8).move(BATH_MOTION, every=5, until=10)
    for quarter in range(40):
        story.at(10, 15.0 * quarter).hear(WATCH, Quantity.HEART_RATE, 66.0)
    assert story.of(NAME) == []


def test_nobody_is_judged_who_is_out_in_bed_or_asleep() -> None:
    out = morning().hear(HALL_MOTION).at(10, 1).hear(DOOR, Quantity.CONTACT, 1.0)
    out.at(10, 1.2).hear(DOOR, Quantity.CONTACT, 0.0)
    assert worn(out, 6, RESTING).of(NAME) == []
    assert worn(morning().hear(BED, Quantity.BED, 1.0), 6, RESTING).of(NAME) == []
    assert worn(up(Story(), 20, 22), 6, RESTING).of(NAME) == []
    assert (
        worn(up(Story(), 16, 18), 3, RESTING).of(NAME) == []
    )  # 18:55 in London: an evening in the chair


def test_two_residents_are_not_told_apart() -> None:
    other = Resident(resident_id=ResidentId(2), home_id=HOUSEHOLD.home.home_id, name="Ann")
    couple = replace(HOUSEHOLD, residents=(*HOUSEHOLD.residents, other))
    assert worn(morning(couple), 6, RESTING).of(NAME) == []


@pytest.mark.parametrize("how", ["room", "wrist", "late"])
def test_it_ends_when_she_shows(how: str) -> None:
    story = worn(morning(), 5, RESTING)
    if how == "room":
        story.hear(LOUNGE_MOTION).at(15, 1)
    elif how == "late":
        story.hear(KITCHEN_MOTION, late=timedelta(hours=1)).at(15, 1)
    else:
        worn(story, 0.25, BUSY)
    told = story.of(NAME)
    assert [one.phase for one in told] == [Phase.OPENED, Phase.CLEARED]
    words = {
        "room": "Movement again at 16:00 (living room)",
        "late": "Movement again at 15:00 (kitchen)",
        "wrist": "The watch moves again, it says at 16:15",
    }
    assert told[-1].what == words[how]


def test_steps_end_it_too() -> None:
    story = morning()
    for quarter in range(4):
        story.at(10, 1 + quarter).hear(WATCH, Quantity.STEPS, 30.0 + 30.0 * (quarter % 2))
    story = worn(story.at(10, 5), 5, RESTING)
    assert story.of(NAME)[-1].phase is Phase.OPENED
    story.at(15, 10).hear(WATCH, Quantity.STEPS, 300.0)
    assert story.of(NAME)[-1].phase is Phase.CLEARED


def test_a_wrist_that_rests_at_each_pause_must_wait_longer() -> None:
    often, seldom = Rested(), Rested()
    for number in range(20):
        often.count(float(number), rests=True)
        often.count(float(number), rests=True)  # the same pause
        seldom.count(float(number), rests=False)
    assert often.share == pytest.approx(23 / 26)
    assert seldom.share == pytest.approx(3 / 26)
    for one in (often, seldom):
        for _ in range(400):
            one.close_day()
    assert often.share == pytest.approx(0.5, abs=0.01)


def test_a_rest_holds_from_report_to_report() -> None:
    wrist = Wrist()
    wrist.beat(0.0)
    wrist.report(0.0, BUSY)
    wrist.report(900.0, RESTING)
    assert wrist.rests(600.0, 900.0)
    assert wrist.rests(600.0, 900.0 + HEARD_FOR_S)
    assert not wrist.rests(600.0, 901.0 + HEARD_FOR_S)  # not heard since
    assert not wrist.rests(900.0, 900.0)  # a room saw somebody after the report
    wrist.report(1800.0, BUSY)
    assert not wrist.rests(600.0, 1800.0)
    assert Wrist.restored(wrist.snapshot()).snapshot() == wrist.snapshot()


def test_a_home_without_a_watch_keeps_nothing() -> None:
    story = Story().at(8).move(KITCHEN_MOTION, every=5, until=20)
    detector = story.home.detectors[NAME]
    assert isinstance(detector, WristStillness)
    assert detector.snapshot() == [None, [], [0.0, 0.0, None]]
