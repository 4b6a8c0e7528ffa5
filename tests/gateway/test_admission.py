from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.errors import Unsupported
from core.model.intake import Timing
from core.model.quantity import Quantity
from core.runtime.mqtt import IncomingMessage
from gateway.admission import SAMPLE_BYTES, Admitted, Outcome
from gateway.directory import Limits
from gateway.quota import DiscoveredQuota, QuarantineQuota
from tests.gateway.builders import ARCHIVE, LIVE, NOON, Desk, after, contact, known, message

if TYPE_CHECKING:
    from sensors.driver import Decoded


def admit(desk: Desk, one: IncomingMessage, at: datetime = NOON) -> Admitted:
    return desk.admission.admit(one, at)


def test_a_good_message_is_stored_at_its_own_time() -> None:
    admitted = admit(Desk(), contact(t=after(-1).isoformat(), seq=4, boot="a"))
    assert admitted.outcome is Outcome.STORED
    (arrival,) = admitted.arrivals
    assert (arrival.device_id, arrival.value, arrival.home_id) == (1, 1.0, LIVE)
    assert (arrival.observed_at, arrival.received_at, arrival.claimed_at) == (after(-1), NOON, None)
    assert arrival.timing is Timing.DEVICE
    assert admitted.seen is not None
    assert (admitted.seen.number, admitted.seen.boot, admitted.seen.alive) == (4, "a", True)


def test_a_message_without_a_time_is_stored_at_the_gateways() -> None:
    (arrival,) = admit(Desk(), contact()).arrivals
    assert (arrival.observed_at, arrival.claimed_at) == (NOON, None)
    assert arrival.timing is Timing.GATEWAY


def test_a_wrong_clock_is_flagged_and_its_claim_kept() -> None:
    admitted = admit(Desk(), contact(t=after(-4000).isoformat()))
    (arrival,) = admitted.arrivals
    assert (arrival.observed_at, arrival.claimed_at) == (NOON, after(-4000))
    assert arrival.timing is Timing.ADJUSTED
    assert admitted.seen is not None
    assert admitted.seen.clock_trusted is False


@pytest.mark.parametrize("year", ["1970", "2031", "2058", "2085", "9999"])
def test_a_call_for_help_is_not_held_back_for_a_hub_whose_clock_is_years_off(year: str) -> None:
    """It lay in quarantine, and the next day too, when the clock had been set and it was replayed."""
    desk, topic = Desk(), "homes/live/zigbee2mqtt/hall"
    admit(desk, message(topic, {"occupancy": True, "last_seen": after(-1).isoformat()}))
    pressed = {"action": "emergency", "last_seen": f"{year}-11-30T03:00:00+00:00"}
    admitted = admit(desk, message(topic, pressed), NOON)
    assert admitted.outcome is Outcome.STORED
    (call,) = [one for one in admitted.arrivals if one.quantity is Quantity.SOS]
    assert call.observed_at == NOON
    assert admitted.seen is not None
    # a clock that says it was never set tells no time; one that is wrong is one to be set
    assert admitted.seen.clock_trusted is (None if year == "1970" else False)
    # set by its time server, it is believed at once
    right = {"occupancy": False, "last_seen": after(59).isoformat()}
    later = admit(desk, message(topic, right), after(60))
    assert {one.observed_at for one in later.arrivals} == {after(59)}
    assert later.seen is not None
    assert later.seen.clock_trusted is True


def test_an_archive_keeps_the_times_that_are_claimed() -> None:
    admitted = admit(Desk(), contact(home=ARCHIVE, t="2019-01-01T00:00:00+00:00"))
    (arrival,) = admitted.arrivals
    assert arrival.observed_at.year == 2019
    assert (arrival.claimed_at, arrival.timing) == (None, Timing.DEVICE)


