from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.model.intake import NumberedStretch
from gateway.numbering import WINDOW, Numbering


def missing(stretches: tuple[NumberedStretch, ...]) -> int:
    """What `core.store.presence` makes of the stretches of one boot, the first one known to be whole."""
    first, *rest = stretches
    highest, missed = first.highest, first.highest - first.lowest + 1 - first.received
    for stretch in rest:
        missed = max(0, missed + max(0, stretch.highest - highest) - stretch.received)
        highest = max(highest, stretch.highest)
    return missed


@given(
    numbers=st.sets(st.integers(min_value=0, max_value=200), min_size=1),
    order=st.randoms(use_true_random=False),
    again=st.integers(min_value=1, max_value=3),
    cut=st.integers(min_value=1, max_value=50),
)
def test_gaps_are_counted_whatever_the_order_and_however_often(
    numbers: set[int], order: object, again: int, cut: int
) -> None:
    lowest, highest = min(numbers), max(numbers)
    late = sorted(numbers - {lowest}) * again
    order.shuffle(late)  # type: ignore[attr-defined]
    numbering = Numbering()
    reports: list[NumberedStretch] = []
    for place, number in enumerate([lowest, *late]):
        numbering.note("b", number)
        if place % cut == 0:
            reports += numbering.take()
    reports += numbering.take()
    assert missing(tuple(reports)) == highest - lowest + 1 - len(numbers)


def test_two_gateways_add_up() -> None:
    first, second = Numbering(), Numbering()
    for number in range(1, 101):
        (first if number % 3 else second).note("b", number)
    stretches = first.take() + second.take()
    assert missing(stretches) == 0


def test_a_new_boot_starts_anew_and_stragglers_of_the_old_one_do_not_count() -> None:
    numbering = Numbering()
    for boot, number in (("a", 1), ("a", 2), ("b", 0), ("a", 3), ("b", 1)):
        numbering.note(boot, number)
    assert numbering.take() == (
        NumberedStretch(boot="a", lowest=1, highest=2, received=2),
        NumberedStretch(boot="b", lowest=0, highest=1, received=2),
    )
    assert numbering.take() == ()


def test_a_number_far_behind_is_a_redelivery() -> None:
    numbering = Numbering()
    numbering.note("b", 5)
    numbering.note("b", 5 + WINDOW)
    numbering.take()
    numbering.note("b", 5)
    numbering.note("b", 4)
    assert numbering.take() == ()


def test_what_was_not_reported_is_taken_up_again() -> None:
    numbering = Numbering("b", 10)
    numbering.resume(NumberedStretch(boot="b", lowest=11, highest=14, received=3))
    numbering.note("b", 15)
    assert numbering.take() == (NumberedStretch(boot="b", lowest=11, highest=15, received=4),)
