"""The ring of the day: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.day import Day, Gap, Stay
from dashboard.ring import AHEAD, PAST, QUARTER, State, ring

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
REST = frozenset({"Bedroom, in bed"})
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def day(*, stays: tuple[Stay, ...] = (), gaps: tuple[Gap, ...] = (), now: datetime = NOW) -> Day:
    return Day(start=now - PAST, end=now, places=(), stays=stays, marks=(), gaps=gaps)


def stay(place: str, ago: timedelta, long: timedelta) -> Stay:
    return Stay(place=place, start=NOW - ago, end=NOW - ago + long)


def states(seen: Day) -> list[tuple[str, float]]:
    """Return the past, the oldest first: state, and how many hours."""
    spans = ring(seen, REST, LONDON, None).spans
    return [(span.state.value, (span.end - span.start) / hours(1)) for span in reversed(spans)]


def test_the_past_says_what_was_seen() -> None:
    seen = day(
        stays=(
            stay("Kitchen", hours(18), hours(2)),
            stay("Bedroom, in bed", hours(10), hours(8)),
            stay("Hall", hours(1), timedelta(minutes=3)),
        )
    )
    assert states(seen) == [
        ("much", 2.0),
        ("still", 6.0),
        ("rest", 8.0),
        ("still", 1.0),
        ("some", 0.25),
        ("still", 0.75),
    ]


def test_blind_is_never_still() -> None:
    gap = Gap(start=NOW - hours(3), end=NOW, text="We could not see")
    assert states(day(gaps=(gap,)))[-1] == ("blind", 3.0)


def test_the_next_alert_is_marked_where_the_face_reaches() -> None:
    assert ring(day(), REST, LONDON, NOW + hours(1)).alert == 150.0
    assert ring(day(), REST, LONDON, NOW + AHEAD + hours(1)).alert is None
    assert ring(day(), REST, LONDON, None).alert is None


def test_the_hand_follows_the_clock_of_the_home() -> None:
    summer = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert ring(day(now=summer), REST, LONDON, None).hand == 135.0
    assert ring(day(), REST, LONDON, None).hand == 135.0


def _offset(moment: datetime) -> timedelta:
    return moment.astimezone(LONDON).utcoffset() or timedelta()


@settings(deadline=None)
@example(now=datetime(2026, 10, 24, 20, tzinfo=UTC))
@given(now=MOMENTS)
def test_past_and_future_never_share_a_place_on_the_face(now: datetime) -> None:
    face = ring(day(now=now), REST, LONDON, None)
    drawn = sum(path.count("M") for _state, path in face.paths)
    assert drawn <= 96
    assert sum((span.end - span.start for span in face.spans), timedelta()) >= PAST
    ahead = dict(face.paths)[State.AHEAD].count("M") * QUARTER
    # in the night in which the clock goes back an hour has the places of the one before
    twice = max(_offset(now - PAST) - _offset(now + AHEAD), timedelta())
    assert AHEAD - 3 * QUARTER - twice <= ahead <= AHEAD
