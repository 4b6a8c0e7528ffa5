"""The suite on simulated homes: what counts as found, what as false, and that the figures come out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analytics.evaluation import calibration, robustness, simulated, targets
from analytics.evaluation.simulated import Study, watch_of
from analytics.evaluation.tally import counted, delays
from analytics.evaluation.watching import Silence, Thread, Watched, watch
from core.model.errors import Misconfigured
from core.model.finding import Audience, Severity
from sensors.simulator.episodes import Episode, Kind
from tests.journeys.commands import answer, run

START = datetime(2026, 9, 7, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
SMALL = Study(homes=1, days=18, seed=3, silences=2, workers=1)


def thread(
    detector: str, at: datetime, severity: Severity = Severity.CHECK, **more: object
) -> Thread:
    one = Thread(
        detector=detector,
        subject="",
        audience=Audience.CARERS,
        onset=at.timestamp() - 600.0,
        said={severity: at.timestamp()},
    )
    for name, value in more.items():
        setattr(one, name, value)
    return one


def a_home(episodes: tuple[Episode, ...], *threads: Thread) -> Watched:
    return Watched(
        seed=1,
        start=START.timestamp(),
        end=(START + timedelta(days=28)).timestamp(),
        episodes=episodes,
        detectors=("change", "inactivity", "exit", "liveness"),
        threads=sorted(threads, key=lambda one: one.noticed),
        minutes={
            "away_as_away": 90,
            "away_as_home": 10,
            "home_as_away": 5,
            "home_as_home": 895,
        },
        visits={
            "alone_as_alone": 930,
            "alone_as_visited": 10,
            "visited_as_alone": 15,
            "visited_as_visited": 45,
        },
        rows=10,
        seconds=0.001,
    )


def lie(at: datetime, hours: float = 3.0, severity: int = 2) -> Episode:
    return Episode(kind=Kind.LONG_LIE, at=at, lasts=hours * HOUR, severity=severity)


def test_an_episode_is_found_by_its_detector_before_it_is_over() -> None:
    at = START + timedelta(days=3)
    home = a_home((lie(at),), thread("inactivity", at + HOUR), thread("exit", at + HOUR))
    (count,) = counted([home])
    (expected,) = count.expected
    assert (expected.detector, expected.delay_s) == ("inactivity", 3600.0)
    assert not any(count.false.values())
    too_late = a_home((lie(at),), thread("inactivity", at + 3.2 * HOUR))
    assert counted([too_late])[0].expected[0].delay_s is None


def test_what_no_episode_explains_is_false_once_in_half_an_hour() -> None:
    at = START + timedelta(days=5)
    said = [thread("inactivity", at + minutes * HOUR / 60) for minutes in (0, 20, 45, 120)]
    early = thread("inactivity", START - HOUR)
    (count,) = counted([a_home((lie(START + timedelta(days=9)),), early, *said)])
    assert len(count.false["inactivity"]) == 2 + 1


def test_what_rooms_and_a_watch_say_of_one_silence_is_one_false_alarm_of_lies() -> None:
    at = START + timedelta(days=5)
    rooms, soon = thread("inactivity", at + HOUR), thread("wrist_stillness", at + HOUR / 6)
    rooms.onset = soon.onset
    home = a_home((), rooms, soon, thread("wrist_stillness", at + 9 * HOUR))
    found = targets.long_lie([home], counted([home]), weeks=1.0)
    assert found["false"]["count"] == 1 + 1


def test_a_fault_of_a_device_explains_no_alarm_for_carers() -> None:
    at = START + timedelta(days=5)
    dead = Episode(kind=Kind.DEAD_SENSOR, at=at, lasts=24 * HOUR, device="hall_motion")
    told = thread("liveness", at + HOUR, audience=Audience.OPERATORS)
    (count,) = counted([a_home((dead,), told, thread("inactivity", at + HOUR))])
    assert count.false["liveness"] == []
    assert len(count.false["inactivity"]) == 1


def test_a_slow_change_explains_what_looks_back_and_nothing_acute() -> None:
    at = START + timedelta(days=5)
    change = Episode(kind=Kind.BATHROOM_CHANGE, at=at, lasts=timedelta(days=6))
    said = [
        thread("day_change", at + timedelta(days=7)),
        thread("inactivity", at + timedelta(days=2)),
    ]
    (count,) = counted([a_home((change,), *said)])
    assert count.false["day_change"] == []
    assert len(count.false["inactivity"]) == 1


def test_what_was_missed_counts_as_longer_than_its_window() -> None:
    days = [START + timedelta(days=number) for number in (1, 2, 3, 4)]
    told = [thread("inactivity", day + HOUR) for day in days[:3]]
    (count,) = counted([a_home(tuple(lie(day) for day in days), *told)])
    assert delays(count.expected) == {"median": 60.0, "p90": None}


def test_the_report_has_a_row_for_each_detector_and_target() -> None:
    at = START + timedelta(days=20)
    rare = thread("inactivity", START + timedelta(days=25), once_in_days=40.0)
    home = a_home((lie(at),), thread("inactivity", at + 0.5 * HOUR), rare)
    home.silences = [
        Silence(at=0.0, delay_s=delay, by="inactivity", night=night, in_bed=night)
        for delay, night in ((3600.0, False), (None, False), (7200.0, True))
    ]
    report = simulated.report(SMALL, [home])
    row = report["detectors"]["inactivity"]
    assert (row["episodes"], row["recall"], row["false_per_week"]) == (1, 1.0, 0.25)
    assert row["delay_min"] == {"median": 30.0, "p90": 30.0}
    assert report["inactivity"]["delay_h"]["day_mean"] == pytest.approx((1 + 16) / 2)
    assert report["occupancy"]["sensitivity"] == pytest.approx(0.9)
    assert report["visitor"]["sensitivity"] == pytest.approx(45 / 60)
    assert report["visitor"]["specificity"] == pytest.approx(930 / 940, abs=1e-4)
    assert report["visitor"]["homes"]["1"]["precision"] == pytest.approx(45 / 55, abs=1e-4)
    assert report["calibration"]["observed"] == 1
    assert {one["row"] for one in report["targets"]} >= {"exit at night, recall"}
    assert report["controls"]["fixed"].keys() == {"2 h", "4 h", "6 h", "12 h"}
    assert report["budget"]["check_false"]["per_week"] == 0.25


def test_a_home_is_watched_the_same_each_time() -> None:
    first, second = (watch(watch_of(SMALL, 3)) for _ in range(2))
    assert first.threads == second.threads
    assert first.silences == second.silences
    assert first.failures == []
    assert sum(first.minutes.values()) == sum(first.visits.values()) == 4 * 24 * 60
    assert all(one.delay_s is None or one.delay_s > 0 for one in first.silences)


def test_homes_that_nobody_visited_say_nothing_of_finding_visitors() -> None:
    home = a_home(())
    home.visits = {"alone_as_alone": 60, "alone_as_visited": 0}
    figures = targets.visitor([home])
    assert (figures["sensitivity"], figures["specificity"]) == (None, 1.0)
    assert figures["precision"] is None


def test_the_minutes_of_visits_are_those_of_the_record() -> None:
    watched = watch(watch_of(SMALL, 3))
    record, days = watch_of(SMALL, 3).record, range(13, 19)
    first = record.span[0].date()
    spans = [one for day in days for one in record.visits(first + timedelta(days=day))]
    truth = sum(
        max(0.0, min(end, watched.end) - max(start, watched.start)) / 60 for start, end in spans
    )
    counted_min = watched.visits["visited_as_visited"] + watched.visits["visited_as_alone"]
    assert truth > 0
    assert counted_min == pytest.approx(truth, abs=2 * len(spans))


def test_a_stressed_run_has_the_homes_and_episodes_of_the_plain_one() -> None:
    study = replace(SMALL, days=30)
    base = robustness.watch_of(study, 5, robustness.BASE).record
    for stress in robustness.STRESSES:
        record = robustness.watch_of(study, 5, stress).record
        own = [one for one in record.episodes if one.kind is not Kind.HUB_OUTAGE]
        assert len(own) - (stress in {"dead_sensor", "all_together"}) == len(base.episodes)
        assert record.home.person == base.home.person
        assert record.home.animal.there == (stress in {"pet", "all_together"})
    moved = robustness.watch_of(study, 5, "clock_change").record
    walls = [
        [one.at.astimezone(record.home.zone).replace(tzinfo=None) for one in record.episodes]
        for record in (base, moved)
    ]
    assert walls[0] == walls[1]


def test_a_stress_is_judged_by_ratio_and_drop() -> None:
    at = START + timedelta(days=3)
    days = [at + timedelta(days=number) for number in range(24)]
    lies = tuple(lie(day) for day in days)
    false = [thread("inactivity", day + 12 * HOUR) for day in days]
    found = [thread("inactivity", day + HOUR) for day in days]
    base = a_home(lies, *found, *false[:10])
    pair = robustness.Pair(
        stress="pet", plain=[base], stressed=[a_home(lies, *found[:20], *false[:12])]
    )
    part = robustness.compared(pair)["detectors"]["inactivity"]
    assert part["false_ratio"] == pytest.approx(1.2)
    assert part["recall_drop"] == pytest.approx(4 / 24)
    assert part["passes"] is False


def test_distances_are_none_between_equals_and_large_between_strangers() -> None:
    rng = np.random.default_rng(0)
    lengths, weight = rng.exponential(100, 500), np.ones(500)
    assert calibration.distance((lengths, weight), (lengths, weight)) == 0.0
    assert calibration.distance((lengths, weight), (lengths + 1000, weight)) == pytest.approx(
        1, 0.01
    )
    table = np.array([[0.5, 0.5], [0.0, 0.0]])
    assert calibration.divergence(table, table) == 0.0
    assert calibration.divergence(table, table[::-1]) == 1.0


def test_simulated_homes_are_seen_through_the_eyes_of_the_study() -> None:
    (one,) = calibration.simulated(1, 16, 7, workers=1)
    assert set(one.place.tolist()) <= set(range(len(calibration.PLACES)))
    assert (np.diff(one.at) >= 0).all()
    assert len(one.days()) >= 14
    bedroom = one.at[one.place == calibration.PLACES.index("bedroom")]
    assert np.diff(bedroom).min() >= 57.0
    assert 0.0 < calibration.rhythm([one])["IS"][0] < 1.0


def test_a_study_too_short_to_count_is_refused() -> None:
    with pytest.raises(Misconfigured, match="16 days"):
        Study(homes=1, days=15, seed=0).check()


def test_seeds_are_for_tuning_or_for_the_test() -> None:
    uses = [
        simulated.report(replace(SMALL, seed=seed), [a_home(())])["seeds"]["use"]
        for seed in (0, 5000, 10_000)
    ]
    assert uses == ["tuning", "neither", "test"]


def test_windows_are_said_in_words() -> None:
    assert targets.windows()["night_wandering"] == "until it ends, and 10 min"


@pytest.mark.journey
async def test_the_command_prints_one_object() -> None:
    report = await answer(
        "evaluate", "simulated", "--homes", "1", "--days", "17", "--seed", "3", "--no-robustness",
        "--json",
    )  # fmt: skip
    assert report.keys() >= {"detectors", "calibration", "inactivity", "budget", "targets"}
    assert {"episodes", "recall", "false_per_week", "delay_min"} <= report["detectors"][
        "inactivity"
    ].keys()
    status, _, err = await run("evaluate", "simulated", "--homes", "1", "--days", "3")
    assert status == 2
    assert "days" in err
