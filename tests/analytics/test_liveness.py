from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.features.coverage import Darkness
from analytics.features.plan import plan
from analytics.home_engine import Inputs
from analytics.sample_days import (
    BATH_MOTION,
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    HUB,
    KITCHEN_MOTION,
    LOUNGE_MOTION,
    MONDAY,
    _device,
)
from core.model.finding import Audience, Phase, Severity
from core.model.home import Animal, Placement
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from tests.analytics.story import Story


def heard(story: Story, hours: float, minutes: float = 0.0) -> Story:
    at = MONDAY + timedelta(hours=hours, minutes=minutes)
    story.home.look(Inputs(heard_at=at, heard_since=MONDAY))
    return story.at(hours, minutes)


def test_a_blind_pipeline_is_told_after_three_minutes_and_urgent_after_fifteen() -> None:
    story = heard(Story(seen=False), 1).at(1, 3)
    assert story.of("liveness") == []
    story.at(2)
    opened, raised = story.of("liveness")
    assert opened.audience is raised.audience is Audience.OPERATORS
    assert (opened.severity, raised.severity) == (Severity.CHECK, Severity.URGENT)
    assert opened.noticed_at == MONDAY + timedelta(hours=1, minutes=3, seconds=30)
    assert raised.noticed_at == MONDAY + timedelta(hours=1, minutes=15, seconds=30)
    assert opened.resident_id is None
    heard(story, 2, 5)
    assert story.of("liveness")[-1].what == "This home can be seen again"


def test_a_pipeline_that_is_back_without_the_sensors_is_a_blindness_of_its_own() -> None:
    """Power was cut: what was told of the pipeline must not swallow that nothing has come for a day."""
    story = heard(Story(seen=False), 0, 59).at(1).hear(KITCHEN_MOTION).at(2)
    for hour in range(2, 60):
        since = MONDAY + timedelta(hours=1, minutes=59)
        story.home.look(
            Inputs(heard_at=MONDAY + timedelta(hours=hour, minutes=1), heard_since=since)
        )
        story.at(hour, 1)
        if hour == 40:
            story.restart()
    told = [one for one in story.of("liveness", Phase.OPENED) if one.subject == "home"]
    assert [one.what for one in told] == [
        "This home can not be seen since 02:00, 3 min: no gateway hears the broker",
        "Nothing has come from any of 12 devices since Monday 02:00, 24 h",
    ]
    keys = [(one.subject, one.onset, one.phase, one.severity) for one in story.of("liveness")]
    assert len(set(keys)) == len(keys)


def test_a_short_break_of_the_pipeline_says_nothing() -> None:
    story = heard(heard(Story(seen=False), 1), 1, 2)
    assert story.of("liveness") == []


def test_a_hub_that_is_gone_blinds_the_home() -> None:
    hub = replace(_device(HUB, "Hub", Placement.HUB, None), heartbeat=False)
    story = Story(replace(HOUSEHOLD, devices=(*HOUSEHOLD.devices, hub))).at(1).hear(KITCHEN_MOTION)
    story.home.look(Inputs(offline={"sample": (HUB,)}))
    story.at(20)
    assert story.of("liveness")[0].what.endswith("its hub is silent")
    assert story.of("inactivity") == []
    story.home.look(Inputs(offline={}))
    assert story.at(20, 1).of("liveness", Phase.CLEARED)[0].subject == "home"


def test_a_device_with_a_heartbeat_is_down_after_three_intervals() -> None:
    story = Story().at(1).hear(HALL_MOTION)
    for hour in range(2, 8):
        story.at(hour)
        for device in HOUSEHOLD.devices[1:]:
            story.hear(device.device_id, Quantity.LINK_QUALITY, 100)
    (down,) = story.of("liveness")
    assert down.subject == f"device:{HALL_MOTION}:silent"
    assert down.what == "Hall motion has not reported for 3 h"
    assert down.noticed_at - MONDAY < timedelta(hours=4, minutes=6)
    story.hear(HALL_MOTION, Quantity.BATTERY, 90).at(8)
    assert story.of("liveness")[-1].what == "Hall motion reports again"


