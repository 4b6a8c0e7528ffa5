"""What a detector would find, and say for nothing, if it waited longer: reckoned from what it said. Pure.

Who waits says nothing of what is over by then. Only limits that keep more back can be looked at so: what was
never said has left no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analytics.evaluation.tally import counted, delays
from analytics.evaluation.watching import Thread, Watched

WEEK_S = 7 * 86400.0
FROM_ONSET = "exit"
#: Detector → seconds that it would wait: D7 from the door on, D1 from when it speaks now.
WAITS_S: dict[str, tuple[float, ...]] = {
    FROM_ONSET: (0.0, 30.0, 60.0, 90.0, 120.0, 180.0, 300.0),
    "not_back": (0.0, 1800.0, 3600.0, 7200.0),
}


def curves(watched: Sequence[Watched]) -> dict[str, list[dict[str, Any]]]:
    """Return by detector what is found, and false a week, for each time that it would wait."""
    names = {name for home in watched for name in home.detectors}
    return {
        name: [_waiting(watched, name, wait) for wait in waits]
        for name, waits in WAITS_S.items()
        if name in names
    }


def _waiting(watched: Sequence[Watched], name: str, wait_s: float) -> dict[str, Any]:
    homes = [
        replace(
            home,
            threads=[
                told
                for one in home.threads
                if one.detector == name and (told := _kept(one, wait_s)) is not None
            ],
        )
        for home in watched
    ]
    counts = counted(homes)
    real = [e for count in counts for e in count.expected if e.detector == name and e.severity > 0]
    weeks = sum(home.end - home.start for home in watched) / WEEK_S
    return {
        "wait_s": wait_s,
        "episodes": len(real),
        "recall": sum(e.delay_s is not None for e in real) / len(real) if real else None,
        "false_per_week": sum(len(count.false[name]) for count in counts) / weeks,
        "delay_min": delays(real),
    }


def _kept(one: Thread, wait_s: float) -> Thread | None:
    """Return what would have been said; None if it was over by then."""
    told = (one.onset if one.detector == FROM_ONSET else one.noticed) + wait_s
    if wait_s > 0.0 and one.over is not None and one.over <= told:
        return None
    return replace(one, said={level: max(at, told) for level, at in one.said.items()})
