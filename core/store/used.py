"""Homes in which somebody lives again while nobody is watched. Read by the alerting service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.commissioning import Stage
from core.model.ids import HomeId
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedHome:
    """A home that is paused, or in test for longer than was planned, with somebody in it."""

    home_id: HomeId
    #: Number of the step that ended the watch, and what it was.
    step_id: int
    stage: Stage
    since: datetime
    #: In so many hours of the last 12 somebody showed, 4 to 13; 0 for too few to say so.
    hours: int
    #: True where somebody called for help, or a device said that somebody fell.
    called: bool
    #: True where its carers can end it: one of them said that nobody is there.
    away: bool


async def used_homes(
    connection: Connection, now: datetime, detector: str, *subjects: str
) -> tuple[UsedHome, ...]:
    """Return the homes that are used and not watched, without those of which a human has ended the alert.

    Parameters
    ----------
    subjects
        What its subject may begin with; the number of the step follows.
    """
    rows = await named_rows(
        connection,
        "select u.* from seen_unwatched(%(now)s) u where not exists (select 1 from alert a"
        " where a.home_id = u.home_id and a.detector = %(detector)s"
        " and a.subject in (select s || u.step_id from unnest(%(subjects)s::text[]) s)"
        " and a.state = 'resolved') order by u.home_id",
        {"now": now, "detector": detector, "subjects": list(subjects)},
    )
    return tuple(
        UsedHome(**row | {"home_id": HomeId(row["home_id"]), "stage": Stage(row["stage"])})
        for row in rows
    )