def test_without_a_heartbeat_silence_means_little() -> None:
    quiet = tuple(replace(device, heartbeat=False) for device in HOUSEHOLD.devices)
    story = Story(replace(HOUSEHOLD, devices=quiet))
    for device in quiet:
        story.hear(device.device_id, Quantity.BATTERY, 90)
    story.at(0, 30).move(KITCHEN_MOTION, every=5, until=20)
    assert story.of("liveness") == []
    story.move(KITCHEN_MOTION, every=20, until=40)
    assert {one.subject.split(":")[2] for one in story.of("liveness")} == {"silent"}


def test_a_low_battery_is_a_notice_once_and_ends_with_a_new_one() -> None:
    story = (
        Story().at(1).hear(DOOR, Quantity.BATTERY, 14).at(2).hear(DOOR, Quantity.BATTERY, 16).at(3)
    )
    story.hear(DOOR, Quantity.BATTERY, 12).at(4).hear(DOOR, Quantity.BATTERY, 100).at(5)
    low, fine = (one for one in story.of("liveness") if one.subject.endswith("battery"))
    assert (low.severity, low.what) == (Severity.NOTICE, "The battery of Front door is low (14%)")
    assert fine.phase is Phase.CLEARED


def test_motion_without_end_is_stuck_and_counts_for_nobody() -> None:
    story = (
        Story()
        .at(8)
        .hear(HALL_MOTION)
        .at(8, 1)
        .hear(HALL_MOTION, value=0)
        .at(9)
        .hear(KITCHEN_MOTION)
    )
    for minute in range(0, 60 * 12, 10):
        story.at(9, minute).hear(HALL_MOTION)
    stuck = [one for one in story.of("liveness") if one.subject.endswith("stuck")]
    assert stuck[0].what.startswith("Hall motion has reported motion without end for 2 h")
    assert story.of("inactivity")[0].onset <= MONDAY + timedelta(hours=11, minutes=1)


def test_a_device_that_is_retired_is_no_longer_down() -> None:
    story = Story().at(1).hear(HALL_MOTION).at(6)
    fewer = replace(HOUSEHOLD, devices=HOUSEHOLD.devices[1:])
    story.home = story.home.replan(Story(fewer).home.plan)
    story.home.look(Inputs(heard_at=MONDAY + timedelta(days=9), heard_since=MONDAY))
    story.at(7)
    ended = story.of("liveness", Phase.CLEARED)
    assert [one.subject for one in ended] == [f"device:{HALL_MOTION}:silent"]


def test_while_a_hub_delivers_what_it_kept_nobody_is_still() -> None:
    story = Story().at(20).hear(KITCHEN_MOTION, late=timedelta(hours=19))
    for minute in range(1, 8):
        for second in (0, 30):
            late = timedelta(hours=19 - 2 * minute)
            story.at(20, minute - 1, second).hear(KITCHEN_MOTION, late=late)
    assert story.home.view is not None
    assert story.home.view.coverage.cause is Darkness.QUEUE
    story.at(20, 7).hear(HALL_MOTION, late=timedelta(minutes=5)).at(20, 30)
    assert not story.home.view.coverage.blind
    assert story.home.view.coverage.spans == []
    assert story.of("inactivity") == []


def test_what_was_kept_and_ends_hours_ago_means_a_still_person_all_the_same() -> None:
    story = Story().at(20).hear(KITCHEN_MOTION, late=timedelta(hours=19)).at(20, 3)
    assert story.home.view is not None
    assert not story.home.view.coverage.blind
    assert story.of("inactivity")[0].noticed_at == MONDAY + timedelta(hours=20, minutes=1)


def test_a_home_that_only_sends_old_messages_is_watched_and_told() -> None:
    story = Story()
    for half in range(80):
        story.at(20, half / 2).hear(KITCHEN_MOTION, late=timedelta(minutes=15))
    assert story.home.view is not None
    assert not story.home.view.coverage.blind
    told = [one for one in story.of("liveness") if one.subject == "home"]
    assert "only what is more than 10 min old" in told[0].what
    assert [one.phase for one in told] == [Phase.OPENED, Phase.CLEARED]


