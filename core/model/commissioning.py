"""From referral to live: which step follows which, what a walk test lacks, what somebody needs. Pure.

The database holds to the same table (migration 0020); a test compares the two (docs/decisions/0170).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.model.home import HomeMode
from core.model.ids import DeviceId, HomeId, ResidentId, RoomId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from core.model.away import Away


class Stage(StrEnum):
    """How far a home is."""

    REFERRED = "referred"
    """Somebody asked for it. Nothing may be registered."""
    CONSENTED = "consented"
    """The resident, or who may decide for them, agreed."""
    INSTALLED = "installed"
    COMMISSIONING = "commissioning"
    """A walk test is under way: nobody is told."""
    LIVE = "live"
    """Watched: carers are told."""
    PAUSED = "paused"
    """For a time, e.g. a stay in hospital: nobody is told."""
    ENDED = "ended"
    """No device counts any more."""


FOLLOWS: Mapping[Stage, frozenset[Stage]] = {
    Stage.REFERRED: frozenset({Stage.CONSENTED, Stage.ENDED}),
    Stage.CONSENTED: frozenset({Stage.INSTALLED, Stage.ENDED}),
    Stage.INSTALLED: frozenset({Stage.COMMISSIONING, Stage.ENDED}),
    Stage.COMMISSIONING: frozenset({Stage.COMMISSIONING, Stage.LIVE, Stage.PAUSED, Stage.ENDED}),
    Stage.LIVE: frozenset({Stage.COMMISSIONING, Stage.PAUSED, Stage.ENDED}),
    Stage.PAUSED: frozenset({Stage.LIVE, Stage.PAUSED, Stage.COMMISSIONING, Stage.ENDED}),
    Stage.ENDED: frozenset({Stage.REFERRED}),
}
"""Which steps may follow on which. On themselves: the test begins anew, the pause becomes longer."""
TEST_LASTS = timedelta(days=1)
"""Planned for a walk test; a visit is over by then."""
PAUSE_LASTS = (1, 3, 7, 14, 28)
"""Days for which a pause may be planned."""


class Basis(StrEnum):
    """On what a consent stands."""

    PERSON = "person"
    ATTORNEY = "attorney"
    BEST_INTERESTS = "best_interests"


class NeedStage(StrEnum):
    """What became of something that somebody needs."""

    NEED = "need"
    RECOMMENDED = "recommended"
    INSTALLED = "installed"
    USED = "used"
    DROPPED = "dropped"


_NEEDS: Mapping[NeedStage | None, NeedStage] = {
    None: NeedStage.NEED,
    NeedStage.NEED: NeedStage.RECOMMENDED,
    NeedStage.RECOMMENDED: NeedStage.INSTALLED,
    NeedStage.INSTALLED: NeedStage.USED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStep:
    """One step of a home, and who took it, when and why."""

    home_id: HomeId
    at: datetime
    #: The person's name; empty for somebody who has left. Personal: never in logs.
    carer: str
    stage: Stage
    #: On what a consent stands, and who gave it; empty for other steps.
    basis: str = ""
    said_by: str = ""
    reason: str = ""
    #: Of a pause or test: until when it was planned; None where nobody said.
    until: datetime | None = None
    #: Where the people are, of a pause that a carer began and of the step that ended it; None for others.
    away: Away | None = None
    #: True where that ended at its planned end; ``carer`` is who planned it.
    by_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedStep:
    """How something that somebody needs stands."""

    need: str
    #: None where it is of the home rather than of one person.
    resident_id: ResidentId | None
    stage: NeedStage
    at: datetime
    carer: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A device in a walk test."""

    device_id: DeviceId
    name: str
    placement: str
    room: str
    #: When it first showed since the test began that it works; None while it has not.
    seen_at: datetime | None
    #: Seconds from when it says it sensed that to when it arrived; None where it does not say.
    latency_s: float | None
    #: When anything was heard of it last, also before the test.
    last_seen: datetime | None
    battery_percent: float | None
    #: Strength of its signal from 0 to 255 as its hub counts it; None where it has none.
    link_quality: float | None


def may_follow(standing: Stage, wanted: Stage) -> bool:
    """Tell whether a step may follow on how a home stands.

    Examples
    --------
    >>> may_follow(Stage.REFERRED, Stage.LIVE), may_follow(Stage.PAUSED, Stage.LIVE)
    (False, True)
    """
    return wanted in FOLLOWS[standing]


def mode_of(stage: Stage) -> HomeMode:
    """Return what Wayhome does with a home at a stage: only a home that is live pages anybody.

    Examples
    --------
    >>> mode_of(Stage.PAUSED).value, mode_of(Stage.ENDED).value
    ('test', 'archive')
    """
    if stage is Stage.LIVE:
        return HomeMode.LIVE
    return HomeMode.ARCHIVE if stage is Stage.ENDED else HomeMode.TEST


def has_consent(steps: Iterable[Stage]) -> bool:
    """Tell whether consent stands after these steps, in order: it ends with the home.

    Examples
    --------
    >>> has_consent([Stage.CONSENTED, Stage.ENDED]), has_consent([Stage.CONSENTED, Stage.INSTALLED])
    (False, True)
    """
    given = False
    for stage in steps:
        given = stage is Stage.CONSENTED or (given and stage is not Stage.ENDED)
    return given


def lacking(missing: Iterable[str], waived: Collection[str]) -> tuple[str, ...]:
    """Return the pieces without which a home may not go live."""
    return tuple(piece for piece in missing if piece not in waived)


def next_need(standing: NeedStage | None) -> NeedStage | None:
    """Return what comes next for something needed; None when it is used or dropped.

    Examples
    --------
    >>> next_need(None).value, next_need(NeedStage.USED)
    ('need', None)
    """
    return _NEEDS.get(standing)


def cut_off(
    rooms: Iterable[RoomId], exits: Collection[RoomId], doors: Iterable[tuple[RoomId, RoomId]]
) -> tuple[RoomId, ...]:
    """Return the rooms from which no way is drawn to a door that leads out.

    Parameters
    ----------
    doors
        Pairs of rooms that lie next to each other, each pair once, in any order.

    Examples
    --------
    >>> one, two, three = RoomId(1), RoomId(2), RoomId(3)
    >>> cut_off([one, two, three], {one}, [(two, one)])
    (3,)
    """
    beside: dict[RoomId, set[RoomId]] = {}
    for one, other in doors:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    reached, edge = set(exits), list(exits)
    while edge:
        for room in beside.get(edge.pop(), set()) - reached:
            reached.add(room)
            edge.append(room)
    return tuple(room for room in rooms if room not in reached)
