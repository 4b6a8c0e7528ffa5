"""Moments are zone-aware and in UTC; habits are in the zone of the home."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_aware(moment: datetime, field: str) -> datetime:
    """Return ``moment`` in UTC.

    Raises
    ------
    ValueError
        If it has no zone: a programming error, never an input error.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{field}: a moment needs a zone")
    return moment.astimezone(UTC)


def seconds_between(earlier: datetime, later: datetime) -> float:
    """Seconds from ``earlier`` to ``later``; negative if they stand the other way round."""
    return (later - earlier).total_seconds()
