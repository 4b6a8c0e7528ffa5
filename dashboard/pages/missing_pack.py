"""A pack that was made: on paper, for a machine, for the police; and what only people know."""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import segno
from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from core.model.missing import LinkId, PackAnswer, PoliceLink
from core.store import missing, police_link
from core.store.account import Visitor
from dashboard.entrance import hashed
from dashboard.language import _, marked
from dashboard.missing import codes, desk
from dashboard.missing import form as forms
from dashboard.missing.checking import check_answers
from dashboard.missing.desk import Number, Opened
from dashboard.missing.machine import as_json
from dashboard.missing.pdf import as_pdf, host_face
from dashboard.missing.words import as_on_paper
from dashboard.page import Page
from dashboard.roles import SEARCH
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from core.model.missing import Pack
    from core.store.missing import Person
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=SEARCH)
log = logging.getLogger("wayhome.dashboard")

MOST_OPENINGS = 100
HOURS = (4, 12, 24, 48, 72, 168)
PAGES_OF_LINKS = {
    "code entered": marked("code entered"),
    "page": marked("page"),
    "PDF": marked("PDF"),
    "JSON": marked("file for computers"),
    "photo": marked("photo"),
}
"""What of a pack was opened by a link, as it is written down and as it is told."""
SHOWN_COOKIE, SHOWN_S = "wayhome_link", 600
"""The code goes back to the browser of who made it, for the page that shows it, and for so many seconds."""
PDF_NAME = 'inline; filename="missing-person-pack.pdf"'
JSON_NAME = 'attachment; filename="missing-person-pack.json"'


@router.get("/missing/{resident_id}/packs/{pack_id}")
async def pack(visiting: Visiting, resident_id: Number, pack_id: Number) -> Response:
    """Show a pack."""
    async with visiting.acting() as connection:
        person, found = await _found(visiting, connection, resident_id, pack_id)
        await visiting.looked_at(connection, [person.home.home_id], "missing_pack")
        return await _page(visiting, connection, person, found)


@router.get("/missing/{resident_id}/packs/{pack_id}/pack.pdf")
async def paper(visiting: Visiting, resident_id: Number, pack_id: Number) -> Response:
    """Give the pack as a PDF document."""
    async with visiting.acting() as connection:
        person, found = await _found(visiting, connection, resident_id, pack_id)
        await visiting.looked_at(connection, [person.home.home_id], "missing_pack_pdf")
    return await pdf_answer(found)


@router.get("/missing/{resident_id}/packs/{pack_id}/pack.json")
async def machine(visiting: Visiting, resident_id: Number, pack_id: Number) -> Response:
    """Give the pack as JSON."""
    async with visiting.acting() as connection:
        person, found = await _found(visiting, connection, resident_id, pack_id)
        await visiting.looked_at(connection, [person.home.home_id], "missing_pack_json")
    return json_answer(found)


@router.post("/missing/{resident_id}/packs/{pack_id}/told")
async def told(visiting: Visiting, resident_id: Number, pack_id: Number, form: Form) -> Response:
    """Take what only people know, e.g. the clothes."""
    async with visiting.acting() as connection:
        person, found = await _found(visiting, connection, resident_id, pack_id)
        fields = _form(found.pack).at_the_time
        today = visiting.now.astimezone(person.home.zone).date()
        answers, wrong = check_answers(fields, form, today)
        if wrong:
            refused = Refused(answers=answers, wrong=wrong)
            return await _page(visiting, connection, person, found, refused)
        answer = PackAnswer(
            pack_id=found.pack.pack_id,
            carer_id=visiting.visitor.carer_id,
            at=visiting.now,
            answers=answers,
        )
        await missing.tell_pack(connection, person.home.home_id, answer)
    return see_other(f"/missing/{resident_id}/packs/{pack_id}#told")


NOT_FOR_POLICE = marked(
    "It is written down that photo and profile may not go to the police. If somebody is in danger, call the"
    " police and tell them; the office can write down that they may."
)


@router.post("/missing/{resident_id}/packs/{pack_id}/links")
async def make_link(
    visiting: Visiting, resident_id: Number, pack_id: Number, form: Form
) -> Response:
    """Make a link for the police, and lead to its code."""
    hours = _hours(visiting, form.get("hours", ""))
    code = codes.new_code()
    async with visiting.acting() as connection:
        person, found = await _found(visiting, connection, resident_id, pack_id)
        if hours is None:
            most = visiting.site.settings.police_link_most_days * 24
            refused = Refused(
                answers=_told(found), wrong={"hours": _("Choose 1 to %(n)s hours.") % {"n": most}}
            )
            return await _page(visiting, connection, person, found, refused)
        if not found.for_police:
            refused = Refused(answers=_told(found), wrong={"hours": _(NOT_FOR_POLICE)})
            return await _page(visiting, connection, person, found, refused)
        link = PoliceLink(
            link_id=LinkId(0),
            home_id=person.home.home_id,
            resident_id=person.resident.resident_id,
            pack_id=found.pack.pack_id,
            carer_id=visiting.visitor.carer_id,
            made_at=visiting.now,
            ends_at=visiting.now + timedelta(hours=hours),
            share_position=form.get("position") == "yes",
        )
        number = await police_link.make_link(connection, link, hashed(codes.plain(code)))
        await visiting.looked_at(connection, [person.home.home_id], "missing_link_made")
    log.info(
        "link for the police made",
        extra={"action": "link_made", "link": number, "carer": link.carer_id, "hours": hours},
    )
    path = f"/missing/{resident_id}/links/{number}"
    answer = see_other(path)
    answer.set_cookie(
        SHOWN_COOKIE,
        code,
        path=path,
        max_age=SHOWN_S,
        httponly=True,
        samesite="strict",
        secure=visiting.site.settings.cookie_secure,
    )
    return answer


