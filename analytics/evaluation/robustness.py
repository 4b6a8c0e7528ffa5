"""What happens to alarms and recall when one thing is other than it should be: paired runs, same seeds.

Each stress of detection.md (b) against the plain run: the same homes, the same days, the same episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from analytics.evaluation.saving import plain
from analytics.evaluation.simulated import QUIET_DAYS, Study
from analytics.evaluation.tally import Count, Expected, counted
from analytics.evaluation.watching import Watch, Watched, watch
from core.model.finding import Audience
from core.model.home import Animal
from sensors.simulator import schedule
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import PLAIN, Circumstances
from sensors.simulator.homes import LONDON, SimulatedHome, motion_sensor
from sensors.simulator.recording import Recording

NO_SUMMER_TIME = ZoneInfo("Atlantic/Reykjavik")
CLOCKS_GO_BACK = datetime(2026, 10, 25, 1, tzinfo=UTC)
SWITCH_AT_SHARE = 0.6
"""Of the span: when the clocks go back, and when the sensor dies."""
MOST_RATIO = 1.5
MOST_DROP = 0.03
FEWEST_FALSE = 10
FEWEST_EPISODES = 20
"""With fewer in the plain run a ratio says nothing by itself; then the counts stand alone."""
SKEW_S = 295.0
"""Clocks 5 min slow, as far as the gateway sets them right: at 5 min and the delay of a message it takes
its own time instead, and that hides the skew altogether."""
STRESSES: dict[str, Circumstances] = {
    "duplicates": replace(PLAIN, duplicates=0.01),
    "out_of_order": replace(PLAIN, late=0.02),
    "skew": replace(PLAIN, skew_s=SKEW_S),
    "dead_sensor": PLAIN,
    "clock_change": PLAIN,
    "visitors": replace(PLAIN, visitors=True, carers=True),
    "pet": replace(PLAIN, pets=True, pet_everywhere=True),
    "pet_undeclared": replace(PLAIN, pets=True, pet_everywhere=True),
    "hub_outage": replace(PLAIN, outages_per_month=4.0),
    "all_together": Circumstances(
        announced=False,
        duplicates=0.01,
        late=0.02,
        skew_s=SKEW_S,
        drift_s=0.0,
        pet_everywhere=True,
        dying_per_month=0.0,
        outages_per_month=4.0,
        absences_per_month=0.0,
    ),
}
"""Each stress by its name; what is not named is as in the plain run."""
_DIES = frozenset({"dead_sensor", "all_together"})
_UNDECLARED = frozenset({"pet_undeclared"})
_SWITCHES = frozenset({"clock_change", "all_together"})
BASE = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A stressed run beside the plain one."""

    stress: str
    plain: Sequence[Watched]
    stressed: Sequence[Watched]


def runs(study: Study, told: Callable[[], None] | None = None) -> Iterator[Pair]:
    """Yield each stress with the plain run."""
    with ProcessPoolExecutor(study.workers) as pool:
        base = _all(pool, study, BASE, told)
        for stress in STRESSES:
            yield Pair(stress=stress, plain=base, stressed=_all(pool, study, stress, told))


def _all(
    pool: ProcessPoolExecutor, study: Study, stress: str, told: Callable[[], None] | None
) -> list[Watched]:
    found = []
    for one in pool.map(_run, [(study, study.seed + n, stress) for n in range(study.homes)]):
        found.append(one)
        if told is not None:
            told()
    return found


def _run(asked: tuple[Study, int, str]) -> Watched:
    return watch(watch_of(*asked))


def watch_of(study: Study, seed: int, stress: str) -> Watch:
    """Return one home of the suite, plain or under a stress."""
    zone = LONDON if stress in _SWITCHES else NO_SUMMER_TIME
    start = CLOCKS_GO_BACK - timedelta(days=SWITCH_AT_SHARE * study.days)
    start = start.replace(hour=11, minute=0, second=0, microsecond=0)
    span = (start, start + timedelta(days=study.days))
    # episodes are placed by the wall clock of the plain run, an hour's difference is carried over
    calm = SimulatedHome.drawn(seed, NO_SUMMER_TIME)
    wrong = schedule.drawn(calm, span, schedule.Asked(quiet_days=QUIET_DAYS, circumstances=PLAIN))
    asked = STRESSES.get(stress, PLAIN)
    home = replace(SimulatedHome.drawn(seed, zone), animal=_declared(stress, asked))
    if stress in _SWITCHES:
        wrong = tuple(_on_the_wall(one) for one in wrong)
    more = _dead(home, span) if stress in _DIES else ()
    outages = schedule.faults(home, span, schedule.Asked(circumstances=asked))
    return Watch(
        record=Recording(
            home=home, span=span, episodes=(*wrong, *more, *outages), circumstances=asked
        ),
        counted_from=start + timedelta(days=QUIET_DAYS),
        detectors=study.detectors,
    )


