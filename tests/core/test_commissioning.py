"""From referral to live, whatever the order in which people try the steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.model.commissioning import (
    FOLLOWS,
    NeedStage,
    Stage,
    cut_off,
    has_consent,
    lacking,
    may_follow,
    mode_of,
    next_need,
)
from core.model.home import HomeMode
from core.model.ids import RoomId

ROOMS = [RoomId(number) for number in range(8)]


def taken(tried: list[Stage]) -> list[Stage]:
    """Return the steps that were taken by somebody who tries these one after the other."""
    stages = [Stage.REFERRED]
    for wanted in tried:
        if may_follow(stages[-1], wanted):
            stages.append(wanted)
    return stages


@given(st.lists(st.sampled_from(Stage), max_size=40))
def test_nobody_is_told_of_a_home_without_consent_and_a_walk(tried: list[Stage]) -> None:
    stages = taken(tried)
    if mode_of(stages[-1]) is HomeMode.LIVE:
        since_end = stages[len(stages) - stages[::-1].index(Stage.REFERRED) :]
        assert since_end[:3] == [Stage.CONSENTED, Stage.INSTALLED, Stage.COMMISSIONING]
        assert has_consent(stages)


@given(st.lists(st.sampled_from(Stage), max_size=40))
def test_consent_stands_exactly_while_something_may_count(tried: list[Stage]) -> None:
    stages = taken(tried)
    assert has_consent(stages) is (stages[-1] not in {Stage.REFERRED, Stage.ENDED})


@given(st.sampled_from(Stage))
def test_every_home_can_be_ended_and_begun_again(stage: Stage) -> None:
    seen, edge = {stage}, [stage]
    while edge:
        further = FOLLOWS[edge.pop()] - seen
        seen |= further
        edge += further
    assert seen == set(Stage)


@given(st.sampled_from(Stage))
def test_only_live_pages(stage: Stage) -> None:
    assert (mode_of(stage) is HomeMode.LIVE) is (stage is Stage.LIVE)


@given(st.sets(st.text(max_size=5)), st.sets(st.text(max_size=5)))
def test_what_has_no_reason_is_lacking(missing: set[str], waived: set[str]) -> None:
    assert set(lacking(missing, waived)) == missing - waived


def test_a_need_goes_its_way_to_the_end() -> None:
    way: list[NeedStage | None] = [None]
    while (further := next_need(way[-1])) is not None:
        way.append(further)
    assert way[1:] == [one for one in NeedStage if one is not NeedStage.DROPPED]
    assert next_need(NeedStage.DROPPED) is None


@given(
    st.sets(st.sampled_from(ROOMS), max_size=3),
    st.lists(st.tuples(st.sampled_from(ROOMS), st.sampled_from(ROOMS)), max_size=12),
)
def test_a_room_that_lies_beside_one_with_a_way_out_has_one(
    exits: set[RoomId], doors: list[tuple[RoomId, RoomId]]
) -> None:
    lost = set(cut_off(ROOMS, exits, doors))
    assert not lost & exits
    for one, other in doors:
        assert (one in lost) is (other in lost)
    if not exits:
        assert lost == set(ROOMS)
