"""What goes wrong in a home and when: drawn from its seed, of graded severity, some of it below notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from sensors.simulator import homes
from sensors.simulator.behaviour import OUTSIDE, Activity, Clock, Stay
from sensors.simulator.episodes import WORST, Episode, Kind
from sensors.simulator.faults import REAL, Circumstances
from sensors.simulator.homes import SimulatedHome, motion_sensor
from sensors.simulator.outdoors import KNOWN_PART, WALK_M_S, length
from sensors.simulator.recording import Recording

MONTH_D = 30.0
SEVERITY_SHARES = (0.2, 0.3, 0.3, 0.2)
#: Weights of the kinds that take hours.
ACUTE = {
    Kind.LONG_LIE: 3.0,
    Kind.FALL: 2.0,
    Kind.NIGHT_WANDERING: 1.5,
    Kind.PACING: 1.5,
    Kind.DOOR_AT_NIGHT: 1.5,
    Kind.LOST: 1.5,
    Kind.NOT_BACK: 1.0,
    Kind.OVERSTAY: 1.0,
    Kind.LATE_RISE: 1.0,
    Kind.APPLIANCE: 1.0,
    Kind.SOS: 0.5,
    Kind.DEAD_SENSOR: 0.8,
    Kind.OBSTRUCTED: 0.8,
    Kind.STUCK: 0.6,
}
_NEEDS = {Kind.FALL: homes.WATCH, Kind.LOST: homes.TRACKER, Kind.APPLIANCE: homes.STOVE}
#: Minutes by severity; each is drawn between an entry and the next.
MINUTES = {
    Kind.LONG_LIE: (15, 45, 120, 240, 600),
    Kind.FALL: (1, 3, 12, 60, 300),
    Kind.NIGHT_WANDERING: (4, 20, 40, 70, 120),
    Kind.PACING: (4, 12, 25, 40, 90),
    Kind.DOOR_AT_NIGHT: (1, 10, 30, 90, 240),
    Kind.LOST: (45, 60, 90, 150, 300),
    Kind.NOT_BACK: (100, 300, 420, 540, 900),
    Kind.OVERSTAY: (15, 40, 65, 100, 180),
    Kind.LATE_RISE: (40, 120, 180, 270, 480),
    Kind.APPLIANCE: (6, 25, 45, 75, 150),
    Kind.SOS: (5, 5, 5, 5, 5),
    Kind.DEAD_SENSOR: (720, 2880, 4320, 5760, 8640),
    Kind.OBSTRUCTED: (720, 2880, 4320, 5760, 8640),
    Kind.STUCK: (60, 240, 480, 1440, 2880),
}
FAINT_SHARE = 0.25
"""Of the lies: those in which some movement can still be seen."""
PATTERNS = ("pacing", "lapping", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How much shall go wrong."""

    #: Days before the first, and before the first of those that last for days.
    quiet_days: int = 14
    quiet_for_changes_days: int = 28
    #: Days between two, on average; shares of homes with the slow kinds.
    every_days: float = 4.0
    change_share: float = 0.6
    decline_share: float = 0.25
    circumstances: Circumstances = field(default=REAL)
    #: Acute kinds to draw from; all when empty.
    kinds: tuple[Kind, ...] = ()


def drawn(
    home: SimulatedHome, span: tuple[datetime, datetime], asked: Asked
) -> tuple[Episode, ...]:
    """Return what goes wrong in ``home`` within ``span``, in order of time."""
    rng = np.random.default_rng((home.seed, 30))
    broken = list(faults(home, span, asked))
    slow = [*_absences(span, asked, rng), *_changes(span, asked, rng)]
    calm = Recording(home=home, span=span, episodes=tuple(slow))
    rng = np.random.default_rng((home.seed, 31))
    found = [*slow, *broken, *_acute(calm, asked, [*slow, *broken], rng)]
    return tuple(sorted(found, key=lambda one: (one.at, one.kind)))


def _days(span: tuple[datetime, datetime]) -> int:
    return (span[1] - span[0]).days


