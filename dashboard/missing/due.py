"""Whose profile for the police needs somebody: said where carers look, not only on its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.store import missing
from dashboard.missing import desk
from dashboard.missing.reminders import reminders
from dashboard.roles import SEARCH

if TYPE_CHECKING:
    from core.model.home import Resident
    from core.model.ids import HomeId
    from core.store.pool import Connection
    from dashboard.visit import Visit


async def profiles_due(
    visiting: Visit, connection: Connection, home_id: HomeId
) -> tuple[Resident, ...]:
    """Return the residents of a home whose profile is old or has gaps, to those who may mend it."""
    if visiting.visitor.role not in SEARCH:
        return ()
    found = []
    for person in await missing.people_of(connection, home_id):
        resident = person.resident
        kept = await desk.folder(connection, visiting.site.settings, resident.resident_id)
        saved = await missing.sections_saved(connection, resident.resident_id)
        if reminders(kept.form, kept.profile, kept.photo, saved, visiting.now):
            found.append(resident)
    return tuple(found)
