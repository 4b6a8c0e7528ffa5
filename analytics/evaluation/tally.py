"""Episodes and findings put side by side: what was found, and what nothing explains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from analytics.evaluation.watching import Thread, Watched
from core.model.finding import Audience
from sensors.simulator.episodes import Episode, Kind

HOUR_S = 3600.0
DAY_S = 86400.0
MERGE_S = 1800.0
"""False findings of a detector within so long of each other are one (detection.md §9)."""

#: Kind → detectors that should notice it, and seconds after its end until when it still counts.
SHOULD: dict[Kind, tuple[tuple[str, ...], float]] = {
    Kind.LONG_LIE: (("inactivity", "wrist_stillness"), 300.0),
    Kind.FALL: (("impact",), 600.0),
    Kind.SOS: (("sos",), 0.0),
    Kind.DOOR_AT_NIGHT: (("exit",), 0.0),
    Kind.NOT_BACK: (("not_back",), 0.0),
    Kind.LOST: (("lost",), 0.0),
    Kind.NIGHT_WANDERING: (("walking", "night"), 600.0),
    Kind.PACING: (("walking",), 1800.0),
    Kind.OVERSTAY: (("overstay",), 300.0),
    Kind.LATE_RISE: (("late_rise",), 0.0),
    Kind.APPLIANCE: (("appliance",), 0.0),
    Kind.BATHROOM_CHANGE: (("day_change",), 2 * DAY_S),
    # what slows down and stays in keeps its hours: nothing the rhythm of days and nights would show
    Kind.DECLINE: (("mobility",), 7 * DAY_S),
    Kind.DEAD_SENSOR: (("liveness",), 0.0),
    Kind.OBSTRUCTED: (("liveness",), 0.0),
    Kind.STUCK: (("liveness",), 0.0),
    Kind.HUB_OUTAGE: (("liveness",), 300.0),
}
OF_A_WATCH = frozenset({"wrist_stillness"})
"""Detectors of which nothing is expected in a home without a watch."""
LATER_S = {("night", Kind.NIGHT_WANDERING): 12 * HOUR_S}
"""What a detector that looks back on a night still may say after an episode: it waits for the morning."""
SHORTEST_S = {Kind.LONG_LIE: HOUR_S, Kind.FALL: 180.0, Kind.HUB_OUTAGE: 900.0}
"""Shorter ones need not be noticed (as severity 0)."""
TRENDS = frozenset({"day_change", "rhythm", "mobility", "night", "walking"})
"""Detectors that look back on a day, a night or weeks: an episode explains what they say for longer."""
DEVICE_FAULTS = frozenset({Kind.DEAD_SENSOR, Kind.OBSTRUCTED, Kind.STUCK, Kind.HUB_OUTAGE})
SLOW = frozenset({Kind.BATHROOM_CHANGE, Kind.DECLINE})
ABSENCES = frozenset({Kind.HOLIDAY, Kind.HOSPITAL})
BEFORE_S = 900.0
AFTER_S = 3 * HOUR_S
LOOKS_BACK_S = 36 * HOUR_S
RECOVERS_S = {
    Kind.BATHROOM_CHANGE: 4 * DAY_S,
    Kind.DECLINE: 28 * DAY_S,
    Kind.HOLIDAY: 3 * DAY_S,
    Kind.HOSPITAL: 3 * DAY_S,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An episode that one detector (or any of them) should have told."""

    kind: Kind
    detector: str
    severity: int
    episode: Episode
    #: Seconds from its beginning; None if it was not told in time.
    delay_s: float | None
    #: Seconds from its beginning until it is too late.
    window_s: float


@dataclass(slots=True, kw_only=True)
class Count:
    """One home, counted."""

    seed: int
    expected: list[Expected] = field(default_factory=list)
    #: False findings by detector, each a thread.
    false: defaultdict[str, list[Thread]] = field(default_factory=lambda: defaultdict(list))
    #: The rest.
    explained: int = 0


def counted(watched: Iterable[Watched], *, any_detector: bool = False) -> list[Count]:
    """Return, home by home, what was expected and what was false."""
    return [_home(home, any_detector=any_detector) for home in watched]


