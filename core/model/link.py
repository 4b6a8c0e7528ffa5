"""Whether the radio link of a device gets worse over weeks. Pure.

A day counts by its lowest value: that is when messages are lost. A week counts by its median day, so that a
single bad day says nothing.
"""

from __future__ import annotations

LATELY_DAYS = 7
BEFORE_DAYS = (21, 35)
"""From how many to how many days ago the week is that lately is compared with."""
LEAST_DAYS = 4
"""So many days must be known of either."""
WEAK = 60.0
"""Of 255, as Zigbee counts it: above this nothing is lost, however much better it was before."""
FALLEN = 0.7
"""Lately it is at most this part of what it was."""


def is_falling(before: float | None, lately: float | None) -> bool:
    """Tell whether somebody should move a device or put a repeater between.

    Parameters
    ----------
    before, lately
        Median of the lowest values of each day, 0 to 255; None where too few days are known.

    Examples
    --------
    >>> is_falling(110, 50), is_falling(60, 50), is_falling(250, 120), is_falling(None, 20)
    (True, False, False, False)
    """
    if before is None or lately is None:
        return False
    return lately < WEAK and lately <= before * FALLEN
