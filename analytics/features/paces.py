"""How long the ways between two rooms take, beside a reference that does not move. Pure and bounded.

Each pair of rooms, by direction, has two logarithmic histograms of the seconds between the last movement in
the one room and the first in the other: of late (decayed), and of the first 90 days (then frozen). A
person who walks more slowly takes longer on most ways; a sensor that was moved, or blinks for another time,
changes the ways of its own room alone. So what counts is the change that remains without any one room.

References
----------
detection.md §8; Rana et al. 2013, arXiv 1310.4880 (walking speed from the ways between motion sensors).
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.features.walks import STEP_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analytics.features.walks import Step

Key = tuple[int, int]
BINS = 32
_RATIO = math.log(STEP_S[1] / STEP_S[0]) / BINS
MOST_PAIRS = 16
HALF_LIFE_DAYS = 10.4
"""The mean age of what counts is that of a span of 30 days (detection.md §8)."""
REFERENCE_DAYS = 90
SHARE = 0.25
"""The quarter of the ways that take least: the others hold more standing than walking."""
FEWEST_STEPS = 100.0
"""Ways of late, over all pairs (detection.md §8)."""
FEWEST_OF_PAIR = (10.0, 30.0)
"""Ways of a pair of late, and in its reference, without which it says nothing."""
FEWEST_PAIRS = 3
THROUGH_SHARE = 0.8
"""A room that so much of all walking leads through can not be left out."""
LEARN_BELOW = math.log(1.05)
"""While the ways take longer than so, the reference does not grow: it would hide a slow change."""
SPREAD = 0.045
"""Standard deviation of a person's own change about the reference (docs/decisions/0122)."""
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_NORMAL_QUARTILE = 1.3626
_NORMAL_QUARTILES = 1.349


@dataclass(frozen=True, slots=True)
class PairChange:
    """How much longer one way takes than in the reference."""

    key: Key
    #: Lower quartiles in seconds.
    before_s: float
    lately_s: float
    #: Ways that the comparison rests on.
    weight: float
    #: Variance of the logarithm of the ratio, from the number of ways alone.
    variance: float

    @property
    def change(self) -> float:
        """Logarithm of the ratio."""
        return math.log(self.lately_s / self.before_s)


@dataclass(frozen=True, slots=True)
class PaceChange:
    """How much longer the ways take, all pairs together."""

    #: Logarithm of the ratio.
    change: float
    #: The same without the room that it most depends on.
    without_a_room: float
    #: The change in its own standard deviations.
    strength: float
    pairs: tuple[PairChange, ...]


class Paces:
    """Ways between rooms of one home."""

    __slots__ = ("_lately", "_reference", "days", "learns")

    def __init__(self) -> None:
        #: Days in the reference.
        self.days = 0
        #: Whether the reference grows: not once it is whole, nor while the ways seem to take longer.
        self.learns = True
        #: Counts of the last weeks, decayed, and of the reference; the pairs are the same.
        self._lately: dict[Key, array[float]] = {}
        self._reference: dict[Key, array[float]] = {}

    def add(self, step: Step) -> None:
        """Take in one way from room to room."""
        key = (step.start, step.end)
        lately = self._lately.get(key)
        if lately is None:
            if len(self._lately) >= MOST_PAIRS and not self._make_room():
                return
            lately = self._lately[key] = array("f", bytes(4 * BINS))
            self._reference[key] = array("f", bytes(4 * BINS))
        place = bin_of(step.seconds)
        lately[place] += 1.0
        if self.learns:
            self._reference[key][place] += 1.0

    def _make_room(self) -> bool:
        """Forget the pair that is walked least, while the reference grows."""
        if self.frozen:
            return False
        least = min(self._reference, key=lambda one: (math.fsum(self._reference[one]), one))
        del self._lately[least], self._reference[least]
        return True

    @property
    def frozen(self) -> bool:
        """Whether the reference is whole."""
        return self.days >= REFERENCE_DAYS

    def close_day(self, change: PaceChange | None) -> None:
        """Let a day on which people walked pass, judged as ``change``."""
        if self.learns:
            self.days = min(self.days + 1, REFERENCE_DAYS)
        self.learns = not self.frozen and (change is None or change.change < LEARN_BELOW)
        for key, counts in self._lately.items():
            self._lately[key] = array("f", [count * _KEEP for count in counts])

    def change(self) -> PaceChange | None:
        """Return how much longer the ways take of late; None where too few pairs can tell."""
        pairs = tuple(one for key in self._lately if (one := self._pair(key)) is not None)
        total = math.fsum(one.weight for one in pairs)
        if len(pairs) < FEWEST_PAIRS or total < FEWEST_STEPS:
            return None
        overall = _mean(pairs)
        variance = math.fsum(one.weight**2 * one.variance for one in pairs) / total**2
        return PaceChange(
            change=overall,
            without_a_room=min((overall, *_without_a_room(pairs, total))),
            strength=overall / math.sqrt(variance + SPREAD**2),
            pairs=pairs,
        )

    def _pair(self, key: Key) -> PairChange | None:
        lately, reference = self._lately[key], self._reference[key]
        seen, known = math.fsum(lately), math.fsum(reference)
        if seen < FEWEST_OF_PAIR[0] or known < FEWEST_OF_PAIR[1]:
            return None
        spread = (_quantile(reference, 0.75) - _quantile(reference, 0.25)) / _NORMAL_QUARTILES
        # standard error of a quartile of a normal sample, times √n
        error = _NORMAL_QUARTILE * max(spread, _RATIO)
        return PairChange(
            key=key,
            before_s=math.exp(_quantile(reference, SHARE)),
            lately_s=math.exp(_quantile(lately, SHARE)),
            weight=min(seen, known),
            variance=error**2 * (1.0 / seen + 1.0 / known),
        )

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "days": [self.days, self.learns],
            "pairs": [
                [*key, self._lately[key].tobytes(), self._reference[key].tobytes()]
                for key in self._lately
            ],
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Paces:
        """Return it as `snapshot` saw it."""
        paces = cls()
        paces.days, paces.learns = state["days"]
        for start, end, lately, reference in state["pairs"]:
            paces._lately[start, end] = array("f", lately)
            paces._reference[start, end] = array("f", reference)
        return paces


def bin_of(seconds: float) -> int:
    """Return the bin of a way.

    Examples
    --------
    >>> bin_of(0.5), bin_of(30.0)
    (0, 31)
    """
    place = int(math.log(max(seconds, STEP_S[0]) / STEP_S[0]) / _RATIO)
    return min(place, BINS - 1)


def _quantile(counts: Sequence[float], share: float) -> float:
    """Return a quantile of the logarithm of the seconds, even within a bin."""
    wanted, total = share * math.fsum(counts), 0.0
    for place, count in enumerate(counts):
        if count > 0.0 and total + count >= wanted:
            return math.log(STEP_S[0]) + _RATIO * (place + (wanted - total) / count)
        total += count
    return math.log(STEP_S[1])


def _mean(pairs: Iterable[PairChange]) -> float:
    weighted = [(one.weight, one.change) for one in pairs]
    return math.fsum(w * c for w, c in weighted) / math.fsum(w for w, _ in weighted)


def _without_a_room(pairs: Sequence[PairChange], total: float) -> Iterable[float]:
    """Yield the change over the pairs that do not touch a room, for each room that can be left out."""
    for room in sorted({room for one in pairs for room in one.key}):
        rest = [one for one in pairs if room not in one.key]
        if math.fsum(one.weight for one in rest) >= (1.0 - THROUGH_SHARE) * total:
            yield _mean(rest)