def _home(home: Watched, *, any_detector: bool) -> Count:
    count = Count(seed=home.seed)
    for episode in home.episodes:
        names, grace = SHOULD.get(episode.kind, ((), 0.0))
        if episode.start_s < home.start or not names:
            continue
        known = [name for name in names if name in home.detectors or not home.detectors]
        known = [name for name in known if home.worn or name not in OF_A_WATCH]
        asked: Sequence[tuple[str, ...]] = [(name,) for name in known]
        if any_detector:
            asked = [_WIDER.get(episode.kind, names)]
        count.expected += [_expected(episode, some, grace, home) for some in asked]
    for name, threads in _by_detector(home).items():
        false = [one for one in threads if not explained(one, home.episodes)]
        count.explained += len(threads) - len(false)
        count.false[name] = _merged(false)
    return count


def _merged(threads: Sequence[Thread]) -> list[Thread]:
    merged: list[Thread] = []
    for one in threads:
        if not merged or one.noticed - merged[-1].noticed > MERGE_S:
            merged.append(one)
    return merged


_WIDER = {
    Kind.LONG_LIE: ("inactivity", "wrist_stillness", "overstay", "late_rise", "impact", "fall"),
    Kind.FALL: ("impact", "fall", "inactivity", "overstay", "wrist_stillness"),
    Kind.LOST: ("lost", "geofence", "not_back"),
    Kind.DOOR_AT_NIGHT: ("exit", "lost", "geofence", "not_back", "night"),
    Kind.OVERSTAY: ("overstay", "inactivity", "wrist_stillness"),
    Kind.LATE_RISE: ("late_rise", "inactivity"),
    Kind.DECLINE: ("mobility", "rhythm", "change", "day_change"),
    Kind.BATHROOM_CHANGE: ("change", "day_change", "rhythm", "night"),
}


def _by_detector(home: Watched) -> dict[str, list[Thread]]:
    found: dict[str, list[Thread]] = {}
    for one in home.threads:
        if one.noticed >= home.start:
            found.setdefault(one.detector, []).append(one)
    return found


def _expected(episode: Episode, names: tuple[str, ...], grace: float, home: Watched) -> Expected:
    until = episode.end_s + max(LATER_S.get((one, episode.kind), grace) for one in names)
    times = [
        when
        for one in home.threads
        if one.detector in names
        for when in one.said.values()
        if episode.onset_s <= when <= until
    ]
    lasts = episode.end_s - episode.start_s
    short = lasts < SHORTEST_S.get(episode.kind, 0.0)
    return Expected(
        kind=episode.kind,
        detector=names[0],
        severity=0 if short else episode.severity,
        episode=episode,
        delay_s=min(times) - episode.onset_s if times else None,
        window_s=until - episode.onset_s,
    )


def explained(thread: Thread, episodes: Iterable[Episode]) -> bool:
    """Tell whether some episode is a reason for what was said."""
    return any(_explains(one, thread) for one in episodes)


def _explains(episode: Episode, thread: Thread) -> bool:
    faulty = episode.kind in DEVICE_FAULTS
    if (thread.audience is Audience.OPERATORS) != faulty and episode.kind not in ABSENCES:
        return False
    if episode.kind in SLOW and thread.detector not in TRENDS:
        return False
    after = RECOVERS_S.get(episode.kind, AFTER_S)
    if thread.detector in TRENDS:
        after = max(after, LOOKS_BACK_S)
    return any(
        episode.start_s - BEFORE_S <= when <= episode.end_s + after for when in thread.said.values()
    )


def delays(found: Sequence[Expected]) -> dict[str, float | None]:
    """Return quantiles of the delay in minutes, what was missed censored when it was too late.

    None where too few were told (Kaplan & Meier 1958).
    """
    return {"median": _quantile(found, 0.5), "p90": _quantile(found, 0.9)}


def _quantile(found: Sequence[Expected], share: float) -> float | None:
    events = sorted(
        (one.delay_s if one.delay_s is not None else one.window_s, one.delay_s is None)
        for one in found
    )
    alive = 1.0
    for number, (at, censored) in enumerate(events):
        if not censored:
            alive *= 1.0 - 1.0 / (len(events) - number)
            if alive <= 1.0 - share + 1e-9:
                return round(at / 60.0, 1)
    return None
