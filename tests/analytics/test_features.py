from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.features.activity import Activity
from analytics.features.coverage import Coverage, Darkness
from analytics.features.devices import DeviceState
from analytics.features.localtime import LocalTime
from analytics.features.occupancy import Place
from analytics.features.plan import Zone, plan
from analytics.features.survival import Curve, Grid, Histograms
from analytics.sample_days import (
    BED_MOTION,
    DOOR,
    HALL_MOTION,
    HOUSEHOLD,
    KITCHEN_MOTION,
    MONDAY,
    said,
)
from core.model.ids import DeviceId
from core.model.quantity import Quantity
from tests.analytics.story import Story

PLAN = plan(HOUSEHOLD)


def person_made(*reports: tuple[Quantity, float]) -> list[bool]:
    state = DeviceState()
    return [
        state.hear(said(DOOR, quantity, value, MONDAY), 60.0 * number, 60.0 * number)
        for number, (quantity, value) in enumerate(reports)
    ]


def test_a_contact_counts_when_it_changes() -> None:
    contact = Quantity.CONTACT
    reports = [(contact, value) for value in (0.0, 0.0, 1.0, 1.0, 0.0, 0.0)]
    assert person_made(*reports) == [False, False, True, False, True, False]


def test_a_contact_that_never_says_closed_counts_each_time() -> None:
    assert person_made(*[(Quantity.CONTACT, 1.0)] * 3) == [True, True, True]


def test_motion_counts_when_it_begins_and_not_when_it_ends_or_is_said_again() -> None:
    motion = Quantity.MOTION
    once = [(motion, 1.0), (motion, 0.0), (motion, 0.0), (motion, 1.0)]
    assert person_made(*once) == [True, False, False, True]
    repeated = [*once, *[(motion, 1.0)] * 20, (motion, 0.0)]
    assert person_made(*repeated)[4:] == [False] * 21


def test_a_motion_that_is_heard_after_its_end_does_not_last_for_ever() -> None:
    state = DeviceState()
    motion = Quantity.MOTION
    made = [
        state.hear(said(HALL_MOTION, motion, value, MONDAY), at, now)
        for value, at, now in ((1.0, 0, 0), (0.0, 60, 60), (0.0, 400, 400), (1.0, 340, 5000))
    ]
    assert made == [True, False, False, True]
    assert not state.stuck(1e6)
    state.hear(said(HALL_MOTION, motion, 1.0, MONDAY), 6000, 6000)
    assert state.stuck(6000 + 7300)


def test_state_and_device_quantities_never_count() -> None:
    quantities = set(Quantity) - {
        Quantity.MOTION,
        Quantity.PRESENCE,
        Quantity.VIBRATION,
        Quantity.CONTACT,
        Quantity.BED,
        Quantity.CHAIR,
        Quantity.BUTTON,
        Quantity.SOS,
    }
    assert not any(person_made(*[(quantity, 50.0) for quantity in sorted(quantities)]))


def test_a_device_remembers_a_bounded_number_of_things() -> None:
    state = DeviceState()
    for number in range(1000):
        row = said(DOOR, Quantity.CONTACT, 1, MONDAY)
        object.__setattr__(row, "discriminator", str(number))
        state.hear(row, number, number)
    assert len(state.values) <= 16


def place(story: Story) -> Place:
    view = story.home.view
    assert view is not None
    return view.occupancy.place


def test_leaving_needs_movement_near_the_door_and_silence_after_it() -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1)
    assert place(story) is Place.LEAVING
    assert place(story.at(9, 5)) is Place.LEAVING
    assert place(story.at(9, 12)) is Place.AWAY
    assert place(story.hear(DOOR, Quantity.CONTACT, 0)) is Place.HOME
    assert place(story.hear(KITCHEN_MOTION)) is Place.HOME
    view = story.home.view
    assert view is not None
    assert view.occupancy.returned == (
        (MONDAY + timedelta(hours=9, minutes=1)).timestamp(),
        (MONDAY + timedelta(hours=9, minutes=12)).timestamp(),
    )


@pytest.mark.parametrize(("before", "after"), [(BED_MOTION, None), (HALL_MOTION, KITCHEN_MOTION)])
def test_a_visitor_or_a_parcel_is_no_leaving(before: DeviceId, after: DeviceId | None) -> None:
    story = Story().at(8, 50).hear(before).at(8, 51).hear(DOOR, Quantity.CONTACT, 1)
    if after is not None:
        story.at(8, 52).hear(after)
    assert place(story.at(9, 30)) is Place.HOME


def test_a_sensor_that_fires_alone_while_all_are_out_brings_nobody_home() -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1).at(9, 20)
    for hour in range(10, 13):
        assert place(story.at(hour).hear(KITCHEN_MOTION)) is Place.AWAY
    returned = []
    for minute, device in (
        (1, HALL_MOTION),
        (2, KITCHEN_MOTION),
        (3, BED_MOTION),
        (4, HALL_MOTION),
    ):
        story.at(12, minute).hear(device)
        view = story.home.view
        assert view is not None
        returned.append(view.occupancy.returned)
    assert place(story) is Place.HOME
    left, back = next(one for one in returned if one is not None)
    assert left == (MONDAY + timedelta(hours=9, minutes=1)).timestamp()
    assert back >= (MONDAY + timedelta(hours=12)).timestamp()


