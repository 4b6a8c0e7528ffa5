from __future__ import annotations

from datetime import timedelta

from analytics.detector import NEVER
from analytics.detectors.exit import DETECTOR
from analytics.features.openings import Opening
from analytics.sample_days import BED, BED_MOTION, DOOR, HALL_MOTION, KITCHEN_MOTION, MONDAY
from core.model.finding import Phase, Severity
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from tests.analytics.story import Story

OPEN, CLOSED = 1.0, 0.0


def test_a_door_at_night_is_told_with_the_message_itself() -> None:
    story = Story().at(1).hear(BED_MOTION).at(1, 6).hear(DOOR, Quantity.CONTACT, OPEN)
    (told,) = story.of("exit")
    assert told.severity is Severity.CHECK
    assert told.noticed_at == told.onset == MONDAY + timedelta(hours=1, minutes=6)
    assert told.what == "The outer door opened at 02:06, 6 min after the last movement (bedroom)"


def test_an_opening_that_a_lost_closing_hides_is_told_by_its_own_closing() -> None:
    story = _left_open(at_h=17)
    assert story.of("exit") == []
    story.at(25).hear(BED_MOTION).at(25, 1).hear(HALL_MOTION).at(25, 1, 5)
    story.hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == [], "as far as was heard it stands open since the afternoon"
    story.at(25, 1, 10).hear(DOOR, Quantity.CONTACT, CLOSED)
    (told,) = story.of("exit")
    assert told.what.startswith(
        "The outer door was shut at 02:01 (that it was opened was not heard)"
    )
    assert told.ruled_out == ("Somebody was home when it was shut",)
    story.at(25, 6)
    assert story.of("exit")[-1].severity is Severity.URGENT
    assert story.of("exit")[-1].what.startswith("The outer door was shut at 02:01 and nobody has")


def test_a_door_that_stood_open_and_is_shut_by_day_says_nothing() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 9).hear(KITCHEN_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
        story.at(24 * day + 9, 1).hear(DOOR, Quantity.CONTACT, CLOSED).hear(KITCHEN_MOTION)
    story.at(24 * 20 + 9).hear(DOOR, Quantity.CONTACT, OPEN).hear(KITCHEN_MOTION)
    story.at(24 * 20 + 17).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, CLOSED)
    assert story.of("exit") == []


def test_a_door_that_is_shut_soon_after_it_opened_at_night_tells_only_once() -> None:
    story = Story().at(1).hear(BED_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(1, 2).hear(KITCHEN_MOTION).at(1, 12).hear(DOOR, Quantity.CONTACT, CLOSED)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED, Phase.CLEARED]


def _left_open(*, at_h: float) -> Story:
    """Come home at an hour of the first day; that the door was shut is lost."""
    story = Story().at(at_h - 1).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(at_h - 1, 1).hear(DOOR, Quantity.CONTACT, CLOSED)
    story.at(at_h).hear(DOOR, Quantity.CONTACT, OPEN).at(at_h, 1)
    for device in (HALL_MOTION, KITCHEN_MOTION, BED_MOTION):
        story.hear(device)
    return story


def test_nobody_inside_for_three_minutes_makes_it_urgent() -> None:
    story = Story().at(1).hear(HALL_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN).at(1, 5)
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK, Severity.URGENT]
    assert story.of("exit")[1].noticed_at == MONDAY + timedelta(hours=1, minutes=4)


def test_movement_inside_ends_it_but_not_on_the_doorstep() -> None:
    story = Story().at(1).hear(HALL_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(1, 1, 20).hear(HALL_MOTION)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED]
    story.at(1, 2, 30).hear(KITCHEN_MOTION)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED, Phase.CLEARED]
    assert story.of("exit")[-1].severity is Severity.CHECK


def test_coming_home_at_night_is_no_exit() -> None:
    story = Story().at(20).hear(HALL_MOTION).at(20, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.hear(DOOR, Quantity.CONTACT, CLOSED).at(23).hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == []


def test_by_day_it_says_nothing_until_the_hours_are_known() -> None:
    story = Story().at(13).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN).at(14)
    assert story.of("exit") == []


def test_a_door_at_an_hour_at_which_it_never_opens() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    story.at(24 * 20 + 18).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
    (told,) = story.of("exit", Phase.OPENED)
    assert "of 100 days" in told.unusual


def test_the_night_rule_is_never_learned_away() -> None:
    story = Story()
    for day in range(30):
        night = 24 * day + 1
        story.at(night).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN).at(night, 2)
        story.hear(DOOR, Quantity.CONTACT, CLOSED).hear(KITCHEN_MOTION)
    assert len(story.of("exit", Phase.OPENED)) == 30
    assert story.of("exit")[-2].unusual == "She has opened it at night on 29 of 29 nights"


