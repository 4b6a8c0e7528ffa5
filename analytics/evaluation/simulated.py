"""The whole suite on simulated homes: what is found, how soon, what is said for nothing.

The truth is a table of episodes (`sensors.simulator.episodes`). One table here says which detectors should
notice which kind, and until when; another which findings a kind explains. What nothing explains is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analytics.evaluation import targets
from analytics.evaluation.curves import curves
from analytics.evaluation.saving import plain
from analytics.evaluation.scoring import poisson_interval
from analytics.evaluation.tally import Count, Expected, counted, delays
from analytics.evaluation.watching import Watch, Watched, watch
from core.model.errors import Misconfigured
from sensors.simulator import schedule
from sensors.simulator.faults import REAL, Circumstances
from sensors.simulator.homes import LONDON, SimulatedHome
from sensors.simulator.recording import Recording

START = datetime(2026, 8, 3, 11, tzinfo=UTC)
"""A Monday; 90 days from it hold the end of summer time."""
QUIET_DAYS = 14
TUNING_SEEDS = range(1000)
TEST_SEEDS_FROM = 10_000
SILENCES_PER_HOME = 12
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Which homes, for how long, with what."""

    homes: int
    days: int
    seed: int
    start: datetime = START
    zone: ZoneInfo = field(default=LONDON)
    circumstances: Circumstances = field(default=REAL)
    silences: int = SILENCES_PER_HOME
    detectors: tuple[str, ...] | None = None
    #: Whether other prices of a false alarm are tried beside the product's.
    tries: bool = False
    workers: int = WORKERS

    def check(self) -> None:
        """Find out whether it can be done.

        Raises
        ------
        Misconfigured
            If it is too short to count anything.
        """
        if self.homes < 1 or self.days <= QUIET_DAYS + 1:
            raise Misconfigured(
                f"simulated homes: expected at least 1 home and {QUIET_DAYS + 2} days"
            )


def homes(study: Study, told: Callable[[], None] | None = None) -> Iterator[Watched]:
    """Yield each home as soon as it is watched, in the order of their seeds; one in memory a worker."""
    asked = [(study, study.seed + number) for number in range(study.homes)]
    with ProcessPoolExecutor(study.workers) as pool:
        for one in pool.map(_home, asked):
            if told is not None:
                told()
            yield one


def _home(asked: tuple[Study, int]) -> Watched:
    study, seed = asked
    return watch(watch_of(study, seed))


def watch_of(study: Study, seed: int) -> Watch:
    """Return what to watch: one home of a study."""
    drawn = SimulatedHome.drawn(seed, study.zone)
    home = replace(drawn, announced=study.circumstances.announced)
    span = (study.start, study.start + timedelta(days=study.days))
    wrong = schedule.drawn(
        home,
        span,
        schedule.Asked(quiet_days=QUIET_DAYS, circumstances=study.circumstances),
    )
    return Watch(
        record=Recording(home=home, span=span, episodes=wrong, circumstances=study.circumstances),
        counted_from=study.start + timedelta(days=QUIET_DAYS),
        silences=study.silences,
        detectors=study.detectors,
        tries=study.tries,
    )


def report(study: Study, watched: Sequence[Watched]) -> dict[str, Any]:
    """Return the figures of a study as one JSON object."""
    names = sorted({name for home in watched for name in home.detectors})
    weeks = sum(home.end - home.start for home in watched) / (7 * 86400.0)
    counts = counted(watched)
    found = {
        "homes": study.homes,
        "days": study.days,
        "seed": study.seed,
        "seeds": {
            "use": _use(study),
            "tuning": f"{TUNING_SEEDS.start}-{TUNING_SEEDS.stop - 1}",
            "test": f"{TEST_SEEDS_FROM} and above",
        },
        "quiet_days": QUIET_DAYS,
        "resident_weeks": round(weeks, 1),
        "detectors": {name: _detector(name, counts, watched) for name in names},
        "by_kind": by_kind(watched),
        "calibration": targets.calibration(watched),
        "inactivity": targets.silence(watched) | {"false_per_day": _false_per_day(counts, weeks)},
        "long_lie": targets.long_lie(watched, counts, weeks),
        "occupancy": targets.occupancy(watched),
        "visitor": targets.visitor(watched),
        "budget": targets.budget(counts, weeks),
        "controls": targets.controls(watched, counts, weeks),
        "curves": curves(watched),
        "cost": targets.cost(watched),
        "windows": targets.windows(),
        "failures": sorted({text for home in watched for text in home.failures}),
    }
    return plain(found | {"targets": targets.table(found)})  # type: ignore[no-any-return]


def _use(study: Study) -> str:
    if study.seed >= TEST_SEEDS_FROM:
        return "test"
    return "tuning" if study.seed + study.homes <= TUNING_SEEDS.stop else "neither"


def _false_per_day(counts: Sequence[Count], weeks: float) -> float:
    false = sum(len(one.false["inactivity"]) for one in counts)
    return false / (7 * weeks)


def _detector(name: str, counts: Sequence[Count], watched: Sequence[Watched]) -> dict[str, Any]:
    found = [one for count in counts for one in count.expected if one.detector == name]
    real = [one for one in found if one.severity > 0]
    below = [one for one in found if one.severity == 0]
    recalls = [
        (
            float(sum(one.delay_s is not None for one in mine)),
            float(len(mine)),
        )
        for count in counts
        for mine in [[e for e in count.expected if e.detector == name and e.severity]]
    ]
    falses = [
        (float(len(count.false[name])), targets.weeks_of(home))
        for count, home in zip(counts, watched, strict=True)
    ]
    false, weeks = int(sum(one for one, _ in falses)), sum(one for _, one in falses)
    return {
        "episodes": len(real),
        "recall": _share(real),
        "recall_interval": targets.by_homes(recalls),
        "recall_by_severity": {
            str(level): _share([one for one in real if one.severity == level])
            for level in (1, 2, 3)
        },
        "sub_threshold": {"episodes": len(below), "told": _share(below)},
        "false_per_week": false / weeks,
        "false_interval": list(poisson_interval(false, weeks)),
        "false_interval_homes": targets.by_homes(falses),
        "delay_min": delays(real),
    }


def _share(found: Sequence[Expected]) -> float | None:
    if not found:
        return None
    return sum(one.delay_s is not None for one in found) / len(found)


def by_kind(watched: Iterable[Watched]) -> dict[str, Any]:
    """Return what became of each kind of episode, whichever detector told of it."""
    found: dict[str, list[Expected]] = {}
    for home in watched:
        for one in counted([home], any_detector=True)[0].expected:
            found.setdefault(one.kind.value, []).append(one)
    return {
        kind: {
            "episodes": sum(one.severity > 0 for one in all_of),
            "recall": _share([one for one in all_of if one.severity > 0]),
            "delay_min": delays([one for one in all_of if one.severity > 0]),
        }
        for kind, all_of in sorted(found.items())
    }
