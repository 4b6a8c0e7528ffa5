"""Whether a home is watched, and who is owed which word of it when that changes. Pure.

What a person was told last is compared with how it stands: the same question may be asked at any moment and
after any outage, and nobody is told twice (docs/decisions/0236).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.model.basis import Basis, Kind, Purpose, Review, reviews, standing
from core.model.commissioning import Stage
from core.model.finding import Severity
from core.model.home import HomeMode
from core.model.quiet import held_until

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from core.model.quiet import QuietHours

TEST_IS_TOLD_AFTER = timedelta(hours=2)
"""A walk test is a visit: somebody is in the home. One that lasts longer is an end of watching."""
CIRCLE_AHEAD = timedelta(hours=24)
"""So long before a basis ends the circle is told: in the daytime before its last night."""
RENEWERS_AHEAD = timedelta(days=14)
"""So long before a basis ends it is told to who can renew it."""
WATCHING = (Purpose.CARE_MONITORING, Purpose.LOCATION)
"""The purposes whose end ends something that carers rely on."""


class WatchState(StrEnum):
    """What a circle may rely on."""

    WATCHED = "watched"
    UNLOCATED = "unlocated"
    """Watched, but for where somebody is outdoors."""
    RESTING = "resting"
    """Nobody is at home, as a carer has said: calls, falls and hazards are told, silence is not."""
    UNWATCHED = "unwatched"


class WhyNot(StrEnum):
    """Why a home is not watched, or nobody is looked for outdoors."""

    NONE = ""
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """The last day of a basis has passed."""
    LATER = "later"
    """A basis is written down and does not begin yet."""
    PAUSED = "paused"
    TESTED = "tested"
    """A walk test has lasted for hours."""
    ENDED = "ended"
    """The home is a record of the past."""
    AWAY = "away"
    """A carer said that nobody is there."""


class NoticeKind(StrEnum):
    """What somebody is told; also the kind of the delivery."""

    ENDED = "watch_ended"
    PLACES = "watch_places"
    """Watched, and nobody is looked for outdoors."""
    AGAIN = "watch_again"
    RESTS = "watch_rests"
    """Nobody is at home, as a carer has said."""
    REST_ENDS = "watch_rest_ends"
    """That ends within hours, by itself."""
    RESTED = "watch_rested"
    """Nobody was, and it is over: for who was not to be woken meanwhile."""
    ENDS = "watch_ends"
    """To the circle: a basis ends within a day."""
    RENEW = "watch_renew"
    """To who can renew it: a basis ends soon."""


KIND_OF = {
    WatchState.WATCHED: NoticeKind.AGAIN,
    WatchState.UNLOCATED: NoticeKind.PLACES,
    WatchState.RESTING: NoticeKind.RESTS,
    WatchState.UNWATCHED: NoticeKind.ENDED,
}
_SEVERITY = {
    WatchState.WATCHED: Severity.NOTICE,
    WatchState.UNLOCATED: Severity.CHECK,
    WatchState.RESTING: Severity.CHECK,
    WatchState.UNWATCHED: Severity.URGENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeNow:
    """What decides whether a home is watched."""

    mode: HomeMode
    #: Its last step and when that was taken; None for a home without steps.
    stage: Stage | None = None
    stage_at: datetime | None = None
    #: Number of the step by which a carer said that nobody is there; None where none did, or it is over.
    away: int | None = None
    #: Entries about each of its residents.
    ledgers: tuple[tuple[Basis, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How a home stands."""

    state: WatchState
    why: WhyNot = WhyNot.NONE


def watching(home: HomeNow, at: datetime) -> Watching | None:
    """Tell how a home stands; None where it is not to be said yet, because a visit is under way.

    A room can not tell people apart: where one resident may not be watched, the home is not.
    """
    if home.mode is HomeMode.ARCHIVE:
        return Watching(state=WatchState.UNWATCHED, why=WhyNot.ENDED)
    if home.mode is HomeMode.TEST and home.away is None:
        return _set_up(home, at)
    for purpose, state in zip(WATCHING, (WatchState.UNWATCHED, WatchState.UNLOCATED), strict=True):
        if home.away is not None and state is WatchState.UNLOCATED:
            return Watching(state=WatchState.RESTING, why=WhyNot.AWAY)
        for ledger in home.ledgers:
            found = standing(ledger, purpose, "", at)
            if not found:
                return Watching(state=state, why=_why(found.basis, at))
    return Watching(state=WatchState.WATCHED)


