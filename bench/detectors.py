"""What watching costs: a resident-year through all detectors, against river's HalfSpaceTrees.

    .venv/bin/python bench/detectors.py --json

A home's year, replayed as fast as it goes through the engine and all detectors, with the ticks of its clock.
Two years: ``sample`` are the made-up days of `analytics.sample_days`, about 1,000 observations a day of all
kinds of devices, each day with something wrong; ``tihm`` is the busiest home of the TIHM study, if the folder
is there ($WAYHOME_DATA, or ../shared/data). The peer scores and learns one observation at a time, in the
same run and in turns with ours: `river.anomaly.HalfSpaceTrees(n_trees=25)` on the hour, the device and the
time since its last word. It makes no findings and knows no silence. Figures are medians over the rounds, of
processor time, so that neighbours on the same cores disturb them less:

``resident_year_s``  seconds for the year
``us_per_event``     microseconds an observation, everything included: the year over its observations
``event_us``         the part of it that each observation costs when it comes
``tick_us``          the part of it that the clock costs: silence, ends of days, what was learned
``base_us``          the same as ``us_per_event`` without any detector: duplicates, context, clock
``alone_us``         what each detector adds to ``base_us`` when it runs alone, of a shorter stretch
``state_bytes``      the snapshot after the year; ``state_of`` the part of each detector in it
``river_us``         one score and one lesson of the peer
``ratio``            ``river_us`` over ``us_per_event``; ``event_ratio`` over ``event_us``
``instructions``     that CPython runs for an observation, the clock included: the same on any machine
``floor_us``         what so many cost at their best on this one, in a loop of few: it is not faster anywhere
``compiled``         whether it is the program that `make fast` compiled, and how many modules of it are
``sources``          the same of the program as Python alone runs it

The figures are those of the compiled program, which is made first where it is missing or was made of
other sources (`make fast`: minutes, and a compiler); those of the sources follow under ``sources``, with
``instructions`` and ``floor_us``: CPython sees little of what is compiled. ``--here`` measures the program
of this interpreter alone, as where nothing can be compiled.
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
# where the compiled program is installed, the sources must not hide it
sys.path.insert(len(sys.path) if find_spec("wayhome__mypyc") else 0, str(ROOT))

import msgspec
from river.anomaly import HalfSpaceTrees

from analytics import home_engine
from analytics.detector import discover
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from bench import _programs, _streams
from core.runtime.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from analytics.detector import DetectorSpec
    from analytics.features.view import HomeView
    from analytics.home_engine import Noticed
    from core.model.home import Household
    from core.model.observation import Observation

PEER_EVENTS = 10_000
ALONE_EVENTS = 60_000
COUNTED_EVENTS = 10_000
US = 1e6


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


class Timed(HomeEngine):
    """A home that knows how long its clock took."""

    tick_time = 0.0
    visits = 0

    def _tick_once(self, view: HomeView, now: float, noticed: Noticed | None) -> Noticed | None:
        begun = time.process_time()
        noticed = super()._tick_once(view, now, noticed)
        self.tick_time += time.process_time() - begun
        self.visits += 1
        return noticed


@dataclass(frozen=True, slots=True)
class Run:
    """One replay."""

    home: Timed
    seconds: float
    findings: int


def replay(
    household: Household, rows: Sequence[Observation], specs: Mapping[str, DetectorSpec]
) -> Run:
    """Replay a stretch; the pipeline is known to work throughout."""
    home = Timed(plan(household), specs)
    end = rows[-1].received_at
    home.tick(rows[0].received_at)
    home.look(Inputs(heard_at=end, heard_since=rows[0].received_at - timedelta(days=1)))
    findings, feed = 0, home.feed
    begun = time.process_time()
    for row in rows:
        noticed = feed(row)
        if noticed is not None:
            findings += len(noticed.findings)
            if noticed.failures:
                raise SystemExit(f"a detector raises: {noticed.failures[0]}")
    home.tick(end)
    return Run(home, time.process_time() - begun, findings)


def peer_us(rows: Sequence[Observation]) -> float:
    """Microseconds that the peer takes to score and to learn one observation."""
    trees: Any = HalfSpaceTrees(n_trees=25, seed=1)
    devices = max(row.device_id for row in rows)
    last: dict[int, float] = {}
    points = []
    for row in rows[:PEER_EVENTS]:
        at = row.observed_at.timestamp()
        quiet = min((at - last.get(row.device_id, at)) / 86400, 1.0)
        last[row.device_id] = at
        points.append(
            {"hour": at % 86400 / 86400, "device": row.device_id / devices, "quiet": quiet}
        )
    begun = time.process_time()
    for point in points:
        trees.score_one(point)
        trees.learn_one(point)
    return (time.process_time() - begun) / len(points) * US


def measure(household: Household, rows: Sequence[Observation], rounds: int) -> dict[str, Any]:
    """Return the figures of one year."""
    specs = discover()
    runs: list[Run] = []
    base: list[float] = []
    peer: list[float] = []
    best: list[float] = []
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: {len(rows)} observations")
        runs.append(replay(household, rows, specs))
        base.append(replay(household, rows, {}).seconds / len(rows) * US)
        peer.append(peer_us(rows))
        best.append(instruction_us())
    year = statistics.median(run.seconds for run in runs)
    ticks = statistics.median(run.home.tick_time for run in runs)
    home, count = runs[-1].home, len(rows)
    taken = None if compiled() else instructions(household, rows[:COUNTED_EVENTS], specs)
    per_event = year / count * US
    return {
        "events": count,
        "events_per_day": round(count / _streams.YEAR.days),
        "findings": runs[-1].findings,
        "moments_visited": home.visits,
        "resident_year_s": round(year, 2),
        "us_per_event": round(per_event, 2),
        "event_us": round((year - ticks) / count * US, 2),
        "tick_us": round(ticks / count * US, 2),
        "base_us": round(statistics.median(base), 2),
        "alone_us": alone(household, rows[:ALONE_EVENTS], specs, rounds),
        "state_bytes": len(home.snapshot()),
        "state_of": {
            name: len(msgspec.msgpack.encode(detector.snapshot()))
            for name, detector in home.detectors.items()
        },
        "river_us": round(statistics.median(peer), 2),
        "ratio": round(statistics.median(peer) / per_event, 1),
        "instructions": taken and round(taken),
        "floor_us": taken and round(taken * statistics.median(best), 2),
        "event_ratio": round(statistics.median(peer) * count / (year - ticks) / US, 1),
    }


def instructions(
    household: Household, rows: Sequence[Observation], specs: Mapping[str, DetectorSpec]
) -> float:
    """Return how many instructions of Python an observation takes on average, those of libraries too."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        del arg
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return note

    sys.settrace(note)
    replay(household, rows, specs)
    sys.settrace(None)
    return count / len(rows)


