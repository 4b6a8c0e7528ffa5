from __future__ import annotations

import re
from datetime import timedelta

import pytest

from analytics.features.losing_way import LIMIT, Habit, is_dark, lost_score
from analytics.features.paths import Walked
from core.model.finding import Phase, Severity
from tests.analytics.outdoor_story import SHOP, Outside, circles, walk

NIGHT = 24 * 12 + 23.0
"""Hours after Monday; midnight in London in May."""
UNKNOWN = (700.0, -300.0)


def out_to(outside: Outside, hours: float) -> Outside:
    """Go to an unknown part of the town, straight."""
    return outside.at(hours).leave().go(walk((0.0, 0.0), UNKNOWN))


def test_the_usual_walk_to_the_shop_says_nothing() -> None:
    story = Outside().known(14).story
    assert story.of("lost") == []
    assert story.of("geofence") == []
    assert story.of("tracker") == []


def test_circles_in_unknown_streets_at_night_are_told_within_eight_minutes() -> None:
    outside = out_to(Outside().known(), NIGHT)
    began = outside.story.now
    outside.go(circles((UNKNOWN[0], UNKNOWN[1] - 100.0), 100.0, 20))
    first = outside.story.of("lost")[0]
    assert first.noticed_at - began <= timedelta(minutes=8)
    assert max(one.severity.rank for one in outside.story.of("lost")) == Severity.URGENT.rank


def test_circles_by_day_are_a_check_first_and_then_urgent() -> None:
    outside = out_to(Outside().known(), 24 * 12 + 10.0)
    outside.go(circles((UNKNOWN[0], UNKNOWN[1] - 90.0), 90.0, 30))
    told = outside.story.of("lost")
    assert [one.severity for one in told] == [Severity.CHECK, Severity.URGENT]
    assert [one.phase for one in told] == [Phase.OPENED, Phase.RAISED]
    assert told[0].onset == told[1].onset
    assert "on unknown ways, turning often" in told[0].what
    assert "about 11 outings are remembered" in told[0].unusual


def test_a_straight_walk_to_a_new_place_and_back_says_nothing_by_day() -> None:
    outside = out_to(Outside().known(), 24 * 12 + 10.0)
    outside.go([UNKNOWN] * 20).go(walk(UNKNOWN, (0.0, 0.0))).come_in()
    assert outside.story.of("lost") == []


def test_turning_round_on_a_new_way_says_nothing() -> None:
    outside = out_to(Outside().known(), 24 * 12 + 10.0)
    outside.go(walk(UNKNOWN, (0.0, 0.0))).come_in()
    assert outside.story.of("lost") == []


def test_circles_around_known_streets_say_nothing() -> None:
    outside = Outside().known()
    ways = [*walk((0.0, 0.0), SHOP), *reversed(list(walk((0.0, 0.0), SHOP)))]
    outside.at(24 * 12 + 10.0).leave().go(ways * 3)
    assert outside.story.of("lost") == []


def test_coming_home_ends_it() -> None:
    outside = out_to(Outside().known(), NIGHT)
    outside.go(circles((UNKNOWN[0], UNKNOWN[1] - 100.0), 100.0, 20))
    outside.go(walk(UNKNOWN, (0.0, 0.0))).come_in()
    last = outside.story.of("lost")[-1]
    assert last.phase is Phase.CLEARED
    assert last.what.startswith("Back near home")


def test_a_restart_on_the_way_changes_nothing() -> None:
    def told(*, restart: bool) -> list[tuple[object, ...]]:
        outside = out_to(Outside().known(3), 24 * 3 + 23.0)
        for place in circles((UNKNOWN[0], UNKNOWN[1] - 100.0), 100.0, 25):
            outside.go([place])
            if restart:
                outside.story.restart()
        return [(one.noticed_at, one.severity, one.what) for one in outside.story.of("lost")]

    assert told(restart=True) == told(restart=False) != []


def test_no_text_holds_a_coordinate() -> None:
    outside = out_to(Outside().known(), NIGHT)
    outside.go(circles((UNKNOWN[0], UNKNOWN[1] - 100.0), 100.0, 20))
    for one in outside.story.of("lost"):
        texts = [one.what, one.unusual, one.advice, *(fact.text for fact in one.evidence)]
        assert not any(re.search(r"\d\.\d{3}|50\.9|51\.0", text) for text in texts)


USUAL = Walked(length_m=300, novel=1.0, turn=10, loops=0, progress=-1.0, straight=1.0)


@pytest.mark.parametrize("turn", [0.0, 20.0, 35.0])
def test_what_is_new_alone_stays_below_the_limit_by_day(turn: float) -> None:
    walked = Walked(length_m=300, novel=1.0, turn=turn, loops=0, progress=-1.0, straight=0.9)
    score = lost_score(walked, Habit(), dark=False)
    assert max(score.winding, score.aimless) < LIMIT


def test_each_part_moves_the_score_its_way() -> None:
    plain = lost_score(USUAL, Habit(), dark=False).winding
    more = {"turn": 90.0, "loops": 2, "straight": 0.2}
    for name, value in more.items():
        changed = Walked(**{**{f: getattr(USUAL, f) for f in USUAL.__slots__}, name: value})
        score = lost_score(changed, Habit(), dark=False)
        assert max(score.winding - plain, score.aimless + 5.0) > 0.0
    nearer = Walked(length_m=300, novel=1.0, turn=10, loops=0, progress=0.9, straight=1.0)
    assert lost_score(nearer, Habit(), dark=False).winding < plain - 2.0
    assert lost_score(USUAL, Habit(), dark=True).winding == pytest.approx(plain + 1.0)
    assert lost_score(USUAL, Habit(experience=0.0), dark=False).winding < plain - 3.0


def test_where_streets_wind_more_it_takes_more_turns() -> None:
    walked = Walked(length_m=300, novel=1.0, turn=60, loops=0, progress=-1.0, straight=0.8)
    straight, winding = Habit(turn=15.0), Habit(turn=40.0)
    assert lost_score(walked, straight, dark=False).winding >= LIMIT
    assert lost_score(walked, winding, dark=False).winding < LIMIT


def test_dark_in_winter_at_five_and_not_in_summer() -> None:
    winter, summer = 1_797_872_400.0, 1_781_974_800.0  # 21 December and 20 June 2026, 17:00 UTC
    assert is_dark(winter, 53.0, -1.5)
    assert not is_dark(summer, 53.0, -1.5)
