"""FHIR R4 for programs: what is served, searches, and single resources (docs/how-to/fhir.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.model.ids import ResidentId
from core.store.spoken import few_homes
from dashboard.fhir import bulk, bundle, capability
from dashboard.fhir.access import Reading
from dashboard.fhir.asked import Asked, asked
from dashboard.fhir.kind import NOTHING, Found
from dashboard.fhir.kinds import KINDS
from dashboard.fhir.outcome import Refused, answer
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.site import site_of

if TYPE_CHECKING:
    from core.model.ids import HomeId
    from core.store.pool import Connection
    from dashboard.fhir.access import Reader
    from dashboard.fhir.kind import Kind

router = APIRouter()
router.include_router(bulk.router)  # first: its addresses fit those of resources too
PAGE = Page(router=router, roles=ALL, public=True)  # each route but two asks who reads
LONGEST_ID = 64


@router.get("/.well-known/smart-configuration")
@router.get("/fhir/.well-known/smart-configuration")
async def smart_configuration() -> JSONResponse:
    """Say what of SMART is supported."""
    return JSONResponse(capability.smart())


@router.get("/fhir/metadata")
async def metadata(request: Request) -> Response:
    """Say what is served."""
    settings = site_of(request).settings
    public = settings.public_url or str(request.base_url)
    return answer(200, capability.statement(f"{public.rstrip('/')}/fhir"))


@router.get("/fhir/{kind}")
async def search(reader: Reading, kind: str) -> Response:
    """Return a page of what a search finds."""
    found = _kind(reader.request, kind)
    wanted = _asked(reader, found)
    if not reader.may_see(found.right):
        named = None if wanted.resident_id is None else f"{wanted.resident_id}"
        await _refuse(reader, KINDS["Patient"], named)
    reader.check_scope(kind, "s")
    wanted = _within(reader, wanted)
    async with reader.acting() as connection:
        wanted = await _among_few(reader, connection, wanted)
        if wanted.count == 0:
            total, homes = await _total(reader, connection, found, wanted)
            page = NOTHING
        else:
            total, page = 0, await _page(reader, connection, found, wanted)
            homes = page.homes
        await reader.looked_at(connection, homes, kind)
    if not (total or page.resources):
        await _note_without_basis(reader, found, wanted)
    if wanted.count == 0:
        return bundle.counted(reader, kind, wanted, total)
    return bundle.searchset(reader, kind, wanted, page)


@router.get("/fhir/{kind}/{identifier}")
async def read(reader: Reading, kind: str, identifier: str) -> Response:
    """Return one resource."""
    found = _kind(reader.request, kind)
    if not reader.may_see(found.right):
        await _refuse(reader, found, identifier)
    reader.check_scope(kind, "r")
    wanted = _within(reader, Asked())
    if wanted.nothing or len(identifier) > LONGEST_ID:
        raise Refused(404)
    async with reader.acting() as connection:
        wanted = await _among_few(reader, connection, wanted)
        page = await found.one(reader, connection, wanted, identifier)
        await reader.looked_at(connection, page.homes, kind)
    if not page.resources:
        await _note_without_basis(reader, found, replace(wanted, ids=(identifier,)))
        raise Refused(404)
    return bundle.resource(reader.request, page.resources[0])


async def _among_few(reader: Reader, connection: Connection, wanted: Asked) -> Asked:
    """Name the homes of a program that may read of few: else it is looked for them among all others."""
    narrow = wanted.resident_id is not None or wanted.home_id is not None or wanted.nothing
    if reader.visitor.program is None or narrow:
        return wanted
    return replace(wanted, homes=await few_homes(connection))


async def _refuse(reader: Reader, kind: Kind, identifier: str | None) -> NoReturn:
    """Answer a role without the right as if there was nothing, and record whom it asked about."""
    if identifier is not None and len(identifier) <= LONGEST_ID:
        async with reader.as_person() as connection:
            found = await kind.one(reader, connection, Asked(), identifier)
            await reader.note_refusal(connection, found.homes)
    raise Refused(404)


async def _note_without_basis(reader: Reader, kind: Kind, wanted: Asked) -> None:
    """Record that a program asked about somebody of whom no basis for its recipient stands."""
    if reader.visitor.program is None:
        return
    named = [(kind, one) for one in wanted.ids or () if len(one) <= LONGEST_ID]
    if wanted.resident_id is not None:
        named.append((KINDS["Patient"], f"{wanted.resident_id}"))
    within = _within(reader, Asked())
    homes: set[HomeId] = set()
    for of, one in named:
        async with reader.acting() as connection:
            if (await of.one(reader, connection, within, one)).resources:
                continue
        async with reader.as_person() as connection:
            homes |= (await of.one(reader, connection, within, one)).homes
    async with reader.as_person() as connection:
        await reader.note_refusal(connection, frozenset(homes))


async def _page(reader: Reader, connection: Connection, kind: Kind, wanted: Asked) -> Found:
    if wanted.ids is None:
        return await kind.page(reader, connection, wanted, wanted.count)
    pages = [await kind.one(reader, connection, wanted, one) for one in wanted.ids]
    return Found(
        resources=tuple(one for page in pages for one in page.resources),
        homes=NOTHING.homes.union(*(page.homes for page in pages)),
    )


async def _total(
    reader: Reader, connection: Connection, kind: Kind, wanted: Asked
) -> tuple[int, frozenset[HomeId]]:
    """Count what is asked for; with the homes, where it tells of somebody by name."""
    if wanted.ids is not None:
        found = await _page(reader, connection, kind, wanted)
        return len(found.resources), found.homes
    homes = NOTHING.homes
    if wanted.resident_id is not None and not wanted.nothing:
        one = f"{wanted.resident_id}"
        homes = (await KINDS["Patient"].one(reader, connection, Asked(), one)).homes
    return await kind.count(reader, connection, wanted), homes


def _kind(request: Request, name: str) -> Kind:
    """Find a type of resource.

    Raises
    ------
    Refused
        404 for one that is not served; 406 for who wants anything but JSON.
    """
    form = request.query_params.get("_format") or request.headers.get("accept", "*/*")
    if not any(word in form for word in ("json", "*/*", "application/*")):
        raise Refused(406)
    found = KINDS.get(name)
    if found is None:
        raise Refused(404, f"Not served. Types are {', '.join(KINDS)}.", "not-supported")
    return found


def _asked(reader: Reader, kind: Kind) -> Asked:
    strict = "handling=strict" in reader.request.headers.get("prefer", "").replace(" ", "")
    return asked(reader.request.query_params.multi_items(), tuple(kind.parameters), strict=strict)


def _within(reader: Reader, wanted: Asked) -> Asked:
    """Keep a token about one person to that person."""
    if reader.resident_id is None:
        return wanted
    found = wanted.of(ResidentId(reader.resident_id))
    return replace(found, understood=wanted.understood)
