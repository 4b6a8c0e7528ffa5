"""What a detector that waits would still say, reckoned from what it said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analytics.evaluation.curves import WAITS_S, curves
from analytics.evaluation.simulated_sections import curve_rows
from analytics.evaluation.watching import Thread, Watched
from core.model.finding import Audience, Severity
from sensors.simulator.episodes import Episode, Kind

WEEK_S = 7 * 86400.0


def _door(onset: float, over: float | None) -> Thread:
    return Thread(
        detector="exit",
        subject="",
        audience=Audience.CARERS,
        onset=onset,
        said={Severity.CHECK: onset + 1.0},
        over=over,
    )


def _watched() -> Watched:
    out = Episode(
        kind=Kind.DOOR_AT_NIGHT,
        at=datetime.fromtimestamp(500_000, UTC),
        lasts=timedelta(minutes=30),
    )
    threads = [_door(100_000.0, 100_070.0), _door(200_000.0, 200_400.0), _door(500_010.0, None)]
    return Watched(
        seed=1,
        start=0.0,
        end=WEEK_S,
        episodes=(out,),
        detectors=("exit",),
        threads=threads,
    )


def test_who_waits_says_less_for_nothing_and_says_it_later() -> None:
    found = {row["wait_s"]: row for row in curves([_watched()])["exit"]}
    assert [row["recall"] for row in found.values()] == [1.0] * len(WAITS_S["exit"])
    assert [found[wait]["false_per_week"] for wait in (0.0, 60.0, 90.0, 300.0)] == [2, 2, 1, 1]
    assert [found[wait]["delay_min"]["median"] for wait in (0.0, 300.0)] == [0.2, 5.2]


def test_nothing_that_was_said_is_changed() -> None:
    home = _watched()
    curves([home])
    assert [one.noticed for one in home.threads] == [100_001.0, 200_001.0, 500_011.0]


def test_the_page_of_results_names_the_wait() -> None:
    (name, (told, *_)), *rest = curve_rows({"curves": curves([_watched()])})
    assert (name, told) == ("exit", "as shipped")
    assert rest[-1][1][0] == "300 s later"
