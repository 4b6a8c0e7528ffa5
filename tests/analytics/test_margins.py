"""What answers may do to a limit, and what they may not: the rules of detection.md §10."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import learning
from analytics.detector import DetectorSpec, Forecasting, Parameter, discover
from analytics.detectors.not_back import LONGEST_S, SHORTEST_S, NotBack
from analytics.features.margins import HALF_LIFE_S, HIGHEST, LOWEST, MOST_CONTEXTS, Margins, faded
from analytics.home_engine import Inputs
from analytics.learning import Answer, answered, as_margin, confirmed, margin_at, undone
from analytics.sample_days import KITCHEN_MOTION
from core.model.ids import AlertId, CarerId, HomeId
from core.model.incident import ONE_SILENCE
from core.model.learning import Margin, MarginChange, MissedKind, Why
from dashboard.wording import _DETECTORS
from tests.analytics.story import Story

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY_S = 86400.0


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def word(why: Why, number: float, *, alert: int | None = None, hour_bin: int = 3) -> Answer:
    return Answer(
        home_id=HomeId("7f3k"),
        detector="inactivity",
        hour_bin=hour_bin,
        at=day(number),
        why=why,
        carer_id=CarerId(1),
        alert_id=None if alert is None else AlertId(alert),
    )


class Log:
    """One detector's log, as the table keeps it."""

    def __init__(self) -> None:
        self.lines: list[MarginChange] = []

    def add(self, line: MarginChange) -> MarginChange:
        self.lines.append(replace(line, change_id=len(self.lines) + 1))
        return self.lines[-1]

    def hear(self, *answers: Answer) -> Log:
        for answer in answers:
            for line in answered(self.lines, answer):
                self.add(line)
        return self

    def at(self, number: float, hour_bin: int = 3) -> float:
        return margin_at(self.lines, hour_bin, day(number))


def test_one_false_alarm_changes_nothing_and_the_second_within_a_fortnight_does() -> None:
    log = Log().hear(word(Why.FALSE, 0, alert=1))
    assert log.at(0) == 1.0
    log.hear(word(Why.FALSE, 13, alert=2))
    assert log.at(13) == pytest.approx(1.07)
    assert Log().hear(word(Why.FALSE, 0, alert=1), word(Why.FALSE, 15, alert=2)).at(15) == 1.0


def test_contexts_do_not_speak_for_each_other() -> None:
    log = Log().hear(word(Why.FALSE, 0, alert=1), word(Why.FALSE, 1, alert=2, hour_bin=4))
    assert (log.at(1), log.at(1, hour_bin=4)) == (1.0, 1.0)
    log.hear(word(Why.TRUE, 2, alert=3, hour_bin=4))
    assert (log.at(2), log.at(2, hour_bin=4)) == (1.0, 0.97)


def test_a_true_alarm_tightens_a_little_and_a_missed_event_more() -> None:
    assert Log().hear(word(Why.TRUE, 0, alert=1)).at(0) == 0.97
    assert Log().hear(word(Why.MISSED, 0)).at(0) == 0.85


def test_it_fades_to_one_with_a_half_life_of_thirty_days() -> None:
    log = Log().hear(word(Why.MISSED, 0))
    assert log.at(30) == pytest.approx(0.925)
    assert log.at(3000) == pytest.approx(1.0)


def test_after_three_loosenings_in_thirty_days_the_next_waits_for_a_person() -> None:
    log = Log().hear(*(word(Why.FALSE, n, alert=n) for n in range(5)))
    before = log.at(4)
    assert [line.waiting for line in log.lines] == [False] * 4 + [True]
    log.hear(word(Why.FALSE, 5, alert=5, hour_bin=4), word(Why.FALSE, 6, alert=6, hour_bin=4))
    assert log.lines[-1].waiting, "counted for the detector, in whatever context"
    log.add(confirmed(log.lines, log.lines[4], CarerId(2), day(7)))
    assert log.lines[-1].carer_id == 2
    assert log.at(7) == pytest.approx(faded(before, 3 * DAY_S) * 1.07)
    later = Log().hear(*(word(Why.FALSE, n, alert=n) for n in range(4)))
    assert (
        not later.hear(word(Why.FALSE, 34, alert=9), word(Why.FALSE, 35, alert=10))
        .lines[-1]
        .waiting
    )