def test_a_fault_is_told_at_the_first_moment_at_which_it_is_one() -> None:
    story = Story().at(1).hear(HALL_MOTION, value=0).at(1, 10).hear(HALL_MOTION)
    for quarter in range(12):
        story.at(1, 10 + 15 * quarter).hear(KITCHEN_MOTION)
    (stuck,) = [one for one in story.of("liveness") if one.subject.endswith("stuck")]
    assert stuck.noticed_at == MONDAY + timedelta(hours=3, minutes=10, seconds=30)
    story.hear(HALL_MOTION, value=0).at(4, 5)
    (ended,) = story.of("liveness", Phase.CLEARED)
    assert ended.noticed_at - story.now <= timedelta(0)


def test_devices_are_looked_at_only_when_one_may_have_failed() -> None:
    story, dues = Story().at(1), set()
    for device in HOUSEHOLD.devices:
        story.hear(device.device_id, Quantity.BATTERY, 90)
    for hour in range(2, 26):
        story.at(hour)
        for device in HOUSEHOLD.devices:
            story.hear(device.device_id, Quantity.LINK_QUALITY, 100)
        dues.add(story.home.detectors["liveness"].due)
    assert len(dues) <= 24 / 2 + 1
    assert story.of("liveness") == []


def test_a_motion_whose_beginning_comes_hours_late_has_time_to_end() -> None:
    story = Story().at(8).hear(HALL_MOTION, value=0)
    story.at(12).hear(HALL_MOTION, late=timedelta(hours=3)).at(12, 20)
    assert story.of("liveness") == [one for one in story.of("liveness") if "silent" in one.subject]


def test_a_device_taken_out_while_it_is_fine_and_one_put_in_say_nothing() -> None:
    story = Story().at(1).hear(HALL_MOTION)
    story.home = story.home.replan(
        Story(replace(HOUSEHOLD, devices=HOUSEHOLD.devices[1:])).home.plan
    )
    story.home.look(Inputs(heard_at=MONDAY + timedelta(days=9), heard_since=MONDAY))
    assert story.at(1, 30).of("liveness") == []


def test_one_late_word_among_timely_ones_ends_nothing_and_begins_nothing() -> None:
    story = Story().at(8).hear(KITCHEN_MOTION).at(8, 1).hear(KITCHEN_MOTION, value=0)
    for quarter in range(1, 64):
        story.at(8, 15 * quarter)
        for device in HOUSEHOLD.devices:
            story.hear(device.device_id, Quantity.LINK_QUALITY, 100)
    before = list(story.said)
    assert [one.detector for one in before] != []
    story.at(24, 1).hear(HALL_MOTION, Quantity.LINK_QUALITY, 90, late=timedelta(hours=1))
    story.at(24, 1, 30).hear(DOOR, Quantity.LINK_QUALITY, 90).at(24, 10)
    assert story.said == before


def out_of_the_house(story: Story, days: int, phantom: DeviceId, per_outing: int) -> Story:
    """Go out for five hours each day; a sensor goes on alone."""
    for day in range(days):
        story.at(24 * day + 8).move(KITCHEN_MOTION, every=3, until=24 * day + 9.9)
        story.hear(HALL_MOTION).at(24 * day + 9.92).hear(DOOR, Quantity.CONTACT, 1)
        story.hear(DOOR, Quantity.CONTACT, 0)
        for number in range(per_outing):
            story.at(24 * day + 10.5 + 4.0 * number / max(per_outing, 1)).hear(phantom)
        story.at(24 * day + 15).hear(DOOR, Quantity.CONTACT, 1).hear(HALL_MOTION)
        story.move(LOUNGE_MOTION, every=3, until=24 * day + 21)
    return story


