"""A hard knock at something worn, in a window of acceleration: how hard, how far turned, how still. Pure.

Three phases (detection.md §6): the way the arm hung before, the impact, and how it lies afterwards. A
free-fall phase says little at the wrist (area under the curve 0.63), so it is not looked for. The spans were
chosen on WEDA-FALL (Marques & Moreno 2023, Sensors 23:1146; docs/decisions/0130): adults of 20 to 46 who
fell onto a mattress, and daily activities of them and of people of 77 to 95.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

BEFORE_S, AFTER_S = (-3.0, -1.0), (1.5, 3.0)
"""Around the hardest moment: where the arm is taken to hang, and to have come to rest."""
FEWEST_S = 0.5
"""What there must be of either span."""

Sample = tuple[float, float, float]


class Impact(NamedTuple):
    """The hardest knock of a window."""

    #: Largest length of the acceleration, in g.
    peak_g: float
    #: Angle between the mean acceleration before and after, in degrees, 0 to 180.
    tilt_deg: float
    #: Standard deviation of the length of the acceleration afterwards, in g.
    stillness_g: float


def hardest(samples: Sequence[Sample]) -> int:
    """Return the place of the hardest moment; the first of several."""
    lengths = [x * x + y * y + z * z for x, y, z in samples]
    return lengths.index(max(lengths))


def measured(samples: Sequence[Sample], rate_hz: float, at: int | None = None) -> Impact | None:
    """Measure the hardest knock of a window; None if too little of before or after is in it.

    Parameters
    ----------
    samples
        Acceleration along x, y and z in g, evenly in time.
    rate_hz
        Samples a second.
    at
        Place of the hardest moment, where it is known.

    Examples
    --------
    An arm that hangs, is hit with 6 g and then lies on its side:

    >>> window = [(0.0, 0.0, 1.0)] * 150 + [(0.0, 0.0, 6.0)] + [(1.0, 0.0, 0.0)] * 150
    >>> measured(window, 50.0)
    Impact(peak_g=6.0, tilt_deg=90.0, stillness_g=0.0)
    >>> measured(window[:160], 50.0) is None
    True
    """
    at = hardest(samples) if at is None else at
    before, after = (_span(samples, at, rate_hz, span) for span in (BEFORE_S, AFTER_S))
    if min(len(before), len(after)) < FEWEST_S * rate_hz:
        return None
    return Impact(
        math.hypot(*samples[at]),
        angle_deg(_mean(before), _mean(after)),
        _spread([math.hypot(*sample) for sample in after]),
    )


def angle_deg(one: Sample, other: Sample) -> float:
    """Return the angle between two vectors, in degrees; 0 where one has no length.

    Examples
    --------
    >>> round(angle_deg((1.0, 0.0, 0.0), (1.0, 1.0, 0.0)), 9)
    45.0
    """
    lengths = math.hypot(*one) * math.hypot(*other)
    if lengths == 0:
        return 0.0
    cosine = sum(a * b for a, b in zip(one, other, strict=True)) / lengths
    return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


def _span(
    samples: Sequence[Sample], at: int, rate_hz: float, span: tuple[float, float]
) -> Sequence[Sample]:
    start, end = (at + round(edge * rate_hz) for edge in span)
    return samples[max(start, 0) : max(end, 0)]


def _mean(samples: Sequence[Sample]) -> Sample:
    count = len(samples)
    x, y, z = (math.fsum(sample[axis] for sample in samples) / count for axis in range(3))
    return x, y, z


def _spread(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
