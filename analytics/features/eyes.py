"""For how long a motion sensor sees nothing more after a movement, out of what it says. Pure and bounded.

Motion sensors in homes are blind for 5 to 240 s after each sign, by model (detection.md, trap 5), and no plan
of a home tells it. The lower envelope of the pauses between two signs does, with a leak, so that a sensor
changed for another model is known again after some days (docs/decisions/0120).
"""

from __future__ import annotations

BLIND_FACTOR = 1.3
"""Who is there when a sensor sees again is seen within so many times its blind time."""
LONGEST_S = 330.0
"""Whatever was learned, no sensor is waited for longer: 1.3 times the slowest model known, and a little."""
FIRST_BLIND_S = 60.0
_LEAK = 0.002
_LONGEST_PAUSE_S = 600.0


def seen_again(eyes: dict[int, tuple[float, float]], eye: int, at: float) -> None:
    """Take in a sign of a sensor.

    Parameters
    ----------
    eyes
        By sensor: its last sign, and for how long it is blind after one, in seconds. Changed in place.
    at
        When it was, in seconds.

    Examples
    --------
    >>> eyes = {}
    >>> for second in (0.0, 400.0, 405.0):
    ...     seen_again(eyes, 7, second)
    >>> eyes
    {7: (405.0, 5.0)}
    """
    known = eyes.get(eye)
    if known is None:
        eyes[eye] = (at, FIRST_BLIND_S)
        return
    last, blind = known
    pause = at - last
    if pause <= 0.0:
        return
    if pause < blind:
        blind = pause
    elif pause < _LONGEST_PAUSE_S:
        blind += (pause - blind) * _LEAK
    eyes[eye] = (at, blind)