@pytest.mark.parametrize(
    ("one", "reason", "field"),
    [
        (message("homes"), "bad_topic", "topic"),
        (message("homes/a b/wayhome/door/contact"), "bad_topic", "topic"),
        (message("homes/live/Wayhome/door/contact"), "bad_topic", "topic"),
        (message("homes/nobody/wayhome/door/contact", {"v": 1}), "unknown_home", ""),
        (message("homes/live/toaster/x"), "unknown_family", "topic"),
        (contact("wide"), "malformed", "v"),
        (contact(home=ARCHIVE, t="2058-01-01T00:00:00+00:00"), "malformed", "time"),
        (message("homes/live/wayhome/door/contact", b"\xff\x00"), "malformed", "payload"),
        (message("homes/live/wayhome/door/battery", {"v": 250}), "malformed", "v"),
        (message("homes/live/wayhome/door/contact", b" " * 70_000), "oversize", "payload"),
        (message("homes/live/wayhome/do\x00or/contact", {"v": 1}), "malformed", "topic"),
    ],
)
def test_what_is_wrong_goes_to_quarantine_with_its_reason(
    one: IncomingMessage, reason: str, field: str
) -> None:
    admitted = admit(Desk(), one)
    assert admitted.outcome is Outcome.QUARANTINED
    kept = admitted.quarantine
    assert kept is not None
    assert (kept.reason, kept.field) == (reason, field)
    assert kept.payload_bytes == len(one.payload)
    assert "\x00" not in kept.topic
    whole = len(one.payload) <= Limits().payload_bytes
    assert kept.payload == (one.payload if whole else one.payload[:SAMPLE_BYTES])


def test_a_retained_message_is_state() -> None:
    one = message("homes/live/wayhome/door/battery", {"v": 70, "seq": 9}, retained=True)
    admitted = admit(Desk(), one)
    assert (admitted.outcome, admitted.arrivals) == (Outcome.STATE, ())
    assert admitted.refusal == (LIVE, "1", "retained")
    assert admitted.seen is not None
    assert (admitted.seen.battery_percent, admitted.seen.alive, admitted.seen.number) == (
        70,
        False,
        None,
    )


def test_a_last_will_says_offline_and_not_alive() -> None:
    admitted = admit(Desk(), message("homes/live/wayhome/door/status", {"online": False}))
    assert admitted.outcome is Outcome.STATE
    assert admitted.seen is not None
    assert (admitted.seen.online, admitted.seen.alive) == (False, False)


def test_an_unregistered_device_is_discovered_up_to_a_bound() -> None:
    desk = Desk(discovered=DiscoveredQuota(limit=2))
    outcomes = [admit(desk, contact(name=f"x{number % 3}")).outcome for number in range(6)]
    fits, full = Outcome.DISCOVERED, Outcome.REFUSED
    assert outcomes == [fits, fits, full, fits, fits, full]


def test_names_that_are_gone_from_the_table_make_room() -> None:
    quota = DiscoveredQuota([(LIVE, "wayhome", name) for name in "ab"], limit=2)
    assert not quota.take(LIVE, "wayhome", "new")
    quota.replace([(LIVE, "wayhome", "b")])
    assert quota.take(LIVE, "wayhome", "new")
    assert not quota.take(LIVE, "wayhome", "a")


def test_quarantine_is_bounded_by_home_and_day() -> None:
    desk = Desk(quarantine=QuarantineQuota(messages=2))
    bad = message("homes/live/wayhome/door/contact", b"{")
    assert [admit(desk, bad).outcome for _ in range(3)] == [
        Outcome.QUARANTINED,
        Outcome.QUARANTINED,
        Outcome.REFUSED,
    ]
    assert admit(desk, bad).refusal == (LIVE, "malformed", "quarantine_full")
    assert admit(desk, bad, NOON + timedelta(days=1)).outcome is Outcome.QUARANTINED
    for home in ("n1", "n2", "n3"):
        admit(desk, message(f"homes/{home}/wayhome/x/contact", b"{"), NOON + timedelta(days=1))
    elsewhere = message("homes/n4/wayhome/x/contact", b"{")
    found = admit(desk, elsewhere, NOON + timedelta(days=1))
    assert found.refusal == ("", "unknown_home", "quarantine_full")


