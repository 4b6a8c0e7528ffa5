"""A hard knock at the wrist and what follows it, out of acceleration at 50 Hz. Pure and bounded.

`Ring` reads a stream, on a device or from a recording, and gives a few numbers for each knock
(`sensors.impact_window`); `Rule` says which knocks count; `measures` are what a model of a knock looks at.
Knocks within 3 s of each other are one and its hardest moment counts: clapping and hitting a table make many,
of which some single one nearly always meets any condition (docs/decisions/0130).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensors.impact_window import AFTER_S, BEFORE_S, Impact, Sample, angle_deg, measured

Floats = npt.NDArray[np.float64]
RATE_HZ = 50.0
GRAVITY_M_S2 = 9.80665
FEWEST = 5
"""Samples that make a span; with fewer the nearest half second is taken."""
SMOOTHED_S = 0.5
"""Watches hand samples over in batches and stamp the batch; the true times lie evenly within this."""
HARD_G, WEIGHTLESS_G = 2.0, 0.6
KNOCK_G = 2.5
"""What begins a knock at all: a fall of WEDA-FALL never stays below."""
APART_S = 3.0
"""Knocks closer together are one."""
LONGEST_S = 30.0
"""Hitting and running without end is told in pieces of this length."""
_HALF_S = int(RATE_HZ / 2)
_AROUND = int(3 * RATE_HZ)
_APART, _LONGEST = int(APART_S * RATE_HZ), int(LONGEST_S * RATE_HZ)


class Rule(NamedTuple):
    """When a knock counts: above, above and below."""

    peak_g: float
    tilt_deg: float
    stillness_g: float

    def holds(self, impact: Impact) -> bool:
        """Tell whether an impact counts.

        Examples
        --------
        >>> Rule(3.5, 30.0, 0.25).holds(Impact(5.1, 80.0, 0.05))
        True
        """
        return (
            impact.peak_g > self.peak_g
            and impact.tilt_deg > self.tilt_deg
            and impact.stillness_g < self.stillness_g
        )


WRIST = Rule(peak_g=3.5, tilt_deg=30.0, stillness_g=0.25)
"""detection.md §6, not fitted again (docs/decisions/0130)."""


class Ring:
    """Streaming watch for hard knocks: 6 s of memory, a few comparisons a sample.

    Examples
    --------
    >>> ring, hang, lie = Ring(), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
    >>> stream = [hang] * 500 + [(0.0, 0.0, 6.0)] + [lie] * 500
    >>> [impact for sample in stream if (impact := ring.feed(sample)) is not None]
    [Impact(peak_g=6.0, tilt_deg=90.0, stillness_g=0.0)]
    """

    __slots__ = ("_age", "_length", "_peak", "_quiet", "_ring", "_seen")

    def __init__(self) -> None:
        self._ring: deque[Sample] = deque(maxlen=2 * _AROUND + 1)
        #: Largest acceleration of the knock under way; 0 while there is none.
        self._peak = 0.0
        #: Samples since the hardest moment, since the last hard one, since the first.
        self._age = self._quiet = self._length = 0
        #: What has been measured of it.
        self._seen: Impact | None = None

    def feed(self, sample: Sample) -> Impact | None:
        """Take in one sample in g; return a knock once it is over, 3 to 33 s after its hardest moment."""
        self._ring.append(sample)
        x, y, z = sample
        squared = x * x + y * y + z * z
        if not self._peak and squared <= KNOCK_G * KNOCK_G:
            return None
        self._age, self._quiet, self._length = self._age + 1, self._quiet + 1, self._length + 1
        if squared > KNOCK_G * KNOCK_G:
            self._hit(math.sqrt(squared))
        if self._age == _AROUND:
            window = tuple(self._ring)
            at = len(window) - 1 - _AROUND
            self._seen = measured(window, RATE_HZ, at) or impact(window)
        over = self._quiet >= _APART or self._length >= _LONGEST
        return self._end() if over and self._age >= _AROUND else None

    def finish(self) -> Impact | None:
        """Return the knock that is under way when a recording ends; None without one."""
        if self._peak and self._seen is None:
            self._seen = impact(self._ring)
        return self._end() if self._peak else None

    def _hit(self, length: float) -> None:
        if not self._peak:
            self._length = 0
        self._quiet = 0
        if length > self._peak:
            self._peak, self._age, self._seen = length, 0, None

    def _end(self) -> Impact | None:
        found, self._seen, self._peak = self._seen, None, 0.0
        return found


def regular(seconds: npt.ArrayLike, acceleration: npt.ArrayLike) -> Floats:
    """Return irregular samples on the grid of `RATE_HZ`; shape (m, 3).

    The stamps are smoothed first: samples that a watch stamps in batches, five within 5 ms and then none for
    100 ms, were taken evenly. Between them by straight lines.

    Parameters
    ----------
    seconds
        Times, shape (n,), n above 0, in the order of the samples; where one runs back the latest counts.
    acceleration
        In any unit, shape (n, 3).

    Examples
    --------
    >>> regular([0.0, 0.04], [[0, 0, 1], [0, 0, 3]])[:, 2]
    array([1., 2.])
    """
    times = _smoothed(np.maximum.accumulate(np.asarray(seconds, dtype=float)))
    values = np.asarray(acceleration, dtype=float)
    grid = np.arange(times[0], max(times[-1], times[0] + 1.0 / RATE_HZ), 1.0 / RATE_HZ)
    return np.stack([np.interp(grid, times, values[:, axis]) for axis in range(3)], axis=1)


def _smoothed(times: Floats) -> Floats:
    """Return the mean of the stamps around each, of fewer towards the ends."""
    count = len(times)
    per_s = count / (times[-1] - times[0]) if times[-1] > times[0] else RATE_HZ
    wide = int(SMOOTHED_S * per_s / 2)
    reach = np.minimum(np.minimum(np.arange(count), np.arange(count)[::-1]), wide)
    sums = np.concatenate(([0.0], np.cumsum(times)))
    here = np.arange(count)
    return np.asarray((sums[here + reach + 1] - sums[here - reach]) / (2 * reach + 1))


def knocks(recording: npt.ArrayLike) -> tuple[Impact, ...]:
    """Return all knocks of a recording, as a `Ring` tells them."""
    ring = Ring()
    stream = [(x, y, z) for x, y, z in np.asarray(recording, dtype=float).tolist()]
    found = [ring.feed(sample) for sample in stream]
    return tuple(one for one in (*found, ring.finish()) if one is not None)


def impact(window: npt.ArrayLike) -> Impact:
    """Return the hardest knock of a window, however short the window is.

    Examples
    --------
    >>> window = np.array([[0.0, 0.0, 1.0]] * 60 + [[0.0, 0.0, 6.0]] + [[1.0, 0.0, 0.0]] * 60)
    >>> [round(number, 1) for number in impact(window)]
    [6.0, 90.0, 0.0]
    """
    samples = np.asarray(window, dtype=float)
    length = np.linalg.norm(samples, axis=1)
    at = int(np.argmax(length))
    before, after = (_span(at, len(length), *span) for span in (BEFORE_S, AFTER_S))
    tilt = _angle(samples[before].mean(axis=0), samples[after].mean(axis=0))
    return Impact(float(length[at]), tilt, float(length[after].std()))


def _span(at: int, count: int, start_s: float, end_s: float) -> slice:
    start, end = max(0, at + int(start_s * RATE_HZ)), min(count, at + int(end_s * RATE_HZ))
    if end - start >= FEWEST:
        return slice(start, end)
    return slice(max(0, count - _HALF_S), count) if start_s > 0 else slice(0, min(_HALF_S, count))


def _angle(one: Floats, other: Floats) -> float:
    (a, b, c), (d, e, f) = one.tolist(), other.tolist()
    return angle_deg((a, b, c), (d, e, f))


#: (from, to in seconds around the impact, what is taken of the length of the acceleration there).
_TAKEN = (
    *((-1.0, 0.0, "least"), (-3.0, -1.0, "spread"), (-1.0, 1.0, "spread"), (-1.0, 1.0, "mean")),
    *((-0.5, 0.5, "hard"), (-1.0, 0.0, "weightless"), (1.0, 2.0, "spread"), (2.0, 4.0, "spread")),
    *((0.3, 1.0, "spread"), (0.2, 1.5, "most"), (-1.5, -0.2, "most"), (3.0, 6.0, "spread")),
)
_TAKE: dict[str, Callable[[Floats], np.floating]] = {
    "least": np.min,
    "most": np.max,
    "mean": np.mean,
    "spread": np.std,
    "hard": lambda length: np.mean(length > HARD_G),
    "weightless": lambda length: np.mean(length < WEIGHTLESS_G),
}


def measures(window: npt.ArrayLike) -> Floats:
    """Return what a model of a knock looks at, shape (23,): the impact, its course, and the arm after it.

    All but the last three are the same however the watch is turned; those say along which of its axes the
    arm lies.
    """
    samples = np.asarray(window, dtype=float)
    length = np.linalg.norm(samples, axis=1)
    at, count = int(np.argmax(length)), len(length)
    before, after = (samples[_span(at, count, *span)] for span in (BEFORE_S, AFTER_S))
    arm_before, arm_after = before.mean(axis=0), after.mean(axis=0)
    course = [_TAKE[name](length[_span(at, count, start, end)]) for start, end, name in _TAKEN]
    near = length[max(0, at - _AROUND) : at + _AROUND]
    jerk = np.abs(np.diff(length))[max(0, at - _HALF_S) : at + _HALF_S]
    whole = float(np.linalg.norm(arm_after))
    return np.array(
        [
            *(np.log(length[at]), _angle(arm_before, arm_after)),
            float(np.linalg.norm(after, axis=1).std()),
            *course,
            *(after.std(axis=0).max(), _knocks(near), jerk.max(initial=0.0), whole),
            float(np.linalg.norm(arm_after - arm_before)),
            *(np.abs(arm_after) / (whole + 1e-9)),
        ]
    )


def _knocks(length: Floats) -> int:
    middle = length[1:-1]
    peaks = (middle > HARD_G) & (middle >= length[:-2]) & (middle > length[2:])
    return int(peaks.sum())