@dataclass(slots=True)
class Span:
    """Two moments."""

    start: float
    end: float


def instruction_us() -> float:
    """Microseconds of an instruction at its best: few of them, again and again, nothing but caches."""
    span, rounds, each = Span(1.0, 2.0), 200_000, 27
    begun = time.process_time()
    for _ in range(rounds):
        if (
            span.start > span.end
            or span.start > span.end
            or span.start > span.end
            or span.start > span.end
        ):
            break
    return (time.process_time() - begun) / rounds / each * US


def alone(
    household: Household,
    rows: Sequence[Observation],
    specs: Mapping[str, DetectorSpec],
    rounds: int,
) -> dict[str, dict[str, float]]:
    """Return what each detector adds: when an observation comes, and by the clock."""
    found: dict[str, dict[str, float]] = {}
    for name, spec in specs.items():
        say(f"{name} alone")
        pairs = [
            (replay(household, rows, {name: spec}), replay(household, rows, {}))
            for _ in range(rounds)
        ]
        added = statistics.median(with_it.seconds - base.seconds for with_it, base in pairs)
        ticks = statistics.median(
            with_it.home.tick_time - base.home.tick_time for with_it, base in pairs
        )
        found[name] = {
            "us": round(added / len(rows) * US, 2),
            "event_us": round((added - ticks) / len(rows) * US, 2),
        }
    return found


def here(rounds: int) -> dict[str, Any]:
    """Measure the program that this interpreter runs."""
    modules = len(compiled())
    if modules and (others := _programs.changed(Path(home_engine.__file__).parents[1])):
        raise SystemExit(f"compiled of other sources than {others[0]}: run make fast")
    report: dict[str, Any] = {"compiled": modules > 0, "compiled_modules": modules}
    report |= {"sample": measure(*_streams.made_up(), rounds)}
    folder = Path(os.environ.get("WAYHOME_DATA", ROOT.parent / "shared" / "data")) / "tihm"  # noqa: TID251
    if folder.is_dir():
        report["tihm"] = measure(*_streams.real(folder), rounds)
    return report


def show(figures: Mapping[str, Any], indent: str = "") -> None:
    """Print a report as lines."""
    for key, value in figures.items():
        if isinstance(value, dict):
            print(f"{indent}{key}")
            show(value, indent + "  ")
        else:
            text = format(value, ",") if isinstance(value, int | float) else value
            print(f"{indent}{key:16} {text}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--here", action="store_true", help="this interpreter's program alone")
    chosen = parser.parse_args(arguments)
    report = None
    if not chosen.here and not compiled():
        say("the compiled program, then the sources")
        report = _programs.measured_compiled([__file__, "--rounds", str(chosen.rounds)])
    if report is None:
        report = here(chosen.rounds)
    else:
        report["sources"] = here(chosen.rounds)
    if chosen.json:
        print(json.dumps(report))
    else:
        show(report)


if __name__ == "__main__":
    main()
