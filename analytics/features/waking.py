"""How long somebody was home and could be seen on the present day, in waking hours. Pure and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.features.localtime import LocalTime


class Waking:
    """Waking hours of one home in which somebody was there to be seen.

    Parameters
    ----------
    now
        When the watch begins, in seconds.
    """

    __slots__ = ("_seen", "_since", "seconds")

    def __init__(self, now: float) -> None:
        #: Of the present day, until what was last noted.
        self.seconds = 0.0
        #: Whether somebody is home and we can see, and since when that holds or the day began.
        self._seen, self._since = True, now

    def note(self, now: float, local: LocalTime, *, seen: bool) -> None:
        """Take in whether somebody is home and can be seen from ``now`` on."""
        if self._seen:
            self.seconds += local.waking_s(self._since, now)
        self._seen, self._since = seen, now

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain values, by the names that they have in the state of a home."""
        return {"waking": self.seconds, "watched": [self._seen, self._since]}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw, out of the state of a home."""
        self.seconds = state["waking"]
        self._seen, self._since = state["watched"]