def _declared(stress: str, asked: Circumstances) -> Animal:
    """Return what the technician was told: nothing of an animal that nobody mentioned."""
    there = asked.pet_everywhere and stress not in _UNDECLARED
    return Animal.SMALL if there else Animal.NONE


def _on_the_wall(one: Episode) -> Episode:
    """Return the episode at the same time by the wall clock of the zone with summer time."""
    wall = one.at.astimezone(NO_SUMMER_TIME).replace(tzinfo=LONDON)
    return replace(one, at=wall.astimezone(UTC))


def _dead(home: SimulatedHome, span: tuple[datetime, datetime]) -> tuple[Episode, ...]:
    rng = np.random.default_rng((home.seed, 60))
    room = str(rng.choice(home.equipment.layout.rooms))
    at = span[0] + SWITCH_AT_SHARE * (span[1] - span[0])
    lasts = span[1] - at
    return (
        Episode(kind=Kind.DEAD_SENSOR, at=at, lasts=lasts, device=motion_sensor(room), severity=3),
    )


def report(study: Study, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the figures of the suite: ratio of false alarms, difference of recall."""
    return plain(  # type: ignore[no-any-return]
        {
            "homes": study.homes,
            "days": study.days,
            "seed": study.seed,
            "most_ratio": MOST_RATIO,
            "most_drop": MOST_DROP,
            "stresses": {pair.stress: compared(pair) for pair in pairs},
        }
    )


def compared(pair: Pair) -> dict[str, Any]:
    """Return one stress: all detectors together, and each of them."""
    base, stressed = counted(pair.plain), counted(pair.stressed)
    names = sorted(
        {name for count in (*base, *stressed) for name in count.false}
        | {one.detector for count in base for one in count.expected}
    )
    outages = {
        home.seed: [one for one in home.episodes if one.kind in {Kind.HUB_OUTAGE, Kind.DEAD_SENSOR}]
        for home in pair.stressed
    }
    parts = {name: _part(base, stressed, outages, name) for name in names}
    together = _part(base, stressed, outages, None)
    return {
        "passes": together["passes"],
        "failing": [name for name, part in parts.items() if part["passes"] is False],
        "all": together,
        "detectors": parts,
    }


def _part(
    base: Sequence[Count],
    stressed: Sequence[Count],
    outages: dict[int, list[Episode]],
    name: str | None,
) -> dict[str, Any]:
    before, after = _false(base, name), _false(stressed, name)
    shared = {(count.seed, _key(one)) for count in base for one in count.expected}
    seen = _recall(base, outages, shared, name)
    still = _recall(stressed, outages, shared, name)
    ratio = after / before if before else None
    drop = None if seen[1] == 0 or still[1] == 0 else seen[0] / seen[1] - still[0] / still[1]
    judged = [
        *([ratio <= MOST_RATIO] if ratio is not None and before >= FEWEST_FALSE else []),
        *([drop <= MOST_DROP] if drop is not None and seen[1] >= FEWEST_EPISODES else []),
    ]
    return {
        "false": [before, after],
        "false_ratio": ratio,
        "episodes": [seen[1], still[1]],
        "recall": [hits / trials if trials else None for hits, trials in (seen, still)],
        "recall_drop": drop,
        "passes": all(judged) if judged else None,
    }


def _false(counts: Sequence[Count], name: str | None) -> int:
    return sum(
        one.audience is Audience.CARERS or name is not None
        for count in counts
        for detector, threads in count.false.items()
        for one in threads
        if name in {None, detector}
    )


def _key(one: Expected) -> tuple[str, str, float]:
    # a change of the clocks moves an episode by an hour: its length tells which it is
    return (one.detector, one.kind.value, one.episode.lasts.total_seconds())


def _recall(
    counts: Sequence[Count],
    outages: dict[int, list[Episode]],
    shared: set[tuple[int, tuple[str, str, float]]],
    name: str | None,
) -> tuple[int, int]:
    """Return hits and episodes; what nobody could notice in the stressed run counts in neither.

    That is what falls into an outage of the hub, and a fault of a sensor that is dead already: that has been
    told, and what is dead can not die, be hidden or be stuck once more.
    """
    hits = trials = 0
    for count in counts:
        for one in count.expected:
            if one.severity == 0 or name not in {None, one.detector}:
                continue
            if one.kind is Kind.HUB_OUTAGE or (count.seed, _key(one)) not in shared:
                continue
            if any(_covers(out, one.episode) for out in outages.get(count.seed, [])):
                continue
            trials += 1
            hits += one.delay_s is not None
    return hits, trials


def _covers(fault: Episode, one: Episode) -> bool:
    """Tell whether nobody could notice an episode because of a fault."""
    itself = (fault.kind, fault.lasts) == (
        one.kind,
        one.lasts,
    )  # by the clock an hour apart, perhaps
    if itself or not fault.overlaps(one.start_s, one.end_s):
        return False
    return fault.kind is Kind.HUB_OUTAGE or (fault.device == one.device and fault.at <= one.at)
