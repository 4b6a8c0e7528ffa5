"""Outings of simulated residents with a tracker: who is told to have lost the way, and false exits.

Every home has a tracker here, and nothing goes wrong but getting lost, every few days: on the homes of
`simulated` there are too few such days to say anything about a share of 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from analytics.detector import discover
from analytics.evaluation.saving import plain
from analytics.evaluation.scoring import poisson_interval, share_interval
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity
from sensors.simulator import homes, outdoors, schedule
from sensors.simulator.behaviour import OUTSIDE, Clock
from sensors.simulator.episodes import SUB_THRESHOLD, Episode, Kind
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.recording import Recording
from sensors.simulator.rows import observations, positions

START = datetime(2026, 8, 3, 11, tzinfo=UTC)
QUIET_DAYS = 14
LOST_EVERY_DAYS = 3.0
SHORTEST_S = 900.0
"""An outing of which somebody could be told that it went astray."""
NEW_WAYS = 12
"""Walks of each home to a new place, after all else."""
GRACE_S = 600.0
"""A fence may be late by so long: fixes at home come every half hour."""
LEVELS = (Severity.CHECK, Severity.URGENT)
DETECTORS = ("geofence", "lost", "tracker")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutingStudy:
    """Which homes, for how long."""

    homes: int
    days: int
    seed: int
    workers: int = 2


@dataclass(slots=True, kw_only=True)
class Told:
    """Of whom it was told that she does not find the way, at some severity or a higher one."""

    #: Outings on which nothing went wrong, and walks on ways that are new to her.
    normal: int = 0
    new_ways: int = 0
    #: Minutes from leaving the known way, of those who had lost it and were told.
    delays: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Outings:
    """What came of one home."""

    days: float
    normal: int = 0
    new_ways: int = 0
    lost: int = 0
    told: dict[Severity, Told] = field(default_factory=lambda: {one: Told() for one in LEVELS})
    exits: int = 0
    false_exits: int = 0
    #: Other findings by detector and what they are about.
    others: Counter[str] = field(default_factory=Counter)
    state_bytes: int = 0


def report(study: OutingStudy) -> dict[str, Any]:
    """Return the figures as one JSON object."""
    asked = [(study, study.seed + number) for number in range(study.homes)]
    with ProcessPoolExecutor(study.workers) as pool:
        return _figures(study, list(pool.map(_home, asked)))


def _figures(study: OutingStudy, found: Sequence[Outings]) -> dict[str, Any]:
    days = sum(one.days for one in found)
    false = sum(one.false_exits for one in found)
    others = sum((one.others for one in found), Counter[str]())
    figures = {
        "homes": study.homes,
        "days": study.days,
        "seed": study.seed,
        "device_days": round(days),
        "lost": {level.value: _levelled(level, found) for level in LEVELS},
        "fence": {
            "exits": sum(one.exits for one in found),
            "false": false,
            "false_per_100_device_days": 100 * false / days,
            "interval": list(poisson_interval(false, days / 100)),
        },
        "other_findings_per_week": {
            name: 7 * count / days for name, count in sorted(others.items())
        },
        "state_bytes": max(one.state_bytes for one in found),
    }
    return plain(figures)  # type: ignore[no-any-return]


def _levelled(level: Severity, found: Sequence[Outings]) -> dict[str, Any]:
    told = [one.told[level] for one in found]
    lost = sum(one.lost for one in found)
    delays = sorted(delay for one in told for delay in one.delays)
    late = delays + [float("inf")] * (lost - len(delays))
    return {
        "episodes": lost,
        "recall": len(delays) / lost if lost else None,
        "recall_interval": list(share_interval(len(delays), lost)) if lost else None,
        "delay_min": {name: _at(late, part) for name, part in _QUANTILES.items()},
        "normal": _flagged(sum(one.normal for one in found), sum(one.normal for one in told)),
        "new_ways": _flagged(sum(one.new_ways for one in found), sum(one.new_ways for one in told)),
    }


def _flagged(outings: int, flagged: int) -> dict[str, Any]:
    share = flagged / outings if outings else None
    interval = list(share_interval(flagged, outings)) if outings else None
    return {"outings": outings, "flagged": flagged, "share": share, "interval": interval}


_QUANTILES = {"median": 0.5, "p90": 0.9}


def _at(values: Sequence[float], share: float) -> float | None:
    """Return a quantile; what was missed is later than all."""
    if not values:
        return None
    return values[min(int(share * len(values)), len(values) - 1)]


def _home(asked: tuple[OutingStudy, int]) -> Outings:
    study, seed = asked
    home = SimulatedHome.drawn(seed)
    if not home.equipment.has(homes.TRACKER):
        more = (*home.equipment.more, homes.TRACKER)
        home = replace(home, equipment=replace(home.equipment, more=more))
    span = (START, START + timedelta(days=study.days))
    wanted = schedule.Asked(
        quiet_days=QUIET_DAYS,
        every_days=LOST_EVERY_DAYS,
        change_share=0.0,
        decline_share=0.0,
        kinds=(Kind.LOST,),
    )
    return _Counting(
        Recording(home=home, span=span, episodes=schedule.drawn(home, span, wanted))
    ).run()


class _Counting:
    """One home, watched by the detectors of trackers."""

    def __init__(self, record: Recording) -> None:
        self._record = record
        self._start, self._end = record.span
        self._specs = {name: one for name, one in discover().items() if name in DETECTORS}
        self._engine = HomeEngine(plan(record.home.household), self._specs)
        self._told: list[Finding] = []
        self._exits: list[tuple[float, float]] = []

    def run(self) -> Outings:
        self._engine.tick(self._start)
        later = self._end + timedelta(days=2)
        self._engine.look(Inputs(heard_at=later, heard_since=self._start - timedelta(hours=1)))
        for one in self._record.observations():
            noticed = self._engine.feed(one)
            self._told += noticed.findings if noticed is not None else ()
            if one.quantity is Quantity.POSITION:
                self._look(one.device_id)
        last = self._engine.tick(self._end)
        self._told += last.findings if last is not None else ()
        return self._counted()

    def _look(self, device: int) -> None:
        view = self._engine.view
        if view is None or view.outdoors.heard != device:
            return
        track = view.outdoors.tracks[device]
        if track.went_out and track.left_at is not None:
            self._exits.append((track.left_at, view.at))

    def _counted(self) -> Outings:
        first, end = self._start.timestamp() + QUIET_DAYS * 86400.0, self._end.timestamp()
        out = Outings(days=(end - first) / 86400.0, state_bytes=len(self._engine.snapshot()))
        episodes = [one for one in self._record.episodes if one.end_s < end]
        outings = self._outings()
        normal = [
            (start, finish)
            for start, finish in outings
            if first <= start and finish < end and finish - start >= SHORTEST_S
            if not any(one.overlaps(start, finish) for one in episodes)
        ]
        lost = [one for one in episodes if one.kind is Kind.LOST and one.severity > SUB_THRESHOLD]
        out.normal, out.lost, out.new_ways = len(normal), len(lost), NEW_WAYS
        for level, told in out.told.items():
            alarms = _alarms(self._told, level)
            told.normal = sum(_within(alarms, start, end + GRACE_S) for start, end in normal)
            for one in lost:
                told.delays += _delay(one, alarms)
        for said in self._on_new_ways():
            for level, told in out.told.items():
                told.new_ways += bool(_alarms(said, level))
        counted = [(left, at) for left, at in self._exits if at >= first]
        out.exits = len(counted)
        out.false_exits = sum(not _outside(outings, *one) for one in counted)
        out.others = Counter(
            f"{one.detector} {one.subject.partition(':')[0]}"
            for one in self._told
            if one.phase is Phase.OPENED and one.detector != "lost"
            if one.noticed_at.timestamp() >= first
        )
        return out

    def _on_new_ways(self) -> Iterator[list[Finding]]:
        """Send her on walks to places where she has never been; yield what is said of each."""
        home = self._record.home
        device = home.household.devices[home.equipment.index[homes.TRACKER]].device_id
        saved, around = self._engine.snapshot(), self._record.around
        for number in range(NEW_WAYS):
            rng = np.random.default_rng((home.seed, 41, number))
            start = self._end.timestamp() + 86400.0 + 3600.0 * float(rng.uniform(-1, 3))
            way = outdoors.streets(around, rng)
            length = outdoors.length(way)
            end = start + 2 * length / outdoors.WALK_M_S + float(rng.uniform(300.0, 3600.0))
            at = outdoors.times(start, end, outdoors.FIX_S, rng)
            walked = np.minimum(np.minimum(at - start, end - at) * outdoors.WALK_M_S, length)
            true = outdoors.along(way, np.maximum(walked, 0.0))
            places = outdoors.fixes(around, true, rng, indoors=False)
            engine = HomeEngine.restored(saved, self._specs)
            engine.look(Inputs(heard_at=self._end + timedelta(days=9), heard_since=self._start))
            fixes = positions(0, at, places)
            said = [engine.feed(one) for one in observations(home.home_id, fixes, [device])]
            yield [one for noticed in said if noticed for one in noticed.findings]

    def _outings(self) -> list[tuple[float, float]]:
        clock = Clock(self._record.home.zone)
        day = clock.day(self._start.timestamp()) - timedelta(days=1)
        found: list[tuple[float, float]] = []
        while day <= clock.day(self._end.timestamp()):
            stays = self._record.stays(day)
            found += [(stay.start, stay.end) for stay in stays if stay.room == OUTSIDE]
            day += timedelta(days=1)
        return found


def _alarms(said: Iterable[Finding], level: Severity) -> list[float]:
    return [
        one.noticed_at.timestamp()
        for one in said
        if one.detector == "lost" and one.phase is not Phase.CLEARED
        if one.severity.rank >= level.rank
    ]


def _within(alarms: Iterable[float], start: float, end: float) -> bool:
    return any(start <= at <= end for at in alarms)


def _delay(lost: Episode, alarms: Sequence[float]) -> list[float]:
    """Return the minutes until she was told of; nothing if she was not."""
    told = [at for at in alarms if lost.onset_s <= at <= lost.end_s]
    return [(min(told) - lost.onset_s) / 60.0] if told else []


def _outside(outings: Sequence[tuple[float, float]], left: float, at: float) -> bool:
    return any(start - 60.0 <= left and at <= end + 60.0 for start, end in outings)
