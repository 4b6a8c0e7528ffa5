"""On what basis what is done with what is known about a person: written down, withdrawn, looked through."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from core.model.basis import NAMED_RECIPIENT, Kind, Purpose, reviews, standing
from core.model.errors import Malformed
from core.store import basis as store
from core.store import timeline
from dashboard import basis_form
from dashboard.missing import desk
from dashboard.missing.desk import Number
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.roles import KEEP_BASES
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.basis import Basis
    from core.store.missing import Person
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=KEEP_BASES, title="Consent", path="/consent", order=35)
log = logging.getLogger("wayhome.dashboard")

AHEAD = timedelta(days=42)
"""What ends within six weeks is on the list: as long as a review takes to arrange."""
DUE = 50
"""What ends soon, on one page."""
MOST = 100
"""People of one list; further ones are found by name."""


@router.get("/consent")
async def everybody(
    visiting: Visiting,
    find: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show what ends soon, on pages, and the people whose bases are kept."""
    wanted = " ".join(find.replace("\0", "").split())
    async with visiting.acting() as connection:
        until = visiting.now + AHEAD
        known = await store.ledgers(connection, living=True, ends_by=until)
        due = [one for some in known.values() for one in reviews(some, visiting.now, AHEAD)]
        last = last_page(len(due), DUE)
        query = urlencode({"find": wanted}) if wanted else ""
        if gone := beyond(f"{PAGE.path}?{query}" if query else PAGE.path, page, last):
            return gone
        due = sorted(due, key=lambda one: (one.ends_at, one.resident_id))
        due = due[DUE * (page - 1) : DUE * page]
        named = await store.residents_of(connection, {one.resident_id for one in due})
        people = await store.residents(connection, wanted, MOST + 1)
        unwritten = await store.unwritten(connection)
        zone = await timeline.first_zone(connection)
        homes = {one.home_id for one in (*named.values(), *people[:MOST])}
        await visiting.looked_at(connection, sorted(homes), "consent")
    return visiting.page(
        "bases.html",
        zone,
        here=PAGE.path,
        due=[one for one in due if one.resident_id in named],
        page=page,
        last_page=last,
        find_more=f"{query}&" if query else "",
        named=named,
        people=people[:MOST],
        more=len(people) > MOST,
        most=MOST,
        find=wanted,
        unwritten=unwritten,
        words=basis_form,
        ahead=AHEAD.days,
    )


@router.get("/consent/{resident_id}.json")
async def as_json(visiting: Visiting, resident_id: Number) -> Response:
    """Give the same to a program."""
    person, entries = await _read(visiting, resident_id)
    return JSONResponse(
        {
            "resident": resident_id,
            "at": visiting.now.isoformat(),
            "standing": [
                {
                    "purpose": purpose.value,
                    "recipient": recipient,
                    "allowed": found.allowed,
                    "reason": found.reason,
                }
                for purpose, recipient in _asked(entries)
                for found in [standing(entries, purpose, recipient, visiting.now)]
            ],
            "entries": [_plain(one) for one in entries],
            "home": person.home.home_id,
        }
    )


@router.get("/consent/{resident_id}")
async def one_person(visiting: Visiting, resident_id: Number) -> Response:
    """Show what stands for a person and everything that was written."""
    return await _page(visiting, resident_id)


@router.post("/consent/{resident_id}")
async def write(visiting: Visiting, resident_id: Number, form: Form) -> Response:
    """Write a basis down, or its withdrawal."""
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
    try:
        entry = basis_form.entry_of(
            form, person.resident.resident_id, visiting.now, person.home.zone
        )
    except Malformed as error:
        return await _page(visiting, resident_id, error=str(error), given=form)
    async with visiting.acting() as connection:
        await store.write(connection, person.home.home_id, entry, visiting.visitor.carer_id)
    log.info(
        "basis written",
        extra={
            "action": "basis_written",
            "resident": resident_id,
            "carer": visiting.visitor.carer_id,
            "purpose": entry.purpose.value,
            "kind": entry.kind.value,
        },
    )
    return see_other(f"/consent/{resident_id}")


async def _read(visiting: Visit, resident_id: int) -> tuple[Person, tuple[Basis, ...]]:
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        entries = await store.history(connection, person.resident.resident_id)
        await visiting.looked_at(connection, [person.home.home_id], "consent")
    return person, entries


async def _page(
    visiting: Visit, resident_id: int, *, error: str = "", given: dict[str, str] | None = None
) -> Response:
    person, entries = await _read(visiting, resident_id)
    return visiting.page(
        "basis.html",
        person.home.zone,
        status=400 if error else 200,
        person=person,
        entries=entries,
        standing=[
            (purpose, recipient, standing(entries, purpose, recipient, visiting.now))
            for purpose, recipient in _asked(entries)
        ],
        words=basis_form,
        Kind=Kind,
        error=error,
        given=given or {},
    )


def _asked(entries: Sequence[Basis]) -> list[tuple[Purpose, str]]:
    """Return each purpose with each recipient that was ever named for it."""
    named = {(one.purpose, one.recipient) for one in entries if one.kind is Kind.GIVEN}
    own = {(one, "") for one in Purpose if one not in NAMED_RECIPIENT}
    order = list(Purpose)
    return sorted(named | own, key=lambda one: (order.index(one[0]), one[1]))


def _plain(entry: Basis) -> dict[str, object]:
    return {
        "number": entry.basis_id,
        "kind": entry.kind.value,
        "purpose": entry.purpose.value,
        "recipient": entry.recipient,
        "article6": entry.article6.value if entry.article6 else None,
        "article9": entry.article9.value if entry.article9 else None,
        "decided": entry.decided.value,
        "said_by": entry.said_by,
        "note": entry.note,
        "valid_from": entry.valid_from.isoformat(),
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else None,
        "written_at": entry.at.isoformat(),
        "written_by": entry.carer,
    }
