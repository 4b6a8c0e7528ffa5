"""What the pages of the missing-person pack have in common: the person, the profile, the pack in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Path

from core.model.basis import Purpose, standing
from core.model.ids import ResidentId
from core.model.missing import LinkId, Pack, PackAnswer, PackId, Photo, Profile
from core.store import basis, learning, missing, police_link, traces
from dashboard.entrance import same
from dashboard.missing import form as forms
from dashboard.missing.sheet import Origins, Sheet, sheet
from dashboard.missing.words import as_on_paper
from dashboard.visit import Visit, Visiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.model.ids import CarerId
    from core.model.missing import PoliceLink
    from core.runtime.settings import DashboardSettings
    from core.store.missing import Person
    from core.store.pool import Connection
    from dashboard.missing.form import ProfileForm

Number = Annotated[int, Path(ge=1, lt=2**62)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """All that is kept of a resident for the day they go missing."""

    person: Person
    form: ProfileForm
    profile: Profile | None
    photo: Photo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A pack with its words and its photo."""

    pack: Pack
    sheet: Sheet
    #: JPEG with width and height in pixels; None when there is none.
    photo: tuple[bytes, int, int] | None
    told: tuple[PackAnswer, ...]
    #: False where photo and profile may not be given to the police any more.
    for_police: bool = True


async def person(connection: Connection, resident_id: int) -> Person:
    """Return a resident.

    Raises
    ------
    HTTPException
        404 when there is none that may be seen.
    """
    found = await missing.person_of(connection, ResidentId(resident_id))
    if found is None:
        raise HTTPException(404)
    return found


async def folder(connection: Connection, settings: DashboardSettings, resident_id: int) -> Folder:
    """Return what is kept of a resident.

    Raises
    ------
    HTTPException
        404 when there is none that may be seen.
    """
    found = await person(connection, resident_id)
    profile = await missing.newest_profile(connection, found.resident.resident_id)
    photo = None
    if profile is not None and profile.photo_id is not None:
        photo = await missing.photo_with(connection, profile.photo_id)
    return Folder(
        person=found, form=forms.chosen(settings.herbert_form), profile=profile, photo=photo
    )


async def make(
    connection: Connection, kept: Folder, form: str, by: CarerId, now: datetime
) -> PackId:
    """Make a pack of what is known now; return its number."""
    resident, profile = kept.person.resident, kept.profile
    return await missing.make_pack(
        connection,
        Pack(
            pack_id=PackId(0),
            home_id=resident.home_id,
            resident_id=resident.resident_id,
            carer_id=by,
            at=now,
            profile_version=profile.version if profile else None,
            photo_id=profile.photo_id if profile else None,
            form=form,
            answers=profile.answers if profile else {},
            traces=await traces.traces_of(connection, kept.person, now),
        ),
    )


async def opened(
    connection: Connection, found: Person, pack_id: int, organisation: str, now: datetime
) -> Opened | None:
    """Return a pack in words; None when there is none that may be seen.

    Without a position where no basis stands for knowing it, also where the pack was made before that ended.
    """
    pack = await missing.pack_with(connection, found.resident.resident_id, PackId(pack_id))
    if pack is None:
        return None
    ledger = await basis.entries(connection, found.resident.resident_id)
    if not standing(ledger, Purpose.LOCATION, "", now):
        pack = replace(pack, traces=replace(pack.traces, position=None))
    photo = content = None
    if pack.photo_id is not None:
        photo = await missing.photo_with(connection, pack.photo_id)
        content = await missing.photo_content(connection, pack.resident_id, pack.photo_id)
    told = await missing.pack_answers(connection, pack.pack_id)
    names = await learning.names(connection, [pack.carer_id])
    about = Origins(
        person=found,
        form=forms.discover().get(pack.form) or forms.discover()["national"],
        photo=photo,
        told=told[0] if told else None,
        made_by=names.get(pack.carer_id, "somebody who has left"),
        organisation=organisation,
    )
    return Opened(
        pack=pack,
        sheet=as_on_paper(sheet)(pack, about),
        photo=(content, photo.width, photo.height) if content and photo else None,
        told=tuple(told),
        for_police=bool(standing(ledger, Purpose.POLICE_PHOTO, "", now)),
    )


def next_version(visiting: Visit, kept: Folder, section: str, answers: dict[str, str]) -> Profile:
    """Return the version that comes after the newest, in this person's name."""
    resident, newest = kept.person.resident, kept.profile
    return Profile(
        resident_id=resident.resident_id,
        home_id=resident.home_id,
        version=newest.version + 1 if newest else 1,
        form=visiting.site.settings.herbert_form,
        answers=answers,
        section=section,
        photo_id=newest.photo_id if newest else None,
        carer_id=visiting.visitor.carer_id,
        at=visiting.now,
    )


async def names_of(connection: Connection, people: Sequence[CarerId | None]) -> dict[CarerId, str]:
    """Return the names of people, as far as they may be seen."""
    return dict(await learning.names(connection, [one for one in people if one is not None]))


async def link_of(connection: Connection, found: Person, link_id: int) -> PoliceLink:
    """Return a link of a resident.

    Raises
    ------
    HTTPException
        404 when there is none that may be seen.
    """
    link = await police_link.link_with(connection, LinkId(link_id))
    if link is None or link.resident_id != found.resident.resident_id:
        raise HTTPException(404)
    return link


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A form with a file."""

    fields: dict[str, str]
    #: Content of the file; empty when none was chosen.
    content: bytes


async def checked_upload(visiting: Visiting) -> Upload:
    """Read a form with one file and make sure that it is one of ours.

    Raises
    ------
    HTTPException
        403 when the token of the session does not come with it.
    """
    request = visiting.request
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403)
    async with request.form(max_files=1, max_fields=10) as sent:
        fields = {key: value for key, value in sent.items() if isinstance(value, str)}
        file = sent.get("photo")
        content = b"" if file is None or isinstance(file, str) else await file.read()
    if not same(fields.pop("csrf", ""), visiting.visitor.csrf):
        raise HTTPException(403)
    return Upload(fields=fields, content=content)


SentUpload = Annotated[Upload, Depends(checked_upload)]