def test_a_change_is_undone_as_if_it_had_never_been() -> None:
    log = Log().hear(word(Why.MISSED, 0), word(Why.TRUE, 5, alert=1))
    with_it = log.at(9)
    log.add(undone(log.lines, log.lines[0], CarerId(2), day(9)))
    only = Log().hear(word(Why.TRUE, 5, alert=1)).at(9)
    assert (log.lines[-1].before, log.lines[-1].after) == (with_it, only)
    assert log.at(9) == only
    assert not learning.may_decide(log.lines, log.lines[0], confirm=False)
    assert not learning.may_decide(log.lines, log.lines[-1], confirm=False)
    assert learning.may_decide(log.lines, log.lines[1], confirm=False)
    assert not learning.may_decide(log.lines, log.lines[1], confirm=True)


def test_a_second_answer_to_the_same_alert_replaces_the_first() -> None:
    log = Log().hear(word(Why.TRUE, 0, alert=1), word(Why.TRUE, 1, alert=1))
    assert len(log.lines) == 1
    log.hear(word(Why.FALSE, 1, alert=1))
    assert [line.why for line in log.lines] == [Why.TRUE, Why.UNDONE, Why.FALSE]
    assert log.at(1) == 1.0
    log.hear(word(Why.FALSE, 2, alert=2))
    assert log.at(2) == pytest.approx(1.07)


def test_an_answer_that_waits_is_taken_back_too() -> None:
    log = Log().hear(*(word(Why.FALSE, n, alert=n) for n in range(5)))
    assert log.lines[-1].waiting
    log.hear(word(Why.TRUE, 5, alert=4))
    assert [line.why for line in log.lines[-2:]] == [Why.UNDONE, Why.TRUE]
    assert not learning.may_decide(log.lines, log.lines[4], confirm=True)


WORDS = st.lists(
    st.tuples(
        st.sampled_from([Why.FALSE, Why.TRUE, Why.MISSED]),
        st.floats(0, 200),
        st.integers(0, 7),
        st.integers(0, 20),
        st.sampled_from(["", "", "confirm", "undo"]),
    ),
    max_size=40,
)


@given(WORDS)
def test_no_words_cross_the_bounds_and_every_line_tells_what_it_did(
    words: list[tuple[Why, float, int, int, str]],
) -> None:
    log = Log()
    for why, number, hour_bin, alert, then in sorted(words, key=lambda one: one[1]):
        answer = word(why, number, alert=alert, hour_bin=hour_bin)
        log.hear(replace(answer, alert_id=None) if why is Why.MISSED else answer)
        open_ = learning.standing(log.lines)
        if then and open_:
            line = open_[alert % len(open_)]
            if learning.may_decide(log.lines, line, confirm=then == "confirm"):
                make = confirmed if then == "confirm" else undone
                log.add(make(log.lines, line, CarerId(2), max(day(number), log.lines[-1].at)))
    engine = Margins()
    for line in log.lines:
        assert LOWEST <= line.after <= HIGHEST
        engine.take([as_margin(line)])
    end = max([day(200), *(line.at for line in log.lines)])
    for hour_bin in range(8):
        now = engine.factor("inactivity", hour_bin, end.timestamp())
        assert now == pytest.approx(margin_at(log.lines, hour_bin, end))
    for last in log.lines:
        lately = [
            line
            for line in learning.effective(log.lines)
            if line.why is Why.FALSE and line.factor > 1 and line.at <= last.at
        ]
        recent = [one for one in lately if last.at - one.at <= learning.LOOSENED_WITHIN]
        assert len(recent) <= learning.LOOSENINGS


@given(st.lists(st.sampled_from([Why.FALSE, Why.TRUE, Why.MISSED]), max_size=30))
def test_undoing_everything_leaves_nothing(words: list[Why]) -> None:
    log = Log()
    for number, why in enumerate(words):
        log.hear(word(why, number / 10, alert=None if why is Why.MISSED else number))
    while open_ := learning.standing(log.lines):
        log.add(undone(log.lines, open_[-1], CarerId(2), day(9)))
    assert log.at(9) == 1.0


@given(st.floats(-10, 10), st.floats(0, 1e9))
def test_what_fades_only_comes_closer_to_one(factor: float, seconds: float) -> None:
    first, later = faded(factor, seconds), faded(factor, seconds + HALF_LIFE_S)
    assert LOWEST <= first <= HIGHEST
    assert abs(later - 1) <= abs(first - 1)


