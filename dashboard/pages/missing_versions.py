"""Older versions of a profile: who saved them, what they said, and the way back to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from core.model.missing import Profile
from core.store import missing
from dashboard.language import _
from dashboard.missing import desk
from dashboard.missing.changes import changes
from dashboard.missing.desk import Folder, Number
from dashboard.page import Page
from dashboard.roles import SEARCH
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=SEARCH)

MOST_VERSIONS = 200


@router.get("/missing/{resident_id}/versions")
async def versions(visiting: Visiting, resident_id: Number) -> Response:
    """Show who saved what and when."""
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        found = await missing.profile_versions(
            connection, kept.person.resident.resident_id, MOST_VERSIONS
        )
        names = await desk.names_of(connection, [one.carer_id for one in found])
        await visiting.looked_at(connection, [kept.person.home.home_id], "missing_versions")
    return visiting.page(
        "missing_versions.html",
        kept.person.home.zone,
        kept=kept,
        resident=kept.person.resident,
        versions=[(one, _title(kept, one.section)) for one in found],
        names=names,
    )


@router.get("/missing/{resident_id}/versions/{version}")
async def version(visiting: Visiting, resident_id: Number, version: Number) -> Response:
    """Show what an older version said where it differs from the one that counts."""
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        old = await _version(connection, kept, version)
        names = await desk.names_of(connection, [old.carer_id])
        await visiting.looked_at(connection, [kept.person.home.home_id], "missing_versions")
    now = kept.profile or old
    return visiting.page(
        "missing_version.html",
        kept.person.home.zone,
        resident=kept.person.resident,
        old=old,
        current=now,
        names=names,
        changes=changes(kept.form, old.answers, now.answers),
    )


@router.post("/missing/{resident_id}/versions/{version}/restore")
async def restore(visiting: Visiting, resident_id: Number, version: Number, form: Form) -> Response:
    """Bring an older version back, as a new one."""
    del form
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        await missing.lock_profile(connection, person.resident.resident_id)
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        old = await _version(connection, kept, version)
        again = desk.next_version(visiting, kept, "restored", dict(old.answers))
        await missing.save_profile(
            connection, replace(again, photo_id=old.photo_id, restored_from=old.version)
        )
    return see_other(f"/missing/{resident_id}/versions")


async def _version(connection: Connection, kept: Folder, number: int) -> Profile:
    found = None
    if number < 2**31:
        found = await missing.profile_version(connection, kept.person.resident.resident_id, number)
    if found is None:
        raise HTTPException(404)
    return found


def _title(kept: Folder, name: str) -> str:
    found = kept.form.section(name)
    if found:
        return _(found.title)
    return {"photo": _("Photo"), "restored": _("Older version")}.get(name, name)
