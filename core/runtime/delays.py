"""How long to wait before the next attempt. Pure."""

from __future__ import annotations

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 20.0


def reconnect_delay(attempt: int, chance: float) -> float:
    """Seconds to wait before connection attempt ``attempt`` (from 1), full jitter.

    Parameters
    ----------
    chance
        A uniform number in [0, 1).

    Examples
    --------
    >>> [reconnect_delay(n, 1.0) for n in (1, 2, 3, 30)]
    [0.2, 0.4, 0.8, 20.0]
    """
    return float(min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempt - 1, 16)) * chance)