def margin(hour_bin: int, factor: float, at: float = 0.0, detector: str = "inactivity") -> Margin:
    return Margin(detector=detector, hour_bin=hour_bin, factor=factor, at=at)


def test_the_engine_keeps_a_margin_through_a_snapshot_and_drops_the_oldest() -> None:
    margins = Margins()
    margins.take([margin(1, 1.4), margin(2, 9.0)])
    back = Margins.restored(margins.snapshot())
    assert back.snapshot() == margins.snapshot()
    assert back.factor("inactivity", 1, HALF_LIFE_S) == pytest.approx(1.2)
    assert back.factor("inactivity", 2, 0.0) == HIGHEST
    assert back.factor("exit", 1, 0.0) == 1.0
    assert back.holds(margin(1, 1.4))
    assert not back.holds(margin(1, 1.41))
    back.take([margin(0, 1.1, detector=f"d{n}") for n in range(MOST_CONTEXTS)])
    assert len(back.snapshot()) == MOST_CONTEXTS
    assert back.factor("inactivity", 1, 0.0) == 1.0
    assert Margins.restored(None).factor("inactivity", 1, 0.0) == 1.0


def spec(*, safety: bool = False, high: float | None = None) -> DetectorSpec:
    return replace(
        discover()["sos"],
        safety=safety,
        parameters=(Parameter(name="p", value=1, unit="s", meaning="m", high=high),),
    )


def test_safety_rules_and_what_has_no_bounded_limit_learn_nothing() -> None:
    assert learning.learns(spec(high=3))
    assert not learning.learns(spec(high=3, safety=True))
    assert not learning.learns(spec())
    assert not any(learning.learns(one) for one in discover().values() if one.safety)
    safe = {one.name for one in discover().values() if one.safety}
    assert safe >= {"sos", "exit", "impact", "appliance", "geofence", "lost"}, "none of these ever"


def test_every_kind_of_missed_event_says_who_should_have_noticed() -> None:
    assert set(learning.MISSED_BY) == set(MissedKind)


def test_the_page_for_people_says_what_the_rules_do() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "answers.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried > 8) == (0, True)


def test_what_is_judged_once_a_day_has_one_context() -> None:
    margins = Margins()
    margins.take([margin(1, 1.2, detector="late_rise")])
    assert {margins.factor("late_rise", hour_bin, 0.0) for hour_bin in range(8)} == {1.2}


def test_whoever_is_named_here_is_a_detector_and_learns() -> None:
    known = discover()
    named = {name for names in learning.MISSED_BY.values() for name in names}
    assert {"inactivity", "late_rise", "overstay", "night", "walking", "not_back"} <= named
    for name in named:
        assert learning.learns(known[name]), name
    assert {"inactivity", "late_rise", "overstay"} <= ONE_SILENCE <= set(known)


def test_all_that_learns_has_a_word_on_the_page_of_what_answers_changed() -> None:
    assert {one.name for one in discover().values() if learning.learns(one)} <= set(_DETECTORS)


@pytest.mark.parametrize(("factor", "minutes"), [(0.8, 4), (1.0, 5), (1.6, 8)])
def test_answers_move_the_late_return_within_its_bounds(factor: float, minutes: int) -> None:
    """Five minutes of it become so many."""
    story = Story().move(KITCHEN_MOTION, every=10, until=9)
    view, detector = story.home.view, story.home.detectors["not_back"]
    assert view is not None
    assert isinstance(detector, NotBack)
    left = view.now
    plain = detector.limit_s(view, left)
    view.margins.take([margin(view.local.bin(left), factor, left, detector="not_back")])
    assert SHORTEST_S <= detector.limit_s(view, left) <= LONGEST_S
    assert detector.limit_s(view, left) == pytest.approx(
        min(max(plain * minutes / 5, SHORTEST_S), LONGEST_S)
    )


def test_an_answer_moves_what_the_page_promises() -> None:
    story = Story()
    story.move(KITCHEN_MOTION, every=10, until=12)
    detector = story.home.detectors["inactivity"]
    view = story.home.view
    assert view is not None
    assert isinstance(detector, Forecasting)
    assert view.activity.last_at is not None
    before = detector.forecast(view)
    missed = margin(view.local.bin(view.activity.last_at), 0.85, view.now)
    story.home.look(Inputs(margins={story.home.plan.home_id: (missed,)}))
    story.at(12, 0, 30)
    after = detector.forecast(view)
    assert before is not None
    assert after is not None
    assert after.speaks_at < before.speaks_at
