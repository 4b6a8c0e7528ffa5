"""What a report is made of, read from the tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.model.day_count import bounds
from core.store import kit as kit_table
from core.store import page as alert_store
from core.store import review
from dashboard import wording
from dashboard.assessing.figures import Heard, Material
from dashboard.assessing.naming import veiled_days
from dashboard.assessing.progress import last_over, progress
from dashboard.clinician.marks import Mark
from dashboard.clinician.reading import marked_days
from dashboard.roles import sight_of
from dashboard.standing import standing

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.assessment import Assessment
    from core.store.page import AlertCard
    from core.store.pool import Connection
    from core.store.review import Lived, Noticed
    from dashboard.assessing.progress import Progress
    from dashboard.clinician.annotated import MarkedDays
    from dashboard.visit import Visit

MOST_ALERTS = 10_000
"""Beyond what twelve weeks hold: a report that counts some alerts would count them wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that a report is made of, and what its pictures mark."""

    material: Material
    marks: tuple[Mark, ...]


async def so_far(
    connection: Connection, one: Assessment, lived: Lived, now: datetime
) -> tuple[MarkedDays | None, Progress]:
    """Return the days of an assessment that are over, and how far it is."""
    last = last_over(one, now, lived.home.zone)
    if last < one.first_day:
        return None, progress(one, None)
    found = await marked_days(connection, lived, one.first_day, last)
    return found, progress(one, found)


async def gather(
    visiting: Visit, connection: Connection, lived: Lived, one: Assessment
) -> Gathered:
    """Read everything that the report says."""
    found, how_far = await so_far(connection, one, lived, visiting.now)
    zone, home = lived.home.zone, lived.home.home_id
    span = bounds(one.first_day, zone)[0], bounds(one.last_day, zone)[1]
    cards = await alert_store.cards_of_span(
        connection,
        replace(sight_of(visiting.visitor), of_people=True),
        span,
        homes=[home],
        outcome=None,
        limit=MOST_ALERTS,
    )
    noticed = await review.noticed(connection, home, *span)
    name = lived.resident.name
    material = Material(
        assessment=one,
        name=name,
        organisation=visiting.visitor.organisation,
        zone=zone,
        today=visiting.now.astimezone(zone).date(),
        progress=how_far,
        found=None if found is None else veiled_days(found, one, name),
        kit=await kit_table.items_of(connection, one.assessment_id),
        alerts=tuple(_alert(card, zone) for card in reversed(cards)),
        changes=tuple(_change(noted, zone) for noted in reversed(noticed)),
    )
    marks = tuple(Mark(at=card.alert.onset, severity=card.alert.severity) for card in cards)
    return Gathered(material=material, marks=marks)


def _alert(card: AlertCard, zone: ZoneInfo) -> Heard:
    stands = standing(card)
    if stands.outcome is not None:
        became = wording.sentence(wording.OUTCOMES[stands.outcome])
    elif stands.is_over:
        became = "It has ended."
    else:
        became = "Nobody has answered yet." if stands.is_open else "Somebody is on it."
    return Heard(
        began=moment(card.alert.onset, zone),
        what=wording.sentence(card.alert.what),
        severity=wording.SEVERITIES[card.alert.severity],
        became=became,
    )


def _change(noted: Noticed, zone: ZoneInfo) -> Heard:
    return Heard(
        began=moment(noted.onset, zone),
        what=wording.sentence(noted.what),
        severity="",
        became="The days are as before again." if noted.over else "It went on at the end.",
    )


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Say a moment in full: paper has no today.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> moment(datetime(2026, 7, 1, 2, 8, tzinfo=UTC), ZoneInfo("Europe/London"))
    '1 July 2026, 03:08'
    """
    return f"{at.astimezone(zone):%-d %B %Y}, {wording.clock(at, zone)}"
