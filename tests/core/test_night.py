"""The night in four sentences: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.night import NightFacts, Span, letter, summary

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 1, 14, 21, 0, tzinfo=UTC)
END = datetime(2026, 1, 15, 7, 0, tzinfo=UTC)
QUIET = NightFacts(
    name="Ada", start=START, end=END, looked_until=END + timedelta(hours=2), in_bed=(),
    movement=(), doors=(), blind=(),
)  # fmt: skip


def span(start: float, end: float) -> Span:
    """Return a span by hours after nine in the evening."""
    return START + timedelta(hours=start), START + timedelta(hours=end)


def told(**facts: object) -> tuple[str, ...]:
    return summary(replace(QUIET, **facts), LONDON)  # type: ignore[arg-type]


def test_a_quiet_night() -> None:
    assert told(in_bed=(span(1.5, 10.5),)) == (
        "Ada went to bed at 22:30 and got up at 07:30.",
        "In between, nobody left the bed for more than 5 minutes.",
        "No outer door was seen to open.",
        "We could see all the time.",
    )


def test_a_restless_night() -> None:
    found = told(
        in_bed=(span(0, 3), span(3.5, 6), span(6.2, 12)),
        doors=(START + timedelta(hours=3.1), START + timedelta(hours=3.4)),
        blind=(span(4, 4.5), span(5, 5.5)),
    )
    assert found == (
        "Ada was in bed by 21:00 and has not got up yet.",
        "The bed was left 2 times, for 42 min in all; the longest was 30 min, at 00:00.",
        "Outer doors opened 2 times, first at 00:06 and last at 00:24.",
        "We could not see for 1 h in all between 01:00 and 02:30, so there may be more.",
    )


def test_without_a_bed_sensor_movement_tells() -> None:
    found = told(in_bed=None, doors=None, movement=(span(0.5, 1), span(6, 6.2)))
    assert found[:3] == (
        "The longest time without movement was 5 h, from 22:00.",
        "Movement was seen at 2 times, first at 21:30 and last at 03:00.",
        "No sensor watches the outer doors.",
    )


def test_a_blind_night_says_so_first() -> None:
    found = told(in_bed=None, blind=(span(1, 9),))
    assert found[0] == "We could not see for 8 h, from 22:00 to 06:00, so there may be more."
    assert "The longest time without movement was 1 h" in found[1], "blind is not quiet"


def test_two_people_are_not_taken_for_one() -> None:
    assert told(name="", in_bed=(span(1, 9),))[0].startswith("Somebody went to bed")


def test_a_letter_is_the_same_a_line_each() -> None:
    assert letter(QUIET, LONDON).splitlines() == list(told())


MINUTES = st.integers(1, 600)
SPANS = st.lists(st.tuples(MINUTES, MINUTES), max_size=4).map(
    lambda pairs: tuple(sorted(span(start / 60, (start + long) / 60) for start, long in pairs))
)


@settings(deadline=None)
@given(in_bed=st.none() | SPANS, movement=SPANS, blind=SPANS)
def test_it_is_always_four_sentences(
    in_bed: tuple[Span, ...] | None, movement: tuple[Span, ...], blind: tuple[Span, ...]
) -> None:
    found = told(in_bed=in_bed, movement=movement, blind=blind)
    assert len(found) == 4
    assert all(one.endswith(".") and one[0].isupper() for one in found)
