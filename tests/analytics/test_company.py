"""A sensor that speaks while nothing else does is known, a person who sits before one is believed."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from analytics.features.company import KEEP, NEAR_S, ONE_ACT_S, Company

HOUR = 3600.0
ROUND = (1, 2, 3)
STRAY = 9


def _walks(company: Company, at: float) -> float:
    """Somebody goes from room to room for a few minutes."""
    for device in ROUND:
        company.show(at, device)
        at += 120.0
    return at


def _days(company: Company, days: int, *, stray_each_s: float | None = None) -> None:
    """Somebody walks about each second hour; a sensor fires in between."""
    for turn in range(12 * days):
        at = turn * 2 * HOUR
        _walks(company, at)
        if stray_each_s is not None and (at % stray_each_s) < 2 * HOUR:
            company.show(at + HOUR, STRAY)


def test_what_a_person_does_has_company() -> None:
    company = Company()
    _days(company, 10)
    assert [company.share(device) > 0.9 for device in ROUND] == [True] * 3
    assert not any(map(company.alone, ROUND))


def test_what_fires_by_itself_is_known_after_its_third_act() -> None:
    company = Company()
    _days(company, 1, stray_each_s=8 * HOUR)
    assert company.alone(STRAY)
    assert not any(map(company.alone, ROUND))


def test_one_that_was_repaired_is_believed_again() -> None:
    company = Company()
    _days(company, 30, stray_each_s=4 * HOUR)
    assert company.alone(STRAY)
    acts = 0
    while company.alone(STRAY):
        at = (1000 + acts) * HOUR
        company.show(at, STRAY)
        company.show(at + 60.0, ROUND[0])
        acts += 1
    assert acts < 60


def test_where_all_are_heard_alone_nobody_is_blamed() -> None:
    company = Company()
    for turn in range(200):
        company.show(turn * HOUR, 1 + turn % 2)
    assert not company.alone(1)
    assert not company.alone(2)


def test_a_door_that_opens_and_closes_is_one_act_and_so_is_an_evening_in_a_chair() -> None:
    company = Company()
    for turn in range(50):
        at = turn * 6 * HOUR
        company.show(at, 1)
        for minute in range(2, 240, 20):  # a sensor that sees her at times
            company.show(at + minute * 60.0, STRAY)
    assert ONE_ACT_S > 20 * 60.0
    assert company.share(STRAY) > 0.9


def test_the_nights_of_who_sleeps_alone_do_not_count() -> None:
    company = Company()
    for night in range(50):
        _walks(company, night * 24 * HOUR)
        for hour in range(8):
            company.show((night * 24 + 10 + hour) * HOUR, STRAY, counts=False)
    assert not company.alone(STRAY)


def test_one_stray_is_no_company_for_another() -> None:
    company = Company()
    _days(company, 5, stray_each_s=4 * HOUR)
    at = 1000 * HOUR
    company.show(at, STRAY)
    assert company.stray(STRAY)
    assert not company.near(at + 60.0, STRAY + 1)
    company.show(at + HOUR, ROUND[0])
    assert company.near(at + HOUR + 60.0, STRAY)


def test_of_a_device_that_is_gone_nothing_is_kept() -> None:
    company = Company()
    _days(company, 2, stray_each_s=4 * HOUR)
    company.keep(set(ROUND))
    known, _ = company.snapshot()
    assert [one for one, *_ in known] == list(ROUND)


def test_company_may_come_before_or_after_but_not_too_late() -> None:
    for gap, beside in ((NEAR_S, True), (NEAR_S + 1.0, False)):
        company = Company()
        company.show(0.0, 1)
        company.show(gap, 2)
        company.show(gap + 10 * HOUR, 3)
        shares = [company.share(device) for device in (1, 2)]
        assert shares[0] == shares[1]
        assert (shares[0] > 0.9) is beside


SIGNS = st.lists(
    st.tuples(st.floats(-HOUR, 4 * HOUR, allow_nan=False), st.integers(1, 300)), max_size=400
)


@given(SIGNS)
def test_whatever_is_said_it_stays_bounded_and_survives_a_restart(
    signs: list[tuple[float, int]],
) -> None:
    company, at = Company(), 0.0
    for step, device in signs:
        at += step
        company.show(at, device)
    known, _ = company.snapshot()
    assert len(known) <= 128
    assert all(0.0 <= near <= acts <= 1.0 / (1.0 - KEEP) for _, acts, near in known)
    assert all(0.0 < company.share(device) <= 1.0 for device in range(300))
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(company.snapshot()))
    again = Company.restored(saved)
    again.show(at + 1.0, 1)
    company.show(at + 1.0, 1)
    assert again.snapshot() == company.snapshot()
