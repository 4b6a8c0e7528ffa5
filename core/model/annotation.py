"""What people mark in the days of a resident, and which days are left out because of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class AnnotationKind(StrEnum):
    """What happened that a reader of the days should know."""

    MEDICATION = "medication"
    VISITORS = "visitors"
    HOSPITAL = "hospital"
    AWAY = "away"
    """Holiday or respite: the person lives elsewhere for a while."""
    ILLNESS = "illness"
    KIT = "kit"
    """Sensors were moved: what they see is not what they saw before."""
    OTHER = "other"


LEAVES_OUT = frozenset({AnnotationKind.HOSPITAL, AnnotationKind.AWAY})
"""Kinds that leave their days out unless somebody chooses otherwise: the person was not in the home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What somebody says of a day or a span of days."""

    kind: AnnotationKind
    first_day: date
    #: The last day, which is in it.
    last_day: date
    #: True where these days are left out of averages and of what is usual.
    excludes: bool
    note: str = ""

    def covers(self, day: date) -> bool:
        """Tell whether a day is in it."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One version of a marking: who said it and when."""

    #: Number among those of the resident, from 1.
    number: int
    version: int
    marking: Marking
    #: True once somebody has taken it back; it stays in the trail.
    withdrawn: bool
    #: Why it was changed or taken back; empty for the first version.
    reason: str
    #: Name of who wrote it. Personal: never in logs.
    author: str
    at: datetime


def left_out(annotations: Iterable[Annotation], first: date, last: date) -> frozenset[date]:
    """Return the days of a span that are left out of averages and of what is usual.

    Examples
    --------
    >>> stay = Marking(kind=AnnotationKind.HOSPITAL, first_day=date(2026, 1, 30),
    ...     last_day=date(2026, 2, 9), excludes=True)
    >>> one = Annotation(number=1, version=1, marking=stay, withdrawn=False, reason="", author="A",
    ...     at=datetime(2026, 2, 10))
    >>> len(left_out([one], date(2026, 2, 1), date(2026, 2, 28)))
    9
    """
    found: set[date] = set()
    for one in annotations:
        if one.marking.excludes and not one.withdrawn:
            start, end = max(first, one.marking.first_day), min(last, one.marking.last_day)
            found |= {start + timedelta(days=n) for n in range((end - start).days + 1)}
    return frozenset(found)