@router.get("/missing/{resident_id}/links/{link_id}")
async def show_code(visiting: Visiting, resident_id: Number, link_id: Number) -> Response:
    """Show the code of a link to who made it, for some minutes: nothing of ours keeps it."""
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        link = await desk.link_of(connection, person, link_id)
        await visiting.looked_at(connection, [person.home.home_id], "missing_link")
    code = codes.plain(visiting.request.cookies.get(SHOWN_COOKIE, ""))
    address = f"{_site_address(visiting)}/police"
    return visiting.page(
        "missing_code.html",
        person.home.zone,
        resident=person.resident,
        link=link,
        is_open=link.is_open(visiting.now),
        groups=codes.groups(code),
        address=f"{address}#{'-'.join(codes.groups(code))}",
        plain_address=address,
        picture=_picture(f"{address}#{code}") if code else "",
    )


@router.post("/missing/{resident_id}/links/{link_id}/end")
async def end_link(
    visiting: Visiting, resident_id: Number, link_id: Number, form: Form
) -> Response:
    """End a link now."""
    del form
    carer = visiting.visitor.carer_id
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        link = await desk.link_of(connection, person, link_id)
        await police_link.end_link(connection, link, carer, visiting.now)
    log.info(
        "link for the police ended",
        extra={"action": "link_ended", "link": link_id, "carer": carer},
    )
    return see_other(f"/missing/{resident_id}/packs/{link.pack_id}#links")


async def pdf_answer(found: Opened) -> Response:
    """Draw a pack off the event loop: it takes some tenths of a second."""
    content = await asyncio.to_thread(as_on_paper(as_pdf), found.sheet, found.photo, host_face())
    return Response(
        content, media_type="application/pdf", headers={"content-disposition": PDF_NAME}
    )


def json_answer(found: Opened) -> Response:
    """Give a pack to a machine."""
    return Response(
        as_on_paper(as_json)(found.pack, found.sheet),
        media_type="application/json",
        headers={"content-disposition": JSON_NAME},
    )


async def _found(
    visiting: Visit, connection: Connection, resident_id: int, pack_id: int
) -> tuple[Person, Opened]:
    visitor: Visitor = visiting.visitor
    person = await desk.person(connection, resident_id)
    found = await desk.opened(connection, person, pack_id, visitor.organisation, visiting.now)
    if found is None:
        raise HTTPException(404)
    return person, found


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Answers that could not be kept, as they were typed, and by name what is wrong."""

    answers: dict[str, str]
    wrong: dict[str, str]


async def _page(
    visiting: Visit,
    connection: Connection,
    person: Person,
    found: Opened,
    refused: Refused | None = None,
) -> Response:
    links = await police_link.links_of_pack(connection, found.pack.pack_id)
    openings = await police_link.openings(connection, found.pack.pack_id, MOST_OPENINGS)
    people = [one.carer_id for one in found.told] + [one.carer_id for one in links]
    enders = [one.ended_by for one in links]
    settings = visiting.site.settings
    most = settings.police_link_most_days * 24
    return visiting.page(
        "missing_pack.html",
        person.home.zone,
        status=422 if refused else 200,
        resident=person.resident,
        found=found,
        sheet=found.sheet,
        fields=_form(found.pack).at_the_time,
        answers=refused.answers if refused else _told(found),
        wrong=refused.wrong if refused else {},
        links=links,
        openings=openings,
        names=await desk.names_of(connection, [*people, *enders]),
        pages_of_links=PAGES_OF_LINKS,
        hours=sorted({one for one in HOURS if one <= most} | {settings.police_link_hours}),
        usual_hours=settings.police_link_hours,
    )


def _form(pack: Pack) -> forms.ProfileForm:
    return forms.discover().get(pack.form) or forms.discover()["national"]


def _told(found: Opened) -> dict[str, str]:
    return dict(found.told[0].answers) if found.told else {}


def _hours(visiting: Visit, text: str) -> int | None:
    """Return how long a link shall last; None when it is no number of hours that is allowed."""
    settings = visiting.site.settings
    if not text:
        return settings.police_link_hours
    hours = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0  # noqa: PLR2004
    return hours if 1 <= hours <= settings.police_link_most_days * 24 else None


def _site_address(visiting: Visit) -> str:
    return visiting.site.settings.public_url.rstrip("/") or str(visiting.request.base_url).rstrip(
        "/"
    )


def _picture(address: str) -> str:
    """Return a code that a phone's camera reads, as SVG without a style."""
    page = io.BytesIO()
    segno.make(address, error="m").save(
        page, kind="svg", scale=5, border=3, dark="#000", light="#fff", xmldecl=False, svgns=False,
        title=_("The link as a picture for a phone’s camera"), omitsize=False,
    )  # fmt: skip
    return page.getvalue().decode()