def test_where_the_door_often_opens_in_that_hour_it_gets_louder_step_by_step() -> None:
    story = _every_night(30, hour=1)
    story.at(24 * 30 + 1).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN).at(24 * 30 + 1, 30)
    begun = MONDAY + timedelta(days=30, hours=1)
    last = [one for one in story.of("exit") if one.onset == begun]
    assert [(one.severity, one.noticed_at - begun) for one in last] == [
        (Severity.NOTICE, timedelta(0)),
        (Severity.CHECK, timedelta(minutes=3)),
        (Severity.URGENT, timedelta(minutes=10)),
    ]


def test_an_hour_in_which_it_never_opened_is_as_loud_as_ever() -> None:
    story = _every_night(30, hour=1)
    story.at(24 * 30 + 3).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit")[-1].severity is Severity.CHECK


def test_who_is_up_as_on_other_evenings_is_told_of_when_nobody_is_seen_inside() -> None:
    """On the clock of the home it is an hour later: the evening ends at 22:00 UTC, 23:00 here."""
    story = Story()
    for day in range(20):
        _evening(story, day)
    at = 24 * 20 + 22
    _evening(story, 20)
    story.at(at, 20).hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == []
    story.at(at, 24, 30)
    assert story.of("exit") == []
    story.at(at, 25)
    (told,) = story.of("exit")
    assert told.severity is Severity.CHECK
    story.at(at, 31)
    assert story.of("exit")[-1].severity is Severity.URGENT


def test_who_had_gone_to_bed_is_told_of_at_once() -> None:
    story = Story()
    for day in range(20):
        _evening(story, day)
    at = 24 * 20 + 22
    story.at(at - 3).hear(KITCHEN_MOTION)
    for minute in (5, 8, 11, 14, 17):
        story.at(at, minute).hear(HALL_MOTION)
    story.at(at, 20).hear(DOOR, Quantity.CONTACT, OPEN)
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK]


def test_who_is_up_on_few_other_evenings_is_told_of_after_ninety_seconds() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    _evening(story, 20)
    begun = story.at(24 * 20 + 22, 20).now
    story.hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == []
    story.at(24 * 20 + 22, 24)
    assert [(one.severity, one.noticed_at - begun) for one in story.of("exit")] == [
        (Severity.CHECK, timedelta(seconds=90)),
        (Severity.URGENT, timedelta(minutes=3)),
    ]


def test_who_stirred_in_bed_and_leaves_is_not_taken_to_have_been_up() -> None:
    """Minutes with movement in the bedroom alone are those of somebody in bed (0286)."""
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    _evening(story, 20)
    for minute in (30, 36, 41, 47, 52):
        story.at(24 * 20 + 22, minute).hear(BED_MOTION)
    begun = story.at(24 * 20 + 22, 53).hear(HALL_MOTION).at(24 * 20 + 22, 53, 6).now
    story.hear(DOOR, Quantity.CONTACT, OPEN)
    (told,) = story.of("exit")
    assert (told.severity, told.noticed_at) == (Severity.CHECK, begun)


def test_who_has_been_about_for_minutes_since_is_awake() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    _evening(story, 20)
    for minute in (30, 36, 41, 47):
        story.at(24 * 20 + 22, minute).hear(BED_MOTION)
    for minute in (48, 49, 51):
        story.at(24 * 20 + 22, minute).hear(KITCHEN_MOTION)
    story.at(24 * 20 + 22, 52).hear(DOOR, Quantity.CONTACT, OPEN)
    assert story.of("exit") == []
    assert story.at(24 * 20 + 22, 54).of("exit")[0].severity is Severity.CHECK


def test_a_bed_that_was_just_left_tells_at_once_though_being_up_then_is_usual() -> None:
    story = Story()
    for day in range(20):
        _evening(story, day)
    _evening(story, 20)
    begun = 24 * 20 + 22
    story.at(begun, 25).hear(BED, Quantity.BED, 1.0).at(begun, 35).hear(BED, Quantity.BED, 0.0)
    story.at(begun, 35, 20).hear(HALL_MOTION).at(begun, 35, 25)
    story.restart().hear(DOOR, Quantity.CONTACT, OPEN)
    assert [one.severity for one in story.of("exit")] == [Severity.CHECK]


def test_who_comes_out_of_the_bedroom_at_an_hour_at_which_being_up_is_usual_is_told_of_sooner() -> (
    None
):
    story = Story()
    for day in range(20):
        _evening(story, day)
    _evening(story, 20)
    at = 24 * 20 + 22
    story.at(at, 21).hear(BED_MOTION).at(at, 26).hear(BED_MOTION).at(at, 27).hear(HALL_MOTION)
    begun = story.at(at, 27, 30).now
    story.hear(DOOR, Quantity.CONTACT, OPEN).at(at, 40)
    assert [(one.severity, one.noticed_at - begun) for one in story.of("exit")] == [
        (Severity.CHECK, timedelta(seconds=90)),
        (Severity.URGENT, timedelta(minutes=10)),
    ]