def changed(
    last: WatchState | None, home: HomeNow, at: datetime, *, said: int | None = None
) -> Watching | None:
    """Return how a home stands where that is to be written down anew; None where it is not.

    Parameters
    ----------
    last
        What was written down last; None for a home that was never watched so far.
    said
        Number of the step of that, where it was that nobody is there: said anew, it is news.
    """
    found = watching(home, at)
    if found is None or (found.state is last and not _said_anew(found, home, said)):
        return None
    if last is None and home.mode is not HomeMode.LIVE:
        return None  # nobody relies on what has not begun
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One of the circle of a home, as it stands now."""

    #: What this person was told last; None for nothing so far: then it counts as watched.
    told: WatchState | None
    hours: QuietHours | None
    zone: ZoneInfo
    #: True where this person was told in the days before that a basis ends.
    foretold: bool = False
    #: True where watching rested since then, and this person was not told because of their quiet hours.
    missed: bool = False


def due_at(watch: Watching, listener: Listener, now: datetime) -> datetime | None:
    """Return when this person is to be told how a home stands; None where they know it.

    That nobody watches is told at once, at night and in quiet hours too: who sleeps because the home is
    watched must not sleep on. Who was told the day before that it ends is left to sleep until the morning.
    That watching rests, because nobody is at home, waits for the end of a person's own quiet hours.
    What can wait does: that it is watched again, and, in a person's own quiet hours, that nobody is looked
    for outdoors. Who slept through a rest is told of it then too: all must know that it has been.
    """
    if _known(watch, listener) and not _anew(watch) and not listener.missed:
        return None
    severity = _SEVERITY[watch.state]
    if watch.why is WhyNot.LAPSED and listener.foretold:
        severity = Severity.NOTICE
    return held_until(listener.hours, severity, now, listener.zone) or now


def kind_of(watch: Watching, listener: Listener) -> NoticeKind:
    """Return what this person is told when it is due."""
    if listener.missed and _known(watch, listener) and not _anew(watch):
        return NoticeKind.RESTED
    return KIND_OF[watch.state]


def ending(home: HomeNow, now: datetime) -> tuple[Review, ...]:
    """Return what of a home, watched or at rest, ends within `RENEWERS_AHEAD` and carers rely on, in order.

    Nothing of a home that is not watched: a reminder of less would hide that.
    """
    stands = watching(home, now)
    if stands is None or stands.state is WatchState.UNWATCHED:
        return ()
    found = [
        one
        for ledger in home.ledgers
        for one in reviews(_within(ledger), now, RENEWERS_AHEAD)
        if one.ends_at > now
    ]
    return tuple(sorted(found, key=lambda one: (one.ends_at, one.basis.basis_id)))


def foretells(review: Review, kind: NoticeKind, now: datetime) -> bool:
    """Tell whether the end of a basis is near enough to be told in this way."""
    ahead = CIRCLE_AHEAD if kind is NoticeKind.ENDS else RENEWERS_AHEAD
    return now < review.ends_at <= now + ahead


def may_wake(hours: QuietHours | None, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether a person may be reminded of something now: neither at night nor in their quiet hours."""
    return held_until(hours, Severity.NOTICE, now, zone) is None


def _known(watch: Watching, listener: Listener) -> bool:
    return watch.state is (listener.told or WatchState.WATCHED)


def _anew(watch: Watching) -> bool:
    """Tell whether each change to it is news: a rest that was made longer ends later than people know."""
    return watch.state is WatchState.RESTING


def _said_anew(found: Watching, home: HomeNow, said: int | None) -> bool:
    return _anew(found) and home.away != said


def _set_up(home: HomeNow, at: datetime) -> Watching | None:
    if home.stage is Stage.PAUSED:
        return Watching(state=WatchState.UNWATCHED, why=WhyNot.PAUSED)
    if home.stage_at is not None and at - home.stage_at < TEST_IS_TOLD_AFTER:
        return None
    return Watching(state=WatchState.UNWATCHED, why=WhyNot.TESTED)


def _why(basis: Basis | None, at: datetime) -> WhyNot:
    if basis is not None and basis.kind is Kind.WITHDRAWN:
        return WhyNot.WITHDRAWN
    over = basis is not None and basis.valid_until is not None and basis.valid_until <= at
    return WhyNot.LAPSED if over else WhyNot.LATER


def _within(ledger: Iterable[Basis]) -> tuple[Basis, ...]:
    """Return the entries about watching itself; those for somebody outside end nothing here."""
    return tuple(one for one in ledger if one.purpose in WATCHING and not one.recipient)
