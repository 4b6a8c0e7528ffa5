"""What one home may put into quarantine a day, and how many devices it may have that nobody registered."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

MESSAGES_A_DAY = 10_000
BYTES_A_DAY = 64 << 20
DISCOVERED_A_HOME = 200


class QuarantineQuota:
    """Room left in quarantine, per home and UTC day. Homes that do not exist share one place."""

    def __init__(self, messages: int = MESSAGES_A_DAY, size_bytes: int = BYTES_A_DAY) -> None:
        self._limits = (messages, size_bytes)
        self._day: date | None = None
        self._used: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def note(self, home: str, day: date, messages: int, size_bytes: int) -> None:
        """Count what stands in the table already."""
        self._turn(day)
        had = self._used[home]
        self._used[home] = (had[0] + messages, had[1] + size_bytes)

    def take(self, home: str, day: date, size_bytes: int) -> bool:
        """Take room for a message, if there is any."""
        self._turn(day)
        messages, total = self._used[home]
        if messages >= self._limits[0] or total + size_bytes > self._limits[1]:
            return False
        self._used[home] = (messages + 1, total + size_bytes)
        return True

    def _turn(self, day: date) -> None:
        if day != self._day:
            self._day = day
            self._used.clear()


class DiscoveredQuota:
    """Names of unregistered devices that were noted, per home."""

    def __init__(
        self, names: Iterable[tuple[str, str, str]] = (), limit: int = DISCOVERED_A_HOME
    ) -> None:
        self._limit = limit
        self._names: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.replace(names)

    def replace(self, names: Iterable[tuple[str, str, str]]) -> None:
        """Take over what stands in the table now: names that nobody says any more make room."""
        self._names.clear()
        for home, family, external_id in names:
            self._names[home].add((family, external_id))

    def take(self, home: str, family: str, external_id: str) -> bool:
        """Tell whether this device may be noted."""
        names, name = self._names[home], (family, external_id)
        if name in names:
            return True
        if len(names) >= self._limit:
            return False
        names.add(name)
        return True