def test_a_flood_is_counted_with_one_sample_an_hour_and_sos_comes_through() -> None:
    desk = Desk(limits=Limits(rate_per_s=0.001, burst=3))
    found = [admit(desk, contact(packet_id=n)) for n in range(1, 8)]
    assert [one.outcome for one in found] == [Outcome.STORED] * 3 + [Outcome.REFUSED] * 4
    assert [one.quarantine is not None for one in found[3:]] == [True, False, False, False]
    assert found[3].refusal == (LIVE, "1", "rate_limited")
    later = admit(desk, contact(), NOON + timedelta(seconds=1))
    assert later.quarantine is None
    sos = admit(desk, message("homes/live/wayhome/door/sos", {"v": True}))
    assert sos.outcome is Outcome.STORED


def test_a_clock_that_ran_ahead_for_a_moment_makes_nobody_mute() -> None:
    desk = Desk(limits=Limits(rate_per_s=1.0, burst=5))
    year = 365 * 86_400.0
    outcomes = [
        desk.admission.admit(contact(packet_id=1), after(seconds)).outcome
        for seconds in (year, *range(0, 100, 2))
    ]
    assert set(outcomes) == {Outcome.STORED}


def test_a_backlog_is_no_flood() -> None:
    desk = Desk(limits=Limits(rate_per_s=1, burst=5))
    admit(desk, contact(t=NOON.isoformat()))
    week = NOON + timedelta(days=7)
    for minute in range(500):
        one = contact(minute % 2, t=(NOON + timedelta(minutes=minute)).isoformat())
        assert admit(desk, one, week + timedelta(milliseconds=minute)).outcome is Outcome.STORED
    again = [admit(desk, contact(t=NOON.isoformat()), week) for _ in range(20)]
    assert again[-1].outcome is Outcome.REFUSED


class Crashing:
    family = title = setup = "crashing"
    quantities: frozenset[object] = frozenset()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if payload == b"unsupported":
            raise Unsupported("not ours")
        raise ZeroDivisionError(topic)


def test_a_driver_that_crashes_hurts_its_own_message_only() -> None:
    desk = Desk()
    drivers = {**desk.drivers, "crashing": Crashing()}
    desk = Desk(drivers=drivers)  # type: ignore[arg-type]
    admitted = admit(desk, message("homes/live/crashing/x"))
    assert admitted.quarantine is not None
    kept = admitted.quarantine
    assert (kept.reason, kept.field, kept.expected) == (
        "driver_failed",
        "crashing",
        "no ZeroDivisionError",
    )
    unsupported = admit(desk, message("homes/live/crashing/x", b"unsupported"))
    assert (unsupported.outcome, unsupported.refusal) == (
        Outcome.REFUSED,
        (LIVE, "crashing", "unsupported"),
    )
    assert admit(desk, contact()).outcome is Outcome.STORED


LEVELS = (
    "homes live old x wayhome zigbee2mqtt owntracks door hall contact battery position status"
    " availability \x00 é"
)
TOPICS = st.one_of(
    st.text(max_size=40),
    st.builds("/".join, st.lists(st.sampled_from([*LEVELS.split(), "", "\x00"]), max_size=7)),
)
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"online", b'{"v":1}', b'{"contact":true}', b'{"v":1,"seq":3,"boot":"\\u0000"}']
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from(["v", "t", "seq", "boot", "d", "lat", "lon", "contact", "action"]),
            inner,
        ),
        max_leaves=6,
    ).map(lambda value: message("", value if isinstance(value, dict) else {"v": value}).payload),
)
MESSAGES = st.builds(
    message,
    TOPICS,
    PAYLOADS,
    packet_id=st.integers(min_value=0, max_value=65_535),
    retained=st.booleans(),
    duplicate=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(messages=st.lists(MESSAGES, max_size=12))
def test_every_message_has_exactly_one_outcome_and_everything_can_be_stored(
    messages: list[IncomingMessage],
) -> None:
    desk = Desk()
    admitted = desk.intake.admit(messages, NOON)
    batch = desk.intake.close(admitted, NOON)
    assert batch.messages == tuple(messages)
    assert sum(batch.outcomes.values()) == len(messages)
    for one in admitted:
        assert bool(one.arrivals) == (one.outcome is Outcome.STORED)
        if one.outcome is Outcome.QUARANTINED:
            assert one.quarantine is not None
            texts = (one.quarantine.topic, one.quarantine.field, one.quarantine.expected)
            assert all("\x00" not in text and text.encode() is not None for text in texts)
    assert sum(one.messages for one in batch.refusals) == sum(
        one.refusal is not None for one in admitted
    )


TIMES = st.integers(min_value=-3600, max_value=0)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["door", "motion"]), TIMES, st.booleans()), min_size=1, max_size=25
)


