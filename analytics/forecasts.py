"""When silence would be spoken of, kept up to date at little cost. Pure.

Ten thousand homes are not asked at every tick: each is asked once in `EVERY_S`, in turn, and at every
tick while its next moment is nearer than that. What has moved by less than `MOVED_S` is not written
again (docs/decisions/0107).
"""

from __future__ import annotations

import zlib
from itertools import islice
from typing import TYPE_CHECKING, cast

from analytics.fencing import failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analytics.detector import DetectorFailure, Forecasting
    from analytics.home_engine import HomeEngine
    from core.model.forecast import Forecast
    from core.model.ids import HomeId

EVERY_S = 300.0
MOVED_S = 60.0
MOST_AT_ONCE = 2000
"""Homes that one step asks; after a start the others wait for the next."""

Kept = dict[str, "Forecast"]


class ForecastBook:
    """What was last written of each home, and when it is to be asked again."""

    def __init__(self) -> None:
        self._kept: dict[HomeId, Kept] = {}
        self._next: dict[HomeId, float] = {}

    def news(
        self, homes: Mapping[HomeId, HomeEngine], now: float
    ) -> tuple[dict[HomeId, list[Forecast]], list[DetectorFailure]]:
        """Return what must be written now: for each home that has changed all that stands.

        Parameters
        ----------
        now
            Moment in seconds.
        """
        found: dict[HomeId, list[Forecast]] = {}
        failures: list[DetectorFailure] = []
        for home_id in [home_id for home_id in self._next if home_id not in homes]:
            del self._next[home_id]
            if self._kept.pop(home_id, None):
                found[home_id] = []
        due = (home_id for home_id in homes if now >= self._next.get(home_id, 0.0))
        for home_id in list(islice(due, MOST_AT_ONCE)):
            home = homes[home_id]
            standing = asked(home, failures)
            self._next[home_id] = self._ask_again(home_id, standing.values(), now)
            before = self._kept.get(home_id)
            if before is None or _moved(before, standing):
                self._kept[home_id] = standing
                found[home_id] = list(standing.values())
        return found, failures

    def _ask_again(self, home_id: HomeId, standing: Iterable[Forecast], now: float) -> float:
        nearest = min((one.speaks_at.timestamp() for one in standing), default=now + EVERY_S)
        if 0.0 < nearest - now < EVERY_S:
            return now
        turn = zlib.crc32(home_id.encode()) % int(EVERY_S)  # so that not all are asked at once
        return now + EVERY_S - (now - turn) % EVERY_S


def asked(home: HomeEngine, failures: list[DetectorFailure]) -> Kept:
    """Ask the detectors of a home when they would speak; one that raises says nothing."""
    standing: Kept = {}
    view = home.view
    if view is None:
        return standing
    for name, detector in home.detectors.items():
        if not hasattr(detector, "forecast"):  # isinstance with a protocol is many times slower
            continue
        try:
            forecast = cast("Forecasting", detector).forecast(view)
        except Exception as error:  # noqa: BLE001 (the fence: the others still say when they would speak)
            failures.append(failure(home.plan.home_id, name, error, view.now))
        else:
            if forecast is not None:
                standing[name] = forecast
    return standing


def _moved(before: Kept, after: Kept) -> bool:
    if before.keys() != after.keys():
        return True
    return any(
        old.severity is not new.severity
        or abs((old.speaks_at - new.speaks_at).total_seconds()) > MOVED_S
        for old, new in zip(before.values(), after.values(), strict=True)
    )
