"""How a report names a resident, also within what people wrote. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from core.model.assessment import Assessment, NamedAs
from dashboard.clinician.annotated import MarkedDays
from dashboard.clinician.numbers import Days
from dashboard.language import marked

WAYS = {
    NamedAs.NAME: marked("By the full name"),
    NamedAs.INITIALS: marked("By initials"),
    NamedAs.REFERENCE: marked("By the reference only"),
}
_SHORT = 2
"""Names of so few letters are parts of other words too often to be looked for."""


def named(one: Assessment, name: str) -> str:
    """Return what the report calls the resident."""
    if one.named_as is NamedAs.REFERENCE:
        return one.reference
    return initials(name) if one.named_as is NamedAs.INITIALS else name


def initials(name: str) -> str:
    """Return the initials of a name.

    Examples
    --------
    >>> initials("Ada Wałęsa-Byrne"), initials("李 小龙")
    ('A. W.', '李. 小.')
    """
    return " ".join(f"{word[0].upper()}." for word in name.split())


def veiled(text: str, one: Assessment, name: str) -> str:
    """Return what somebody wrote, with the name as the report says it.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> from core.model.assessment import AssessmentId
    >>> from core.model.ids import HomeId, ResidentId
    >>> one = Assessment(assessment_id=AssessmentId(1), resident_id=ResidentId(1), home_id=HomeId("a"),
    ...     question="", asked_by="", named_as=NamedAs.INITIALS, reference="", first_day=date(2026, 1, 1),
    ...     planned_day=date(2026, 2, 1), author="", at=datetime(2026, 1, 1))
    >>> veiled("Ada Byrne's room; ask ada, not Adam", one, "Ada Byrne")
    "A. B.'s room; ask A. B., not Adam"
    """
    if one.named_as is NamedAs.NAME or not name.strip():
        return text
    words = [part for part in name.split() if len(part) > _SHORT]
    parts = "|".join(re.escape(part) for part in (name.strip(), *words))
    return re.sub(
        rf"(?<!\w)(?:{parts})(?!\w)", lambda __: named(one, name), text, flags=re.IGNORECASE
    )


def veiled_days(found: MarkedDays, one: Assessment, name: str) -> MarkedDays:
    """Return days whose rooms and marks name the resident as the report does; pictures say them too."""
    if one.named_as is NamedAs.NAME:
        return found
    days = found.days
    counts = tuple(
        day
        and replace(day, rooms={veiled(room, one, name): row for room, row in day.rooms.items()})
        for day in days.counts
    )
    notes = tuple(
        replace(note, marking=replace(note.marking, note=veiled(note.marking.note, one, name)))
        for note in found.annotations
    )
    return MarkedDays(days=Days(first=days.first, zone=days.zone, counts=counts), annotations=notes)
