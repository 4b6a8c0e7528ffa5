"""The photo of a profile: the one thing that helps the police most."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.missing import PhotoId
from core.store import missing
from core.store.account import record_access
from dashboard.language import marked
from dashboard.missing import desk
from dashboard.missing.checking import complaint
from dashboard.missing.desk import Folder, Number, SentUpload
from dashboard.missing.photo import redraw
from dashboard.page import Page
from dashboard.roles import SEARCH
from dashboard.visit import ONE_VIEW, Visit, Visiting, see_other

if TYPE_CHECKING:
    pass

router = APIRouter()
PAGE = Page(router=router, roles=SEARCH)

OLDEST_PHOTO = timedelta(days=365 * 100)


@router.get("/missing/{resident_id}/photo")
async def photo(visiting: Visiting, resident_id: Number) -> Response:
    """Show the photo and the way to a new one."""
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        await visiting.looked_at(connection, [kept.person.home.home_id], "missing_photo")
    return _photo_page(visiting, kept)


@router.post("/missing/{resident_id}/photo")
async def add_photo(visiting: Visiting, resident_id: Number, sent: SentUpload) -> Response:
    """Take a photo: drawn anew, so that it holds no place, camera or date."""
    settings = visiting.site.settings
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, settings, resident_id)
    today = visiting.now.astimezone(kept.person.home.zone).date()
    try:
        taken_on = _taken_on(sent.fields.get("taken_on", ""), today)
        drawn = await asyncio.to_thread(redraw, sent.content)
    except Malformed as error:
        return _photo_page(visiting, kept, wrong={error.field: complaint(error)})
    new = missing.NewPhoto(
        content=drawn.content, width=drawn.width, height=drawn.height, taken_on=taken_on
    )
    async with visiting.acting() as connection:
        await missing.lock_profile(connection, kept.person.resident.resident_id)
        kept = await desk.folder(connection, settings, resident_id)
        number = await missing.add_photo(
            connection, kept.person, new, visiting.visitor.carer_id, visiting.now
        )
        answers = kept.profile.answers if kept.profile else {}
        version = desk.next_version(visiting, kept, "photo", dict(answers))
        await missing.save_profile(connection, replace(version, photo_id=number))
    return see_other(f"/missing/{resident_id}/photo")


@router.get("/missing/{resident_id}/photos/{photo_id}")
async def picture(visiting: Visiting, resident_id: Number, photo_id: Number) -> Response:
    """Give a photo; several on one page, or one page again, are one view."""
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        content = await missing.photo_content(
            connection, person.resident.resident_id, PhotoId(photo_id)
        )
        if content is None:
            raise HTTPException(404)
        await record_access(
            connection,
            visiting.visitor,
            [person.home.home_id],
            "missing_photo",
            visiting.now,
            unless_since=visiting.now - ONE_VIEW,
        )
    return Response(content, media_type="image/jpeg")


def _photo_page(visiting: Visit, kept: Folder, wrong: dict[str, str] | None = None) -> Response:
    return visiting.page(
        "missing_photo.html",
        kept.person.home.zone,
        status=422 if wrong else 200,
        kept=kept,
        resident=kept.person.resident,
        wrong=wrong or {},
    )


def _taken_on(text: str, today: date) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed("taken_on", marked("a date, or empty")) from error
    if not today - OLDEST_PHOTO <= day <= today:
        raise Malformed("taken_on", marked("a date in the past"))
    return day
