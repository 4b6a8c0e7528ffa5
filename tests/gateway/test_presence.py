from __future__ import annotations

from datetime import timedelta

from gateway.batch import Batch
from gateway.presence import WRITE_EVERY_S
from gateway.service import _speaks
from tests.gateway.builders import NOON, Desk, after, contact, message


def take(desk: Desk, seconds: float, **more: object) -> Batch:
    admitted = desk.intake.admit([contact(**more)], after(seconds))  # type: ignore[arg-type]
    return desk.intake.close(admitted, after(seconds))


def test_the_first_word_is_written_at_once_and_the_next_waits() -> None:
    desk = Desk()
    (first,) = take(desk, 0).presence
    assert (first.device_id, first.last_seen) == (1, NOON)
    assert take(desk, 1).presence == ()
    assert not desk.book.is_due(after(1))
    assert desk.book.is_due(after(1 + WRITE_EVERY_S))
    (later,) = desk.intake.close([], after(1 + WRITE_EVERY_S)).presence
    assert later.last_seen == after(1)
    assert not desk.book.is_due(after(100))


def test_coming_and_going_does_not_wait() -> None:
    desk = Desk()
    take(desk, 0)
    topic = "homes/live/wayhome/door/status"
    for second, online, last_seen in ((1, False, None), (2, True, after(2))):
        admitted = desk.intake.admit([message(topic, {"online": online})], after(second))
        (change,) = desk.intake.close(admitted, after(second)).presence
        assert (change.online, change.last_seen) == (online, last_seen)


def test_a_clock_that_goes_wrong_does_not_wait() -> None:
    desk = Desk()
    take(desk, 0, t=NOON.isoformat())
    assert take(desk, 1, t=after(-4000).isoformat()).presence == (), "late is not wrong"
    (change,) = take(desk, 2, t=after(500).isoformat()).presence
    assert change.clock_trusted is False


def test_what_waits_is_known_to_the_next_process() -> None:
    desk = Desk()
    slots = [take(desk, 0, seq=1, boot="b").slip.encode()]
    slots += [take(desk, 1 + n / 10, seq=2 + n, boot="b").slip.encode() for n in range(3)]
    after_a_kill = Desk()
    tracks = {track.device_id: track for track in after_a_kill.directory.tracks.values()}
    for deferred in after_a_kill.ring.restore(reversed(slots)):
        after_a_kill.book.resume(tracks[deferred[0]], deferred)  # type: ignore[index]
    (change,) = after_a_kill.intake.close([], after(60)).presence
    assert change.last_seen == after(1.2)
    assert change.numbers is not None
    assert (change.numbers.lowest, change.numbers.highest, change.numbers.received) == (2, 4, 3)


def test_what_is_retained_is_no_life_after_a_kill_either() -> None:
    desk = Desk()
    take(desk, 0)
    kept = message("homes/live/wayhome/door/contact", {"v": True}, retained=True)
    slot = desk.intake.close(desk.intake.admit([kept], after(10)), after(10)).slip.encode()
    after_a_kill = Desk()
    (deferred,) = after_a_kill.ring.restore([slot])
    (track,) = (one for one in after_a_kill.directory.tracks.values() if one.device_id == 1)
    after_a_kill.book.resume(track, deferred)
    (change,) = after_a_kill.intake.close([], after(60)).presence
    assert change.last_seen is None


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    desk = Desk()
    take(desk, 3600)
    assert take(desk, 3601).presence == ()
    assert desk.book.is_due(after(5))
    (change,) = take(desk, 5).presence
    assert change.last_seen == after(5)
    spoke = (after(3600), True)
    assert [_speaks(spoke, after(second), connected=True) for second in (3604, 3605, 0)] == [
        False,
        True,
        True,
    ]


def test_what_was_written_is_not_taken_up_again() -> None:
    desk = Desk()
    slots = [take(desk, n, seq=n, boot="b").slip.encode() for n in (0, 1)]
    slots.append(desk.intake.close([], after(60)).slip.encode())
    assert Desk().ring.restore(slots) == ()


def test_of_each_day_the_first_and_every_lower_charge_is_recorded_once() -> None:
    desk = Desk()
    day_s, recorded = 86400.0, []
    for seconds, battery in ((0, 80), (10, 80), (20, 81), (30, 79), (day_s, 79), (day_s + 10, 79)):
        told = message("homes/live/zigbee2mqtt/hall", {"battery": battery})
        admitted = desk.intake.admit([told], after(seconds))
        at_once = desk.intake.close(admitted, after(seconds)).presence
        later = desk.intake.close([], after(seconds + WRITE_EVERY_S)).presence
        recorded += [one.charge for one in (*at_once, *later) if one.charge is not None]
    today = NOON.date()
    assert recorded == [(today, 80.0), (today, 79.0), (today + timedelta(1), 79.0)]


def test_a_version_a_late_message_and_the_lowest_link_are_passed_on() -> None:
    desk = Desk()
    told = {"contact": False, "linkquality": 90, "update": {"installed_version": 7}}
    for seconds, link, ago in ((0, 90, 0), (1, 40, 600), (2, 60, 30), (3, 60, 90)):
        at = after(seconds - ago).isoformat()
        said = message("homes/live/zigbee2mqtt/hall", told | {"linkquality": link, "last_seen": at})
        found = desk.intake.close(desk.intake.admit([said], after(seconds)), after(seconds))
        if seconds == 0:
            (first,) = found.presence
            assert (first.firmware, first.late, first.link) == ("7", None, (NOON.date(), 90.0))
    (later,) = desk.intake.close([], after(60)).presence
    assert later.late == (2, 600.0)
    assert later.link == (NOON.date(), 60.0)  # the last of what waited
