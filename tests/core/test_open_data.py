"""Nothing that is published, and nothing that can be worked out from it, is about fewer than k people."""

from __future__ import annotations

from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.open_data import (
    ALL,
    LEAST_K,
    ROUNDED_TO,
    SMALL_AREAS,
    Band,
    Table,
    band_of,
    table_of,
)

AREAS = ("E05000001", "E05000002", "E05000003", "E05000004")
BANDS = tuple(band.value for band in Band)


@st.composite
def towns(draw: st.DrawFn) -> list[tuple[str, Band]]:
    """Draw people: areas and bands with none, few and many."""
    people = []
    few = st.integers(0, 14) | st.sampled_from([0, 0, 9, 10, 11, 40])
    for area in AREAS[: draw(st.integers(1, len(AREAS)))]:
        for band in Band:
            people += [(area, band)] * draw(few)
    return people


def subsets(of: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(of, size) for size in range(len(of) + 1)))


def worked_out(table: Table) -> list[int]:
    """Return the sum of every set of hidden cells that can be worked out, by trying all rows and columns.

    Coefficients 0, 1 and -1 are enough: rows and columns make a network, whose matrix is totally unimodular.
    """
    found = []
    bands = subsets(BANDS) if table.band_totals else [()]
    for rows, columns, sign in product(subsets(table.areas), bands, (1, -1)):
        shares = {
            place: sign * ((place[0] in rows) - (place[1] in columns)) for place in table.hidden
        }
        if any(share > 0 for share in shares.values()) and min(shares.values()) >= 0:
            found.append(sum(table.counts[place] for place, share in shares.items() if share))
    return found


@given(towns(), st.integers(LEAST_K, 15))
def test_nothing_published_and_no_difference_of_it_rests_on_fewer_than_k_people(
    people: list[tuple[str, Band]], k: int
) -> None:
    table = table_of(people, k)
    if table is None:
        sizes = [sum(area == one for area, _ in people) for one in AREAS]
        assert max(sizes) < k
        assert sum(sizes) < k
        return
    for cell in table.cells():
        true = table.total(cell.area, cell.band)
        if cell.people is not None:
            assert true >= k, cell
            assert cell.people % ROUNDED_TO == 0
            assert abs(cell.people - true) < ROUNDED_TO
    assert all(total >= k for total in worked_out(table))


@given(towns())
def test_every_cell_is_there_and_what_is_hidden_is_said(people: list[tuple[str, Band]]) -> None:
    table = table_of(people)
    if table is None:
        return
    cells = list(table.cells())
    assert len(cells) == (len(table.areas) + 1) * (len(BANDS) + 1)
    assert len({(one.area, one.band) for one in cells}) == len(cells)
    # hiding is no habit: a town with enough in every cell hides nothing
    if min(table.counts.values()) >= LEAST_K:
        assert all(one.people is not None for one in cells)


def test_a_cell_that_could_be_worked_out_from_its_total_takes_another_with_it() -> None:
    people = [(AREAS[0], Band.UNDER_2)] * 3
    for band, many in ((Band.FROM_2, 12), (Band.FROM_5, 30), (Band.OVER_8, 40)):
        people += [(AREAS[0], band)] * many
    people += [(AREAS[1], band) for band in Band for _ in range(20)]
    table = table_of(people)
    assert table is not None
    hidden = {place for place in table.hidden if place[0] == AREAS[0]}
    assert hidden == {(AREAS[0], "under-2-hours"), (AREAS[0], "2-to-5-hours")}
    other = {place[1] for place in table.hidden if place[0] == AREAS[1]}
    assert other == {"under-2-hours", "2-to-5-hours"}, "by the totals of the bands it could be, too"


def test_areas_too_small_are_counted_together_or_not_at_all() -> None:
    large = [(AREAS[0], band) for band in Band for _ in range(20)]
    together = [(AREAS[1], Band.UNDER_2)] * 6 + [(AREAS[2], Band.FROM_2)] * 6
    table = table_of(large + together)
    assert table is not None
    assert table.areas == (AREAS[0], SMALL_AREAS)
    assert table.total(ALL, ALL) == 92
    alone = table_of(large + together[:6])
    assert alone is not None
    assert (alone.areas, alone.total(ALL, ALL)) == ((AREAS[0],), 80)
    assert table_of(together[:6]) is None


def test_k_is_ten_at_least_and_bands_meet() -> None:
    with pytest.raises(Malformed, match="at least 10"):
        table_of([], 9)
    assert [band_of(minutes) for minutes in (0, 120, 300, 480)] == list(Band)