def test_who_is_up_looks_out_and_stays_is_not_told_of() -> None:
    story = Story()
    for day in range(20):
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    _evening(story, 20)
    story.at(24 * 20 + 22, 20).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(24 * 20 + 22, 21).hear(KITCHEN_MOTION).at(24 * 20 + 23)
    assert story.of("exit") == []


def test_movement_behind_a_door_that_nobody_went_to_is_somebody_who_comes_in() -> None:
    story = Story().at(0).hear(KITCHEN_MOTION).at(1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.at(1, 0, 10).hear(HALL_MOTION)
    assert [one.phase for one in story.of("exit")] == [Phase.OPENED, Phase.CLEARED]


def test_it_is_due_only_while_somebody_is_waited_for() -> None:
    exit_ = DETECTOR.create()
    story = Story().at(1).hear(HALL_MOTION).at(1, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    exit_.restore(story.home.detectors["exit"].snapshot())
    view = story.home.view
    assert view is not None
    exit_.tick(view)
    assert exit_.due == (MONDAY + timedelta(hours=1, minutes=4)).timestamp()
    story.at(1, 2, 30).hear(KITCHEN_MOTION)
    exit_.restore(story.home.detectors["exit"].snapshot())
    exit_.tick(view)
    assert exit_.due == NEVER


def _every_night(nights: int, hour: int) -> Story:
    story = Story()
    for day in range(nights):
        story.at(24 * day + hour).hear(HALL_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
        story.at(24 * day + hour, 2).hear(DOOR, Quantity.CONTACT, CLOSED).hear(KITCHEN_MOTION)
        story.at(24 * day + 10).hear(KITCHEN_MOTION)
    return story


def _evening(story: Story, day: int) -> None:
    """Let somebody be up from 20:00 to 23:20 on the clock of the home."""
    story.at(24 * day + 10).hear(KITCHEN_MOTION)
    for minute in range(0, 205, 5):
        story.at(24 * day + 19, minute).hear(HALL_MOTION)


def test_a_door_that_was_seen_late_and_disproved_says_nothing() -> None:
    story = (
        Story()
        .at(2)
        .hear(KITCHEN_MOTION)
        .hear(DOOR, Quantity.CONTACT, OPEN, late=timedelta(minutes=30))
    )
    assert story.of("exit") == []


def test_a_door_that_a_hub_had_kept_is_told_when_its_queue_is_over() -> None:
    story = _kept_door().at(3, 1, 15)
    (told,) = story.of("exit")
    assert told.onset == MONDAY + timedelta(hours=2)
    assert told.what == ("The outer door opened at 03:00 and nobody has moved inside since, 1 h 01")


def test_a_door_that_a_hub_had_kept_is_not_told_when_somebody_moved_inside_later() -> None:
    story = _kept_door().hear(KITCHEN_MOTION, late=timedelta(minutes=50)).at(4)
    assert story.of("exit") == []


def test_a_door_that_is_opened_now_is_told_at_once_in_the_midst_of_a_queue() -> None:
    story = _kept_door(said=BED_MOTION).hear(DOOR, Quantity.CONTACT, OPEN)
    assert [one.onset for one in story.of("exit")] == [MONDAY + timedelta(hours=3)]


def _kept_door(said: DeviceId = DOOR) -> Story:
    """Tell of an hour without a word, and what a hub then brings: a door of an hour ago."""
    story = Story().at(1, 50).hear(BED_MOTION).at(3)
    if said == DOOR:
        return story.hear(DOOR, Quantity.CONTACT, OPEN, late=timedelta(hours=1))
    return story.hear(said, late=timedelta(hours=1))


def test_who_was_seen_inside_and_is_not_believed_is_told_of_at_night_all_the_same() -> None:
    story = Story().move(KITCHEN_MOTION, every=5, until=20)
    story.at(20).hear(HALL_MOTION).at(20, 1).hear(DOOR, Quantity.CONTACT, OPEN)
    story.hear(DOOR, Quantity.CONTACT, CLOSED).at(22)
    for minute in (0, 5, 10):
        story.at(22, minute).hear(KITCHEN_MOTION).at(22, minute, 20).hear(KITCHEN_MOTION, value=0.0)
    story.at(26)
    assert story.home.view is not None
    assert not story.home.view.occupancy.home
    told = story.hear(DOOR, Quantity.CONTACT, OPEN).of("exit")
    assert [one.severity for one in told] == [Severity.CHECK]
    assert told[0].ruled_out == ()


def test_an_opening_that_was_saved_before_closings_told_is_read() -> None:
    former = [0.0, "night", 5.0, 1, False, True, 1]
    opening = Opening.restored(former)
    assert opening is not None
    assert opening.snapshot() == [*former, False]