def test_a_sensor_that_fires_while_nobody_is_home_is_a_notice_for_operators() -> None:
    story = out_of_the_house(Story(), 9, BATH_MOTION, 2)
    (told,) = [one for one in story.of("liveness") if one.subject.endswith(":stray")]
    assert (told.severity, told.audience) == (Severity.NOTICE, Audience.OPERATORS)
    assert told.subject == f"device:{BATH_MOTION}:stray"
    assert "in which nobody was home" in told.what


def test_who_is_out_and_leaves_the_home_still_is_no_news() -> None:
    story = out_of_the_house(Story(), 9, BATH_MOTION, 0)
    assert [one for one in story.of("liveness") if one.subject.endswith(":stray")] == []


def test_what_moves_in_all_rooms_of_an_empty_home_may_be_an_animal_and_is_asked_for_once() -> None:
    rooms = [HALL_MOTION, BED_MOTION, KITCHEN_MOTION, BATH_MOTION, LOUNGE_MOTION]
    story = Story()
    for day in range(10):
        story.at(24 * day + 8).move(KITCHEN_MOTION, every=3, until=24 * day + 9.9)
        story.hear(HALL_MOTION).at(24 * day + 9.92).hear(DOOR, Quantity.CONTACT, 1)
        story.hear(DOOR, Quantity.CONTACT, 0)
        for number, device in enumerate(rooms):
            story.at(24 * day + 10.5 + number).hear(device)
        story.at(24 * day + 15.8).hear(DOOR, Quantity.CONTACT, 1).hear(HALL_MOTION)
        story.move(LOUNGE_MOTION, every=3, until=24 * day + 21)
    asked = [one for one in story.of("liveness") if one.subject == "animal"]
    assert [one.phase for one in asked] == [Phase.OPENED]
    assert (asked[0].severity, asked[0].audience) == (Severity.NOTICE, Audience.OPERATORS)
    assert asked[0].what.startswith("Something moves in all rooms while nobody is home: ")
    assert [one for one in story.of("liveness") if one.subject.endswith(":stray")] == []
    home = replace(HOUSEHOLD.home, animal=Animal.SMALL)
    story.home = story.restart().home.replan(plan(replace(HOUSEHOLD, home=home)))
    asked = [one for one in story.at(24 * 10 + 8).of("liveness") if one.subject == "animal"]
    assert [one.phase for one in asked] == [Phase.OPENED, Phase.CLEARED]


@pytest.mark.parametrize("level_first", [True, False])
@pytest.mark.parametrize(("level", "low"), [(100.0, 1.0), (8.0, 0.0)])
def test_a_battery_is_low_if_either_of_its_words_says_so_in_whatever_order(
    level: float,
    low: float,
    level_first: bool,
) -> None:
    """Many sensors say both in each message, and one of them is wrong: a level that stays at 100."""
    words = [(Quantity.BATTERY, level), (Quantity.BATTERY_LOW, low)]
    story = Story().at(1)
    for hour in range(2, 8):
        for quantity, value in words if level_first else reversed(words):
            story.hear(KITCHEN_MOTION, quantity, value)
        story.at(hour)
    assert _of_batteries(story) == [Phase.OPENED]
    assert "(100%)" not in str(story.said)
    story.hear(KITCHEN_MOTION, Quantity.BATTERY, 95.0).at(8)
    story.hear(KITCHEN_MOTION, Quantity.BATTERY_LOW, 0.0).at(9)
    assert _of_batteries(story) == [Phase.OPENED, Phase.CLEARED]


def _of_batteries(story: Story) -> list[Phase]:
    return [one.phase for one in story.of("liveness") if one.subject.endswith("battery")]


def test_a_battery_that_was_said_to_be_low_once_is_fine_by_its_charge_a_day_later() -> None:
    story = Story().at(1).hear(KITCHEN_MOTION, Quantity.BATTERY_LOW, 1.0).at(2)
    story.hear(KITCHEN_MOTION, Quantity.BATTERY, 100.0).at(26)
    story.hear(KITCHEN_MOTION, Quantity.BATTERY, 100.0).at(27)
    assert "The battery of Kitchen motion is fine again" in {one.what for one in story.said}
