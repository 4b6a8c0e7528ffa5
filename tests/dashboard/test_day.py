"""From observations to stays, gaps and a picture: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.model.finding import Severity
from core.model.home import Device, Placement, Room, RoomKind
from core.model.ids import DeviceId, HomeId, RoomId
from core.model.quantity import Quantity
from core.store.timeline import Sensed
from dashboard import day as days
from dashboard.chart import LEAST_PERCENT, picture
from dashboard.day import Day, Gap, Mark, Stay

START = datetime(2026, 3, 28, 12, tzinfo=UTC)
END = START + timedelta(hours=24)
HOME = HomeId("ada")
LONDON = ZoneInfo("Europe/London")


def device(number: int, placement: Placement, room: str = "Kitchen", **kind: float) -> Device:
    place = Room(room_id=RoomId(1), home_id=HOME, name=room, kind=RoomKind.KITCHEN)
    return Device(
        device_id=DeviceId(number),
        home_id=HOME,
        family="wayhome",
        external_id=str(number),
        name=f"{room} {placement.value}",
        placement=placement,
        room=place,
        heartbeat=bool(kind),
        reporting_interval_s=kind.get("every_s", 3600.0),
    )


DEVICES = {
    number: device(number, placement)
    for number, placement in (
        (DeviceId(1), Placement.ROOM),
        (DeviceId(2), Placement.BED),
        (DeviceId(3), Placement.ENTRANCE),
    )
}


def sensed(minutes: float, number: int, value: float, quantity: Quantity) -> Sensed:
    return Sensed(
        at=START + timedelta(minutes=minutes),
        device_id=DeviceId(number),
        quantity=quantity,
        value=value,
    )


def spans(*observations: Sensed) -> list[tuple[str, float, float]]:
    return [
        (stay.place, (stay.start - START).seconds / 60, (stay.end - START).seconds / 60)
        for stay in days.stays(observations, DEVICES, START, END)
    ]


def test_motion_is_a_stay_and_short_pauses_are_closed() -> None:
    motion = Quantity.MOTION
    assert spans(
        sensed(10, 1, 1, motion), sensed(12, 1, 0, motion),
        sensed(16, 1, 1, motion), sensed(17, 1, 0, motion),
        sensed(60, 1, 1, motion),
    ) == [("Kitchen", 10, 18), ("Kitchen", 60, 62)]  # fmt: skip


def test_a_motion_whose_end_got_lost_does_not_last_for_hours() -> None:
    motion = Quantity.MOTION
    assert spans(sensed(10, 1, 1, motion), sensed(300, 1, 0, motion)) == [("Kitchen", 10, 40)]


def test_a_bed_is_occupied_until_it_says_otherwise() -> None:
    bed = Quantity.BED
    found = spans(sensed(-60, 2, 1, bed), sensed(30, 2, 0, bed), sensed(1200, 2, 1, bed))
    assert [(start, end) for _, start, end in found] == [(0, 30), (1200, 0)], (
        "to the end of the day"
    )


def test_a_door_is_a_mark_and_no_stay() -> None:
    opened = [sensed(5, 3, 1, Quantity.CONTACT), sensed(6, 3, 0, Quantity.CONTACT)]
    assert days.stays(opened, DEVICES, START, END) == ()
    (mark,) = days.marks(opened, DEVICES, START)
    assert mark.text == "Kitchen entrance opened"


def test_a_busy_day_stays_readable() -> None:
    busy = [sensed(minutes, 1, 1, Quantity.MOTION) for minutes in range(0, 1440, 8)]
    assert len(days.stays(busy, DEVICES, START, END)) <= days.MOST_STAYS


def test_blindness_is_said_where_both_kinds_of_gap_meet() -> None:
    hour = timedelta(hours=1)
    blind = [(START, START + 2 * hour), (START + hour, START + 3 * hour)]
    silent = [(START + hour, START + 2 * hour), (START + 5 * hour, START + 9 * hour)]
    assert days.gaps(silent, blind, "Nothing") == (
        Gap(start=START, end=START + 3 * hour, text="We could not see"),
        Gap(start=START + 5 * hour, end=START + 9 * hour, text="Nothing", is_blind=False),
    )


def test_how_long_a_silence_may_be_depends_on_who_reports() -> None:
    plain = device(1, Placement.ROOM)
    beating = device(2, Placement.ROOM, every_s=600)
    hub = device(3, Placement.HUB, every_s=60)
    assert days.silence_limit([plain, beating, hub], watched=True)[0] == timedelta(minutes=30)
    assert days.silence_limit([plain, hub], watched=True)[0] == timedelta(hours=24)
    assert days.silence_limit([plain, hub], watched=False)[0] == timedelta(hours=3)
    assert days.silence_limit([plain], watched=True)[0] == timedelta(hours=3)


def test_the_picture_has_a_lane_per_room_and_the_hours_of_the_home() -> None:
    hour = timedelta(hours=1)
    day = Day(
        start=START,
        end=END,
        places=("Kitchen", "Hall"),
        stays=(
            Stay(place="Kitchen", start=START, end=START + 6 * hour),
            Stay(place="Hall", start=END - timedelta(seconds=1), end=END),
        ),
        marks=(Mark(at=START + 12 * hour, text="Door"),),
        gaps=(Gap(start=START + 18 * hour, end=END, text="x"),),
    )
    drawn = picture(day, [(START, Severity.URGENT)], LONDON)
    assert [lane.title for lane in drawn.lanes] == [
        "Kitchen",
        "Hall",
        "Doors and buttons",
        "Alerts",
    ]
    assert (drawn.lanes[0].bars[0].x, drawn.lanes[0].bars[0].width) == (0, 25)
    assert drawn.lanes[1].bars[0].width == LEAST_PERCENT
    assert drawn.lanes[2].marks == ((50.0, "door"),)
    assert (drawn.gaps[0].x, drawn.gaps[0].width) == (75, 25)
    # the clocks go forward this night: six hours on the clock are five on the line
    assert drawn.hours == ((25.0, "18:00"), (50.0, "00:00"), (70.83, "06:00"), (95.83, "12:00"))
