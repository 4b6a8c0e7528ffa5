"""Counts of people by area and activity that may be published: k-anonymous, with their suppression. Pure.

A table has a row for each area, a column for each band, and totals. Whatever can be worked out from what is
published, by adding and subtracting, is about nobody or about at least ``k`` people. Two things are hidden
for that: cells of fewer than ``k``, and further cells by which those could be worked out from a total
(complementary suppression). What is shown is rounded after that.

References
----------
Hundepool et al., Statistical Disclosure Control, Wiley 2012, chapters 4.2 and 4.3; ONS, Policy on protecting
confidentiality in tables of birth and death statistics (thresholds, complementary suppression, rounding).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from core.model.errors import Malformed

LEAST_K = 10
ROUNDED_TO = 5
ALL = "all"
"""Stands for every area, or every band."""
SMALL_AREAS = "small-areas"
"""Areas with fewer than k people, together."""

Place = tuple[str, str]
"""Area and band of a cell."""


class Band(StrEnum):
    """Hours a day with movement in the home, on average over a month."""

    UNDER_2 = "under-2-hours"
    FROM_2 = "2-to-5-hours"
    FROM_5 = "5-to-8-hours"
    OVER_8 = "8-hours-or-more"


def band_of(active_min: float) -> Band:
    """Return the band of an average of minutes a day.

    Examples
    --------
    >>> band_of(119.9).value, band_of(480).value
    ('under-2-hours', '8-hours-or-more')
    """
    limits = ((120, Band.UNDER_2), (300, Band.FROM_2), (480, Band.FROM_5))
    return next((band for limit, band in limits if active_min < limit), Band.OVER_8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of what is published."""

    area: str
    band: str
    #: Rounded; None where it is suppressed.
    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table before it is rounded."""

    #: True counts of every area and band. Not to be published.
    counts: Mapping[Place, int]
    areas: tuple[str, ...]
    hidden: frozenset[Place]
    #: False where a band has too few people in all areas together for its total to be shown.
    band_totals: bool

    def cells(self) -> Iterator[Cell]:
        """Yield what is published, rounded."""
        for area in self.areas:
            for band in Band:
                yield self._cell(area, band.value, hidden=(area, band.value) in self.hidden)
            yield self._cell(area, ALL, hidden=False)
        for band in Band:
            yield self._cell(ALL, band.value, hidden=not self.band_totals)
        yield self._cell(ALL, ALL, hidden=False)

    def total(self, area: str, band: str) -> int:
        """Return a true count; `ALL` adds up."""
        return sum(
            count
            for (one, other), count in self.counts.items()
            if area in {one, ALL} and band in {other, ALL}
        )

    def _cell(self, area: str, band: str, *, hidden: bool) -> Cell:
        people = None if hidden else rounded(self.total(area, band))
        return Cell(area=area, band=band, people=people)


def rounded(count: int) -> int:
    """Return a count to the nearest five.

    Examples
    --------
    >>> rounded(12), rounded(13)
    (10, 15)
    """
    return ROUNDED_TO * round(count / ROUNDED_TO)


def table_of(people: Iterable[tuple[str, Band]], k: int = LEAST_K) -> Table | None:
    """Return what may be published of people by area and band; None where they are too few for anything.

    Raises
    ------
    Malformed
        If ``k`` is below ten.
    """
    if k < LEAST_K:
        raise Malformed("k", f"at least {LEAST_K} people")
    counts = _pooled(Counter((area, band.value) for area, band in people), k)
    areas = tuple(sorted({area for area, _ in counts}))
    if not areas:
        return None
    whole = {(area, band.value): counts[area, band.value] for area in areas for band in Band}
    by_band = [sum(whole[area, band.value] for area in areas) for band in Band]
    totals = min(by_band) >= k
    return Table(
        counts=whole, areas=areas, hidden=_hidden(whole, areas, k, totals), band_totals=totals
    )


def _pooled(counts: Counter[Place], k: int) -> Counter[Place]:
    """Put areas with too few people together; leave them out where they are too few together as well."""
    sizes: Counter[str] = Counter()
    for (area, _), count in counts.items():
        sizes[area] += count
    pooled: Counter[Place] = Counter()
    for (area, band), count in counts.items():
        pooled[area if sizes[area] >= k else SMALL_AREAS, band] += count
    if sum(count for (area, _), count in pooled.items() if area == SMALL_AREAS) < k:
        pooled = Counter({place: n for place, n in pooled.items() if place[0] != SMALL_AREAS})
    return pooled


def _hidden(
    counts: Mapping[Place, int], areas: Sequence[str], k: int, totals: bool
) -> frozenset[Place]:
    hidden = {place for place, count in counts.items() if count < k}
    while True:
        found = next(
            (one for one in _workable(hidden, areas, totals) if sum(counts[p] for p in one[0]) < k),
            None,
        )
        if found is None:
            return frozenset(hidden)
        told, axis = found
        near = {place[axis] for place in told}
        # the smallest cell that makes it uncertain: of the same area or band while there is one left
        hidden.add(
            min(
                counts.keys() - hidden,
                key=lambda place: (place[axis] not in near, counts[place], place),
            )
        )


def _workable(
    hidden: Iterable[Place], areas: Sequence[str], totals: bool
) -> Iterator[tuple[frozenset[Place], int]]:
    """Yield the smallest sets of hidden cells whose sum can be worked out from totals and shown cells.

    With each: 0 where it follows from the total of an area, 1 where those of bands are needed.
    """
    dark = frozenset(hidden)
    rows = {area: frozenset(place for place in dark if place[0] == area) for area in areas}
    yield from ((row, 0) for row in rows.values() if row)
    if not totals:
        return
    bands = [band.value for band in Band]
    for size in range(1, len(bands) + 1):
        for some in combinations(bands, size):
            within = frozenset(place for place in dark if place[1] in some)
            touched = frozenset().union(*(row for row in rows.values() if row & within))
            inside = frozenset().union(*(row for row in rows.values() if row <= within))
            yield from ((one, 1) for one in (touched - within, within - inside) if one)