def test_movement_that_goes_on_is_trusted_without_a_door() -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1).at(9, 20)
    for minute in range(0, 20, 2):
        story.at(10, minute).hear(KITCHEN_MOTION).hear(BED_MOTION)
    assert place(story) is Place.HOME


def test_late_movement_from_before_the_door_is_no_return() -> None:
    story = Story().at(9).hear(HALL_MOTION).at(9, 1).hear(DOOR, Quantity.CONTACT, 1).at(9, 20)
    assert place(story.hear(KITCHEN_MOTION, late=timedelta(minutes=25))) is Place.AWAY


def test_seconds_that_could_not_be_seen_do_not_count() -> None:
    coverage = Coverage(0.0)
    coverage.look(1000.0, 0.0)
    coverage.advance(1000.0, PLAN)
    assert not coverage.blind
    coverage.advance(1200.0, PLAN)
    assert (coverage.cause, coverage.dark_from) == (Darkness.PIPELINE, 1000.0)
    assert coverage.elapsed(500.0, 1200.0) == 500.0
    coverage.look(1500.0, 1400.0)
    assert not coverage.blind
    assert coverage.spans == [(1000.0, 1400.0)]
    assert coverage.elapsed(500.0, 1500.0) == 600.0
    assert coverage.first_blind(900.0, 1500.0) == 1000.0
    assert coverage.first_blind(1400.0, 1500.0) is None


def test_a_break_between_two_proofs_was_blind_unless_the_gateway_vouches_for_it() -> None:
    vouched, silent = Coverage(0.0), Coverage(0.0)
    vouched.look(1000.0, 100.0)
    silent.look(1000.0, None)
    assert (vouched.spans, silent.spans) == ([], [(0.0, 1000.0)])


def test_a_home_without_any_message_for_a_day_is_not_still() -> None:
    story = Story().at(9).hear(KITCHEN_MOTION).at(40)
    view = story.home.view
    assert view is not None
    assert view.coverage.cause is Darkness.SILENT


def test_density_is_learned_from_waking_hours_at_home() -> None:
    activity, local = Activity(), LocalTime("UTC")
    kitchen = PLAN.by_id[KITCHEN_MOTION]
    start = datetime(2026, 5, 4, 8, tzinfo=UTC).timestamp()
    assert activity.per_hour(PLAN) == pytest.approx(2.5 * PLAN.sensors)
    assert activity.density(PLAN) == 0.0
    for day in range(28):
        for minute in range(600):
            activity.show(start + 86400 * day + 60 * minute, kitchen, local)
        activity.close_day(10 * 3600.0)
    assert activity.per_hour(PLAN) > 50
    assert activity.density(PLAN) == 1.0
    assert activity.zone is Zone.OTHER


def test_a_day_of_behaviour_starts_at_four_and_night_is_local() -> None:
    local = LocalTime("Europe/London")
    summer = datetime(2026, 7, 1, 2, 30, tzinfo=UTC).timestamp()  # 03:30 in London
    assert local.day(summer) + 1 == local.day(summer + 3600)
    assert local.is_night(summer)
    assert not local.is_night(summer + 3 * 3600)
    assert local.is_waking(summer + 4 * 3600)
    assert local.bin(summer) == 1


def test_a_curve_of_many_pauses_is_their_distribution() -> None:
    grid = Grid(60.0, 57600.0, 80)
    table = Histograms(grid, 1)
    for number in range(4000):
        table.add(0, 60.0 * (1 + number % 40))
    curve = Curve(grid, table.row(0), 100.0, [0.0] * 80, 0.0)
    assert curve.exceedance(60.0) == pytest.approx(40.0)
    assert curve.exceedance(1200.0) == pytest.approx(20.0, rel=0.1)
    assert curve.quantile(0.5) == pytest.approx(1200.0, rel=0.1)
    assert 2400 < curve.exceeded_with(1e-3) < 4 * 2400


def test_a_curve_without_evidence_is_the_population() -> None:
    grid = Grid(60.0, 57600.0, 80)
    prior = grid.lognormal(10.0, 180.0, 1.0)
    assert sum(prior) == pytest.approx(10 * 0.864, rel=0.01)
    curve = Curve(grid, [0.0] * 80, 0.0, prior, 10.0)
    assert curve.exceedance(180.0) == pytest.approx(5.0, rel=0.1)


def test_a_censored_pause_goes_to_what_is_longer() -> None:
    grid = Grid(60.0, 57600.0, 80)
    table = Histograms(grid, 1)
    table.add_censored(0, 600.0, [1.0] * 80)
    first = grid.index(600.0)
    assert sum(table.row(0)) == pytest.approx(1.0)
    assert sum(table.row(0)[:first]) == 0.0


def test_rarer_is_longer() -> None:
    grid = Grid(60.0, 57600.0, 80)
    curve = Curve(grid, [1.0] * 40 + [0.0] * 40, 30.0, grid.lognormal(5, 300, 1), 10.0)
    lengths = [curve.exceeded_with(10.0**-power) for power in range(6)]
    assert lengths == sorted(lengths)
