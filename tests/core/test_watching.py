"""Who is owed which word of a watch follows from the ledger, the home and what they were told last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.basis import Basis, Kind, Purpose, standing
from core.model.commissioning import Stage
from core.model.home import HomeMode
from core.model.quiet import QuietHours
from core.model.watching import (
    CIRCLE_AHEAD,
    RENEWERS_AHEAD,
    TEST_IS_TOLD_AFTER,
    HomeNow,
    Listener,
    NoticeKind,
    Watching,
    WatchState,
    WhyNot,
    changed,
    due_at,
    ending,
    foretells,
    kind_of,
    may_wake,
    watching,
)
from core.model.week import WeeklySpan
from tests.core.test_basis import day, entry, ledgers

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
THREE = datetime(2026, 1, 20, 3, tzinfo=UTC)
EVENINGS = QuietHours(
    zone=LONDON, windows=(WeeklySpan(days=tuple(range(7)), start=18 * 60, end=9 * 60),)
)
CARE = Purpose.CARE_MONITORING
LIVE = HomeNow(mode=HomeMode.LIVE)
UNWATCHED = Watching(state=WatchState.UNWATCHED, why=WhyNot.WITHDRAWN)
LAPSED = Watching(state=WatchState.UNWATCHED, why=WhyNot.LAPSED)
UNLOCATED = Watching(state=WatchState.UNLOCATED, why=WhyNot.WITHDRAWN)
WATCHED = Watching(state=WatchState.WATCHED)
NEW = Listener(told=None, hours=None, zone=LONDON)


def a_home(*entries: Basis) -> HomeNow:
    return HomeNow(mode=HomeMode.LIVE, ledgers=(entries,))


@st.composite
def written(draw: st.DrawFn) -> tuple[Basis, ...]:
    """Return what may be written down about watching, each entry on the day from which it is valid."""
    purposes = st.sampled_from([CARE, Purpose.LOCATION])
    return tuple(replace(one, purpose=draw(purposes), at=one.valid_from) for one in draw(ledgers()))


def test_a_home_stands_as_its_entries_do() -> None:
    gone = entry(1, kind=Kind.WITHDRAWN, purpose=CARE)
    over = entry(1, purpose=CARE, valid_until=day(3))
    later = entry(1, purpose=CARE, valid_from=day(30))
    assert watching(LIVE, NOON) == WATCHED
    assert watching(a_home(gone), NOON) == UNWATCHED
    assert watching(a_home(over), NOON) == LAPSED
    assert watching(a_home(later), NOON) == replace(UNWATCHED, why=WhyNot.LATER)
    assert watching(a_home(entry(1, kind=Kind.WITHDRAWN)), NOON) == UNLOCATED
    both = replace(LIVE, ledgers=((entry(1),), (gone,)))
    assert watching(both, NOON) == UNWATCHED  # a room can not tell two people apart


def test_a_pause_is_an_end_and_a_visit_is_none_until_it_lasts() -> None:
    paused = HomeNow(mode=HomeMode.TEST, stage=Stage.PAUSED, stage_at=NOON)
    assert watching(paused, NOON) == replace(UNWATCHED, why=WhyNot.PAUSED)
    tested = replace(paused, stage=Stage.COMMISSIONING)
    assert watching(tested, NOON + TEST_IS_TOLD_AFTER / 2) is None
    assert watching(tested, NOON + TEST_IS_TOLD_AFTER) == replace(UNWATCHED, why=WhyNot.TESTED)
    ended = HomeNow(mode=HomeMode.ARCHIVE)
    assert watching(ended, NOON) == replace(UNWATCHED, why=WhyNot.ENDED)


def test_what_has_not_begun_has_not_changed() -> None:
    assert changed(None, HomeNow(mode=HomeMode.TEST), NOON) is None
    assert changed(None, HomeNow(mode=HomeMode.ARCHIVE), NOON) is None
    assert changed(None, LIVE, NOON) == WATCHED
    assert changed(WatchState.WATCHED, LIVE, NOON) is None
    assert changed(WatchState.UNWATCHED, LIVE, NOON) == WATCHED


@pytest.mark.parametrize(
    ("watch", "listener", "now", "due"),
    [
        # nobody sleeps on because they believe that somebody watches
        (UNWATCHED, NEW, THREE, THREE),
        (UNWATCHED, replace(NEW, hours=EVENINGS), THREE, THREE),
        (LAPSED, NEW, THREE, THREE),
        # who was told the day before is left to sleep
        (LAPSED, replace(NEW, foretold=True), THREE, THREE.replace(hour=8)),
        (UNWATCHED, replace(NEW, foretold=True), THREE, THREE),
        # the door still tells, so it waits for the end of somebody's own quiet hours
        (UNLOCATED, NEW, THREE, THREE),
        (UNLOCATED, replace(NEW, hours=EVENINGS), THREE, THREE.replace(hour=9)),
        # good news waits for the morning
        (WATCHED, replace(NEW, told=WatchState.UNWATCHED), THREE, THREE.replace(hour=8)),
        (WATCHED, replace(NEW, told=WatchState.UNWATCHED), NOON, NOON),
        # who knows is told nothing
        (WATCHED, NEW, NOON, None),
        (UNWATCHED, replace(NEW, told=WatchState.UNWATCHED), NOON, None),
    ],
)
def test_when_somebody_is_told(
    watch: Watching, listener: Listener, now: datetime, due: datetime | None
) -> None:
    assert due_at(watch, listener, now) == due


def test_an_end_is_foretold_to_who_can_renew_it_and_on_its_last_day_to_the_circle() -> None:
    basis = entry(1, purpose=CARE, valid_until=day(40))
    home = a_home(basis)
    assert ending(home, day(40) - RENEWERS_AHEAD - timedelta(seconds=1)) == ()
    (review,) = ending(home, day(40) - RENEWERS_AHEAD)
    assert review.basis == basis
    assert foretells(review, NoticeKind.RENEW, day(30))
    assert not foretells(review, NoticeKind.ENDS, day(38))
    assert foretells(review, NoticeKind.ENDS, day(40) - CIRCLE_AHEAD)
    assert not foretells(review, NoticeKind.ENDS, day(40))
    assert ending(home, day(40)) == ()
    assert ending(a_home(basis, entry(2, purpose=CARE)), day(35)) == ()
    assert ending(replace(home, mode=HomeMode.TEST), day(35)) == ()
    outside = entry(2, purpose=Purpose.RESEARCH, recipient="X", valid_until=day(36))
    assert ending(a_home(outside), day(35)) == ()


def test_nobody_is_reminded_at_night_or_in_quiet_hours() -> None:
    assert not may_wake(None, LONDON, THREE)
    assert may_wake(None, LONDON, NOON)
    assert not may_wake(EVENINGS, LONDON, NOON.replace(hour=19))


LOOKS = st.lists(st.integers(1, 30), min_size=1, max_size=12)


@given(ledger=written(), looks=LOOKS, night=st.booleans(), keeps=st.booleans())
def test_each_is_told_once_and_in_the_end_knows_how_it_stands(
    ledger: tuple[Basis, ...], looks: list[int], *, night: bool, keeps: bool
) -> None:
    """Looked at whenever it happens to be, told by what is written down: as after any restart."""
    moment, last = day(0) + timedelta(hours=3 * night), None
    told: list[WatchState] = []
    waiting: tuple[WatchState, datetime] | None = None
    for hours in [*looks, 400, 24]:
        moment += timedelta(hours=hours)
        home = a_home(*[one for one in ledger if one.at <= moment])
        found = changed(last, home, moment)
        if found is not None:
            last, waiting = found.state, None
            listener = Listener(
                told=told[-1] if told else None, hours=EVENINGS if keeps else None, zone=LONDON
            )
            due = due_at(found, listener, moment)
            waiting = None if due is None else (found.state, due)
            assert due is None or moment <= due <= moment + timedelta(hours=24)
            if found.state is WatchState.UNWATCHED:
                assert due in {None, moment}
        if waiting is not None and waiting[1] <= moment:
            told.append(waiting[0])
            waiting = None
    assert last is not None
    assert waiting is None
    assert (told[-1] if told else WatchState.WATCHED) is last
    assert [WatchState.WATCHED, *told] == _without_repeats([WatchState.WATCHED, *told])


@given(ledger=written(), after=st.integers(0, 20))
def test_what_is_said_is_what_the_gateway_does(ledger: tuple[Basis, ...], after: int) -> None:
    found = watching(a_home(*ledger), day(after))
    assert found is not None
    located = standing(ledger, Purpose.LOCATION, "", day(after))
    watched = standing(ledger, CARE, "", day(after))
    assert (found.state is WatchState.UNWATCHED) == (not watched)
    assert (found.state is WatchState.UNLOCATED) == (bool(watched) and not located)
    assert (found.why is WhyNot.NONE) == (found.state is WatchState.WATCHED)


def _without_repeats(states: list[WatchState]) -> list[WatchState]:
    return [one for place, one in enumerate(states) if not place or states[place - 1] is not one]


RESTING = Watching(state=WatchState.RESTING, why=WhyNot.AWAY)


@pytest.mark.parametrize(
    ("watch", "told", "kind"),
    [
        (WATCHED, None, NoticeKind.RESTED),
        (WATCHED, WatchState.WATCHED, NoticeKind.RESTED),
        (UNLOCATED, WatchState.UNLOCATED, NoticeKind.RESTED),
        (WATCHED, WatchState.UNWATCHED, NoticeKind.AGAIN),
        (UNWATCHED, None, NoticeKind.ENDED),
        (RESTING, None, NoticeKind.RESTS),
    ],
)
def test_who_slept_through_a_rest_hears_of_it_unless_there_is_more_to_hear(
    watch: Watching, told: WatchState | None, kind: NoticeKind
) -> None:
    slept = Listener(told=told, hours=EVENINGS, zone=LONDON, missed=True)
    assert kind_of(watch, slept) is kind
    due = due_at(watch, slept, THREE)
    assert due is not None
    assert (due > THREE) == (kind is not NoticeKind.ENDED), "nobody is woken for less"
    heard = replace(slept, missed=False)
    if kind is NoticeKind.RESTED:
        assert due_at(watch, heard, THREE) is None