def _absences(
    span: tuple[datetime, datetime], asked: Asked, rng: np.random.Generator
) -> Iterator[Episode]:
    count = int(rng.poisson(asked.circumstances.absences_per_month * _days(span) / MONTH_D))
    starts = sorted(rng.uniform(asked.quiet_days, _days(span), 8).tolist())[:count]
    for start in starts[:1]:
        kind = Kind.HOLIDAY if rng.random() < 0.6 else Kind.HOSPITAL  # noqa: PLR2004
        at = span[0] + timedelta(days=start)
        yield Episode(kind=kind, at=at, lasts=timedelta(days=float(rng.uniform(2, 9))), severity=1)


def _changes(
    span: tuple[datetime, datetime], asked: Asked, rng: np.random.Generator
) -> Iterator[Episode]:
    changes, declines = rng.random(2)
    first, days = asked.quiet_for_changes_days, _days(span)
    if changes < asked.change_share and days - first > 12:  # noqa: PLR2004
        at = span[0] + timedelta(days=int(rng.integers(first, days - 11)))
        lasts = timedelta(days=int(rng.integers(4, 11)))
        yield Episode(kind=Kind.BATHROOM_CHANGE, at=at, lasts=lasts, severity=_severity(rng))
    elif declines < asked.decline_share / (1.0 - asked.change_share) and days - first >= 28:  # noqa: PLR2004
        at = span[0] + timedelta(days=int(rng.integers(first, days - 27)))
        lasts = min(timedelta(days=int(rng.integers(28, 91))), span[1] - at)
        yield Episode(kind=Kind.DECLINE, at=at, lasts=lasts, severity=_severity(rng))


def _severity(rng: np.random.Generator) -> int:
    return int(rng.choice(4, p=SEVERITY_SHARES))


def faults(home: SimulatedHome, span: tuple[datetime, datetime], asked: Asked) -> Iterator[Episode]:
    """Yield outages of the hub and devices that die."""
    rng = np.random.default_rng((home.seed, 32))
    months, wanted = _days(span) / MONTH_D, asked.circumstances
    for _ in range(int(rng.poisson(wanted.outages_per_month * months))):
        at = span[0] + timedelta(days=float(rng.uniform(1, _days(span))))
        hours = float(np.clip(rng.lognormal(0.5, 1.0), 0.2, 24.0))
        yield Episode(kind=Kind.HUB_OUTAGE, at=at, lasts=timedelta(hours=hours), severity=2)
    for _ in range(int(rng.poisson(wanted.dying_per_month * months))):
        at = span[0] + timedelta(days=float(rng.uniform(asked.quiet_days, _days(span))))
        room = str(rng.choice(home.equipment.layout.rooms))
        lasts = timedelta(days=float(rng.uniform(2, 10)))
        yield Episode(
            kind=Kind.DEAD_SENSOR, at=at, lasts=lasts, device=motion_sensor(room), severity=3
        )


def _acute(
    calm: Recording, asked: Asked, slow: Sequence[Episode], rng: np.random.Generator
) -> Iterator[Episode]:
    has = calm.home.equipment.has
    kinds = [kind for kind in ACUTE if kind not in _NEEDS or has(_NEEDS[kind])]
    kinds = [kind for kind in kinds if kind in asked.kinds or not asked.kinds]
    weights = np.array([ACUTE[kind] for kind in kinds])
    clock, end = Clock(calm.home.zone), calm.span[1]
    day = clock.day(calm.span[0].timestamp()) + timedelta(days=asked.quiet_days)
    busy = calm.span[0]
    while True:
        day += timedelta(days=int(1 + rng.poisson(max(asked.every_days - 1.0, 0.0))))
        if datetime.fromtimestamp(clock.at(day, 36.0), UTC) >= end:
            return
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        one = _placed(kind, calm, day, rng)
        if one is None or one.at < busy or _disturbs(one, slow):
            continue
        busy = one.end + timedelta(hours=12)
        yield one


def _disturbs(one: Episode, slow: Sequence[Episode]) -> bool:
    margin = 86400.0
    return any(
        other.overlaps(one.start_s - margin, one.end_s + margin)
        for other in slow
        if other.kind is not Kind.DECLINE
    )


