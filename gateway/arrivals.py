"""From the readings of one message to observations: which time they get, and what makes them the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.clock_skew import IMPOSSIBLE_S, Trust
from core.model.errors import Malformed
from core.model.intake import Arrival, Timing
from gateway.topic import is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.directory import Track
    from sensors.driver import Reading

LONGEST_NAME = 200
"""Characters of a device's name and of a discriminator."""
# the attribute of an enum is slow to look up
_DEVICE, _ADJUSTED, _GATEWAY = Timing.DEVICE, Timing.ADJUSTED, Timing.GATEWAY
_TRUSTED, _CORRECTED = Trust.TRUSTED, Trust.CORRECTED


def arrivals_of(
    track: Track, readings: Sequence[Reading], received_at: datetime
) -> tuple[list[Arrival], bool | None]:
    """Return the observations of a message, and whether the device's clock is believed.

    The second is None when the message carries no time.

    Raises
    ------
    Malformed
        If a reading claims a time that can not be, or has a name that can not be stored.
    """
    found: list[Arrival] = []
    trusted: bool | None = None
    home_id, device_id = track.home_id, track.device_id
    last: datetime | None = None
    timed: tuple[datetime, Timing, bool | None] = (received_at, _GATEWAY, None)
    for reading in readings if len(readings) == 1 else _distinct(readings):
        name, claimed = reading.discriminator, reading.observed_at
        if name and not is_storable(name, LONGEST_NAME):
            raise Malformed("discriminator", f"at most {LONGEST_NAME} characters of text")
        if claimed is not last:
            last = claimed
            timed = _timed(track, claimed, received_at)
        observed_at, timing, believed = timed
        if believed is not None:
            trusted = believed
        found.append(
            Arrival(
                home_id,
                device_id,
                reading.quantity,
                reading.value,
                observed_at,
                received_at,
                name,
                None if claimed == observed_at else claimed,
                reading.position,
                timing,
            )
        )
    return found, trusted


def _distinct(readings: Sequence[Reading]) -> list[Reading]:
    """Leave out readings that say the same again."""
    kept: dict[tuple[object, ...], Reading] = {}
    for reading in readings:
        said = (reading.quantity, reading.discriminator, reading.value, reading.position)
        kept.setdefault((*said, reading.observed_at), reading)
    return list(kept.values())


def _timed(
    track: Track, claimed: datetime | None, received_at: datetime
) -> tuple[datetime, Timing, bool | None]:
    """Time, timing and trust for a claim of the device."""
    if claimed is None:
        return received_at, _GATEWAY, None
    if track.archive:
        if (claimed - received_at).total_seconds() > IMPOSSIBLE_S:
            raise Malformed("time", "a time that has come")
        return claimed, _DEVICE, True
    judged = track.skew.judge(claimed, received_at)
    believed = judged.trust is _TRUSTED or judged.trust is _CORRECTED
    return judged.observed_at, _ADJUSTED if judged.unsettled else _DEVICE, believed