def keys(desk: Desk, messages: list[IncomingMessage], now: datetime) -> set[tuple[object, ...]]:
    found = desk.intake.admit(messages, now)
    return {
        (arrival.device_id, arrival.observed_at, arrival.quantity, arrival.discriminator)
        for one in found
        for arrival in one.arrivals
    }


@settings(deadline=None)
@given(events=EVENTS, order=st.randoms(use_true_random=False), weeks=st.integers(-50, 50))
def test_order_repetition_and_whole_weeks_change_nothing(
    events: list[tuple[str, int, bool]], order: object, weeks: int
) -> None:
    def messages(shift: timedelta) -> list[IncomingMessage]:
        fresh = [contact(name=name, t=(NOON + shift).isoformat()) for name in ("door", "motion")]
        late = [
            contact(value, name=name, t=(after(seconds) + shift).isoformat())
            for name, seconds, value in events
        ]
        return fresh + late

    plain = keys(Desk(), messages(timedelta()), NOON)
    fresh, late = messages(timedelta())[:2], messages(timedelta())[2:] * 2
    order.shuffle(late)  # type: ignore[attr-defined]
    assert keys(Desk(), fresh + late, NOON) == plain
    shift = timedelta(weeks=weeks)
    shifted = keys(Desk(), messages(shift), NOON + shift)
    assert {(d, at - shift, q, x) for d, at, q, x in shifted} == plain  # type: ignore[operator]


def test_whose_basis_is_gone_is_not_listened_to_and_who_may_not_be_located_is_not() -> None:
    payload = {"_type": "location", "lat": 53.8, "lon": -1.5, "batt": 40}
    topic = "homes/live/owntracks/resident1/watch"
    place = message(topic, payload)
    watch = known(5, "resident1/watch", family="owntracks")
    assert "position" in {a.quantity for a in admit(Desk(devices=(watch,)), place).arrivals}
    found = admit(Desk(devices=(replace(watch, unlocated=True),)), place)
    assert {a.quantity for a in found.arrivals} & {"position", "zone"} == set()
    assert "battery" in {a.quantity for a in found.arrivals}, "that it lives may be known"
    gone = message(topic, {"_type": "transition", "event": "leave", "desc": "Home", "tst": 1})
    assert admit(Desk(devices=(replace(watch, unlocated=True),)), gone).arrivals == ()
    for said in (place, gone):
        found = admit(Desk(devices=(replace(watch, unwatched=True),)), said)
        assert (found.outcome, found.reason, found.arrivals) == (Outcome.REFUSED, "no_basis", ())
        assert found.quarantine is None


@pytest.mark.parametrize("unwatched", [True, False])
def test_of_whom_there_is_no_basis_nothing_that_can_not_be_read_is_kept(unwatched: bool) -> None:
    """Malformed, or of a tracker that was taken out of use and is still sending."""
    topic, place = "homes/live/owntracks/resident1", {"_type": "location", "lat": 53.8, "lon": -1.5}
    watch = known(5, "resident1/watch", family="owntracks")
    stopped = replace(watch, unwatched=unwatched, unlocated=not unwatched)
    for device, kept in ((watch, True), (stopped, False)):
        desk = Desk(devices=(device,))
        found = admit(desk, message(f"{topic}/watch", {**place, "lat": "53.8 N"}))
        assert found.quarantine is not None
        assert (found.quarantine.reason, b"53.8 N" in found.quarantine.payload) == (
            "malformed",
            kept,
        )
        assert found.quarantine.payload_bytes > 20
        (noted,) = desk.intake.close(
            [admit(desk, message(f"{topic}/phone", place))], NOON
        ).discovered
        assert (b"53.8" in noted.last_payload) is kept
