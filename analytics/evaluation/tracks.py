"""Real tracks of strangers, run through the rules for people outdoors.

Archives ``*.zip`` with a CSV a track: ``timestamp, x, y, groundtruth``, metres in a plane of its own, labels
``OnFoot`` and ``Driving`` (Eftelioglu et al. 2022). These are delivery agents, six minutes each, and none of
their ways is known to us: novelty is 1 throughout and there is no home to come back to. So the figures say
how the turns, loops and speeds of real receivers are taken, not how often somebody would be told of.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from analytics.evaluation.saving import plain
from analytics.features.fixes import Fix
from analytics.features.ground import Ground
from analytics.features.losing_way import LIMIT, Habit, lost_score
from analytics.features.tracks import Track
from core.model.errors import Misconfigured

SIGMA_M = 6.6
"""The tracks say nothing of their accuracy: a radius of 10 m, as of a phone under the sky."""
ELSEWHERE = (-10_000.0, -10_000.0)
"""A home far away, so that every track is outside."""
LABELS = ("OnFoot", "Driving", "both")


@dataclass(slots=True, kw_only=True)
class Tally:
    """Tracks with one label."""

    tracks: int = 0
    #: Tracks with a path long enough to be judged.
    paths: int = 0
    #: Of these, those whose score reached the limit.
    lost: int = 0
    aimless: int = 0
    rides: int = 0


def report(folder: Path) -> dict[str, Any]:
    """Return the figures as one JSON object.

    Raises
    ------
    Misconfigured
        If there are no tracks, or one can not be read.
    """
    found = {label: Tally() for label in LABELS}
    turns: list[float] = []
    for label, fixes in read(folder):
        _run(fixes, found[label], turns)
    turns.sort()
    shares = {"p10": 0.1, "median": 0.5, "p90": 0.9}
    figures = {
        "tracks": sum(one.tracks for one in found.values()),
        "labels": {
            label: {
                "tracks": one.tracks,
                "paths": one.paths,
                "lost": one.lost,
                "aimless": one.aimless,
                "rides": one.rides,
            }
            for label, one in found.items()
        },
        "turn_per_100_m": {
            name: turns[int(share * len(turns))] if turns else None
            for name, share in shares.items()
        },
    }
    return plain(figures)  # type: ignore[no-any-return]


def read(folder: Path) -> Iterator[tuple[str, list[Fix]]]:
    """Yield each track with its label: what all of its fixes are, or ``both``."""
    archives = sorted(folder.glob("*.zip"))
    if not archives:
        raise Misconfigured(f"{folder}: expected an archive *.zip with tracks")
    for archive in archives:
        try:
            with zipfile.ZipFile(archive) as opened:
                names = sorted(one for one in opened.namelist() if one.endswith(".csv"))
                for name in names:
                    yield _track(opened.read(name).decode())
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise Misconfigured(f"{archive}: a track can not be read ({error})") from error


def _track(text: str) -> tuple[str, list[Fix]]:
    labels, fixes = set(), []
    for row in csv.DictReader(io.StringIO(text)):
        labels.add(row["groundtruth"])
        at = datetime.fromisoformat(f"{row['timestamp'][:26]}+00:00").timestamp()
        fixes.append(Fix(at=at, east=float(row["x"]), north=float(row["y"]), sigma=SIGMA_M))
    if not labels <= set(LABELS):
        raise ValueError(f"labels {sorted(labels)}")
    return (labels.pop() if len(labels) == 1 else "both"), fixes


def _run(fixes: list[Fix], tally: Tally, turns: list[float]) -> None:
    ground, track = Ground(), Track()
    ground.home = ELSEWHERE
    before: Fix | None = None
    highest = (-LIMIT, -LIMIT)
    turn: float | None = None
    for fix in fixes:
        track.move(fix, before, ground, indoors=False)
        before = fix
        walked = track.path.walked(fix.at, ground.anchors())
        if walked is None or track.riding:
            continue
        turn = walked.turn
        score = lost_score(walked, Habit(), dark=False)
        highest = (max(highest[0], score.winding), max(highest[1], score.aimless))
    tally.tracks += 1
    tally.rides += track.ride_at is not None
    if turn is not None:
        tally.paths += 1
        tally.lost += highest[0] >= LIMIT
        tally.aimless += highest[1] >= LIMIT
        turns.append(turn)
