"""How much one device may send: a token bucket that does not punish a backlog."""

from __future__ import annotations


class Allowance:
    """The bucket of one device.

    It fills with the gateway's time, and with the device's own time too: a hub that delivers a week at
    once sends no more than the week held. Device time only counts where it goes beyond all before, so
    that over its life a device gets at most twice its rate.

    Parameters
    ----------
    rate_per_s
        Messages a second for ever.
    burst
        Messages at once.

    Examples
    --------
    >>> bucket = Allowance(1.0, 2)
    >>> [bucket.take(1000.0, None) for _ in range(3)]
    [True, True, False]
    """

    __slots__ = ("_at_s", "_burst", "_claimed_s", "_left", "_rate")

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate = rate_per_s
        self._burst = float(burst)
        self._left = float(burst)
        self._at_s = 0.0
        self._claimed_s = 0.0

    def take(self, now_s: float, claimed_s: float | None) -> bool:
        """Take one message out, if there is room.

        Parameters
        ----------
        now_s
            Gateway time in seconds since 1970.
        claimed_s
            Device time, likewise, where the device's clock is believed; None otherwise.
        """
        fresh_s = now_s - self._at_s
        self._at_s = now_s  # also back: a clock that ran ahead must not stop the filling
        fresh_s = max(fresh_s, 0.0)
        if claimed_s is not None:
            # here and below without min(), which costs as much as the rest
            claimed_s = min(now_s, claimed_s)
            if claimed_s > self._claimed_s:
                if self._claimed_s:
                    fresh_s += claimed_s - self._claimed_s
                self._claimed_s = claimed_s
        left = self._left + fresh_s * self._rate
        if left < 1.0:
            self._left = left
            return False
        self._left = (min(left, self._burst)) - 1.0
        return True
