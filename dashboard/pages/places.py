"""Where a resident goes: shown to who says what for, for a quarter of an hour (docs/decisions/0202)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from core.model import basis as lawful
from core.model.day_count import bounds
from core.model.home import HomeMode
from core.model.ids import ResidentId
from core.store import basis, review
from core.store import places as store
from core.store.account import record_access
from core.store.places import Purpose, PurposeKind
from dashboard.clinician import charts, places
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import ALL, SEE_DAYS
from dashboard.visit import ONE_VIEW, Form, Visiting, see_other
from dashboard.wire import packed

if TYPE_CHECKING:
    from core.store.review import Lived
    from dashboard.clinician.places import Places
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked

HOLDS = timedelta(minutes=15)
FEWEST_WORDS, MOST_WORDS = 5, 300
LENGTHS = {28: marked("4 weeks"), 91: marked("3 months")}
KINDS = {
    PurposeKind.REVIEW: marked("A review or an assessment"),
    PurposeKind.SAFETY: marked("Planning how to go out safely"),
    PurposeKind.MISSING: marked("The person was lost or missing"),
    PurposeKind.ASKED: marked("The person, or who speaks for them, asked me to look"),
}
Number = Annotated[int, Path(ge=1, le=2**62)]
Length = Annotated[int, Query(alias="days", ge=7, le=91)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A resident, what for somebody asks, and the places if that holds."""

    lived: Lived
    purpose: Purpose | None
    places: Places | None = None
    #: False where no basis stands for knowing where the resident is: nothing is shown, old or new.
    may_be_known: bool = True


@router.get("/residents/{number}/places")
async def places_page(visiting: Visiting, number: Number, length: Length = 28) -> Response:
    """Show the places, or ask what for."""
    return _page(visiting, await _asked(visiting, number, length), length)


@router.post("/residents/{number}/places")
async def state_purpose(
    visiting: Visiting, number: Number, form: Form, length: Length = 28
) -> Response:
    """Keep what for, and show the places."""
    asked = await _asked(visiting, number, length)
    words, kind = form.get("words", "").strip(), form.get("kind", "")
    if kind not in set(PurposeKind):
        return _page(visiting, asked, length, _("Choose one of the four purposes."), words)
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS:
        return _page(visiting, asked, length, _("Say in 5 to 300 letters what it is for."), words)
    purpose = Purpose(
        kind=PurposeKind(kind), words=words, stated_at=visiting.now, until=visiting.now + HOLDS
    )
    home = asked.lived.home.home_id
    async with visiting.acting() as connection:
        await store.state(connection, visiting.visitor, home, purpose)
        page = f"places_for_{kind}"
        await record_access(connection, visiting.visitor, [home], page, visiting.now)
    return see_other(f"/residents/{number}/places?days={length}")


@router.get("/residents/{number}/places.{kind}")
async def places_file(
    visiting: Visiting,
    number: Number,
    kind: Annotated[str, Path(pattern="^(svg|json|csv)$")],
    length: Length = 28,
) -> Response:
    """Return the picture of the places, or their numbers; nothing where no purpose holds."""
    asked = await _asked(visiting, number, length)
    if asked.places is None:
        raise HTTPException(404)
    if kind == "svg":
        picture = await run_in_threadpool(_draw, asked.places)
        return packed(visiting.request, picture, "image/svg+xml")
    table = places.table(asked.places)
    if kind == "csv":
        headers = {"content-disposition": f'attachment; filename="places-{number}.csv"'}
        text = charts.as_csv(table).encode()
        return packed(visiting.request, text, "text/csv; charset=utf-8", headers)
    facts = {"resident_id": number, "days": length, "purpose": asked.purpose, "rows": table.rows}
    columns = [
        {"name": one.name, "unit": one.unit, "definition": one.definition} for one in table.columns
    ]
    return packed(
        visiting.request, msgspec.json.encode(facts | {"columns": columns}), "application/json"
    )


def _page(visiting: Visit, asked: Asked, length: int, error: str = "", words: str = "") -> Response:
    table = None if asked.places is None else places.table(asked.places)
    return visiting.page(
        "places.html",
        asked.lived.home.zone,
        status=400 if error else 200,
        lived=asked.lived,
        purpose=asked.purpose,
        places=asked.places,
        may_be_known=asked.may_be_known,
        table=table,
        kinds=KINDS,
        lengths=LENGTHS,
        length=length,
        error=error,
        words=words,
    )


def _draw(found: Places) -> bytes:
    from dashboard.clinician.drawing import picture_of  # noqa: PLC0415 (loads matplotlib)

    return picture_of(found)


async def _asked(visiting: Visit, number: int, length: int) -> Asked:
    """Find resident, purpose and places; who may not ask gets 404, and that they asked is recorded."""
    may, now = visiting.visitor.role in SEE_DAYS, visiting.now
    async with visiting.acting() as connection:
        lived = await review.lived(connection, ResidentId(number))
        if lived is None:
            raise HTTPException(404)
        home = lived.home
        purpose = (
            await store.stated(connection, visiting.visitor, home.home_id, now) if may else None
        )
        if purpose is not None or not may:
            page = "places" if may else "places_refused"
            since = now - ONE_VIEW if may else None
            await record_access(
                connection, visiting.visitor, [home.home_id], page, now, unless_since=since
            )
        found = None
        ledger = await basis.entries(connection, lived.resident.resident_id)
        known = bool(lawful.standing(ledger, lawful.Purpose.LOCATION, "", now))
        if purpose is not None and known:
            end = now
            if home.mode is HomeMode.ARCHIVE and lived.last_day:
                end = bounds(lived.last_day, home.zone)[1]
            span = (end - timedelta(days=length), end)
            fixes = await store.fixes(connection, ResidentId(number), home.home_id, *span)
            found = places.places_of(fixes, home.zone)
    if not may:
        raise HTTPException(404)
    return Asked(lived=lived, purpose=purpose, places=found, may_be_known=known)