def _placed(kind: Kind, calm: Recording, day: date, rng: np.random.Generator) -> Episode | None:
    """Return an episode on a day, where the day has a moment for it."""
    severity = _severity(rng)
    low, high = MINUTES[kind][severity : severity + 2]
    minutes = float(np.exp(rng.uniform(np.log(low), np.log(high)))) if high > low else float(low)
    moment = _MOMENTS.get(kind, _awake_at_home)(calm.stays(day), Clock(calm.home.zone), rng)
    if moment is None:
        return None
    layout = calm.home.equipment.layout
    how, device, room = "", "", ""
    if kind is Kind.SOS:
        severity = WORST
    if kind is Kind.LONG_LIE:
        how = "faint" if rng.random() < FAINT_SHARE else ""
        room = str(rng.choice(layout.rooms))
    elif kind is Kind.PACING:
        how = str(rng.choice(PATTERNS))
    elif kind in {Kind.DEAD_SENSOR, Kind.OBSTRUCTED, Kind.STUCK}:
        device = motion_sensor(str(rng.choice(layout.rooms)))
    return Episode(
        kind=kind,
        at=datetime.fromtimestamp(round(moment, 1), UTC),
        lasts=timedelta(seconds=round(60.0 * minutes)),
        device=device,
        room=room,
        severity=severity,
        how=how,
        astray_after=_astray_after(calm, moment) if kind is Kind.LOST else timedelta(0),
    )


def _astray_after(calm: Recording, moment: float) -> timedelta:
    """Return how long she is on a known way before she leaves it."""
    rng = np.random.default_rng((calm.home.seed, 33, int(moment)))
    way = float(rng.choice([length(way) for way in calm.around.ways]))
    known = float(rng.uniform(*KNOWN_PART)) * way
    return timedelta(seconds=round(known / WALK_M_S))


def _within(
    stays: Sequence[Stay], wanted: Callable[[Stay], bool], rng: np.random.Generator
) -> float | None:
    found = [one for one in stays if wanted(one)]
    lengths = np.array([one.end - one.start for one in found])
    if not found:
        return None
    one = found[int(rng.choice(len(found), p=lengths / lengths.sum()))]
    return float(rng.uniform(one.start, one.end))


def _awake_at_home(stays: Sequence[Stay], clock: Clock, rng: np.random.Generator) -> float | None:
    del clock
    # a fifth of it at night, on the way to or from the bathroom
    if rng.random() < 0.2:  # noqa: PLR2004
        night = _within(stays, lambda one: one.activity is Activity.SLEEP, rng)
        if night is not None:
            return night
    still = {Activity.SLEEP, Activity.DOZE, Activity.OUT}
    return _within(stays, lambda one: one.activity not in still, rng)


def _asleep(stays: Sequence[Stay], clock: Clock, rng: np.random.Generator) -> float | None:
    moment = _within(stays, lambda one: one.activity is Activity.SLEEP, rng)
    if moment is None:
        return None
    hour = (moment + clock.offset(moment)) % 86400.0 / 3600.0
    return moment if 0.0 <= hour < 5.0 else None  # noqa: PLR2004


def _leaving(stays: Sequence[Stay], clock: Clock, rng: np.random.Generator) -> float | None:
    out = [
        one.start
        for one, before in zip(stays[1:], stays, strict=False)
        if one.room == OUTSIDE and before.room != OUTSIDE and one.end - one.start > 1200.0  # noqa: PLR2004
    ]
    day = [at for at in out if 8.0 <= (at + clock.offset(at)) % 86400.0 / 3600.0 < 17.0]  # noqa: PLR2004
    return day[int(rng.integers(len(day)))] if day else None


def _rising(stays: Sequence[Stay], clock: Clock, rng: np.random.Generator) -> float | None:
    del clock, rng
    asleep = [one.end for one in stays if one.activity is Activity.SLEEP]
    return max(asleep, default=None)


def _cooking(stays: Sequence[Stay], clock: Clock, rng: np.random.Generator) -> float | None:
    del clock
    meals = [one.start + 60.0 for one in stays if one.activity is Activity.MEAL]
    return meals[int(rng.integers(len(meals)))] if meals else None


_MOMENTS: dict[Kind, Callable[[Sequence[Stay], Clock, np.random.Generator], float | None]] = {
    Kind.NIGHT_WANDERING: _asleep,
    Kind.DOOR_AT_NIGHT: _asleep,
    Kind.LOST: _leaving,
    Kind.NOT_BACK: _leaving,
    Kind.LATE_RISE: _rising,
    Kind.APPLIANCE: _cooking,
}
