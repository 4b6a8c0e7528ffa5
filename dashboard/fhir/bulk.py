"""Bulk export: everything of some types as NDJSON, in the asynchronous pattern of the Bulk Data guide.

No file is kept: what a manifest names is read from the tables while it is taken, a page at a time, within the
walls of whoever takes it (docs/decisions/0192).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response, StreamingResponse

from core.model.ids import HomeId
from core.store import clinical, export
from core.store.export import ExportJob, ExportWish
from dashboard.fhir.access import Reading, reading
from dashboard.fhir.asked import Asked, date_test
from dashboard.fhir.kind import HOME, whole
from dashboard.fhir.kinds import DATED, IN_EXPORT, KINDS
from dashboard.fhir.outcome import Refused
from dashboard.fhir.scopes import allows
from dashboard.fhir.terms import home_of, instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from core.store.pool import Connection
    from dashboard.fhir.access import Reader
    from dashboard.fhir.kind import Found, Kind

router = APIRouter()
LASTS = timedelta(hours=24)
MOST_RUNNING = 5
PAGE = 500
"""Resources in memory at a time."""
CONTENT = "application/fhir+ndjson"
FORMATS = frozenset({CONTENT, "application/ndjson", "ndjson"})
PARAMETERS = frozenset({"_type", "_since", "_outputFormat"})
_ENCODER = msgspec.json.Encoder()


@router.get("/fhir/$export")
async def export_all(reader: Reading) -> Response:
    """Begin an export of all that the reader may see."""
    return await _begin(reader, None)


@router.get("/fhir/Group/{identifier}/$export")
async def export_group(reader: Reading, identifier: str) -> Response:
    """Begin an export of those who live in a home."""
    home = HomeId(home_of(identifier))
    if not HOME.fullmatch(home):
        raise Refused(404)
    may = reader.may_see(KINDS["Group"].right)
    async with reader.acting() as connection:
        there = bool(await clinical.homes(connection, home, "", 1))
        if there and not may:
            await reader.note_refusal(connection, frozenset({home}))
    if not there and reader.visitor.program is not None:
        async with reader.as_person() as connection:  # of whom no basis for its recipient stands
            if await clinical.homes(connection, home, "", 1):
                await reader.note_refusal(connection, frozenset({home}))
    if not (there and may):
        raise Refused(404)
    reader.check_scope("Group", "r")
    return await _begin(reader, home)


@router.get("/fhir/$export-status/{number}")
async def status(reader: Reading, number: str) -> Response:
    """Count a further type, or say where everything is."""
    async with reader.acting() as connection:
        job = await _job(reader, connection, number)
        if not job.waiting:
            return _manifest(reader, job)
        kind = job.waiting[0]
        total = await KINDS[kind].count(reader, connection, _wanted(job, kind))
        await export.note_count(connection, job.export_id, kind, total)
    done, of = len(job.wish.kinds) - len(job.waiting) + 1, len(job.wish.kinds)
    if done == of:
        return await status(reader, number)
    headers = {"x-progress": f"{done} of {of} types counted", "retry-after": "1"}
    return Response(status_code=202, headers=headers)


@router.delete("/fhir/$export-status/{number}")
async def end(reader: Reading, number: str) -> Response:
    """Forget an export: what its manifest named is there no more."""
    if reader.request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Refused(403)
    async with reader.acting() as connection:
        job = await _job(reader, connection, number)
        await export.end_job(connection, job.export_id)
    return Response(status_code=202)


@router.get("/fhir/$export-file/{number}/{name}")
async def file(reader: Reading, number: str, name: str) -> Response:
    """Give everything of one type, a line each."""
    kind = KINDS.get(name.removesuffix(".ndjson"))
    async with reader.acting() as connection:
        job = await _job(reader, connection, number)
    if kind is None or kind.name not in job.wish.kinds:
        raise Refused(404)
    _check(reader, kind.name)
    return StreamingResponse(_lines(reader, job, kind), media_type=CONTENT)


async def _begin(reader: Reader, home: HomeId | None) -> Response:
    kinds, since = _read(reader)
    now = reader.now
    wish = ExportWish(
        carer_id=reader.visitor.carer_id,
        home_id=home,
        asked_at=now,
        ends_at=now + LASTS,
        request=f"{reader.base}{reader.request.url.path.removeprefix('/fhir')}"
        + (f"?{reader.request.url.query}" if reader.request.url.query else ""),
        kinds=kinds,
        since=since,
    )
    async with reader.acting() as connection:
        if await export.running(connection, now) >= MOST_RUNNING:
            raise Refused(429)
        number = await export.open_job(connection, wish)
    return Response(
        status_code=202, headers={"content-location": f"{reader.base}/$export-status/{number}"}
    )


def _read(reader: Reader) -> tuple[tuple[str, ...], datetime | None]:
    """Read what is to be exported.

    Raises
    ------
    Refused
        Naming the parameter or header.
    """
    query, prefer = reader.request.query_params, reader.request.headers.get("prefer", "")
    if reader.resident_id is not None:
        raise Refused(403, "This token reads about one person only: search instead.")
    if "respond-async" not in prefer:
        raise Refused(400, "An export needs the header `Prefer: respond-async`.")
    unknown = sorted(set(query) - PARAMETERS)
    if unknown and "handling=lenient" not in prefer:
        raise Refused(
            400, f"Not understood: {', '.join(unknown)}. Known: {', '.join(sorted(PARAMETERS))}.",
            "not-supported",
        )  # fmt: skip
    if query.get("_outputFormat", CONTENT) not in FORMATS:
        raise Refused(400, f"_outputFormat: expected one of {', '.join(sorted(FORMATS))}.")
    named = [one for text in query.getlist("_type") for one in text.split(",")]
    strange = sorted(set(named) - set(IN_EXPORT))
    if strange:
        raise Refused(400, f"_type: expected some of {', '.join(IN_EXPORT)}.", "not-supported")
    for kind in named:
        _check(reader, kind)
    kinds = tuple(one for one in IN_EXPORT if (one in named if named else _may(reader, one)))
    if not kinds:
        raise Refused(404)
    since = query.get("_since")
    return kinds, None if since is None else date_test(since, "_since").low


def _may(reader: Reader, kind: str) -> bool:
    return reader.may_see(KINDS[kind].right) and allows(reader.scopes, kind, "s")


def _check(reader: Reader, kind: str) -> None:
    if not reader.may_see(KINDS[kind].right):
        raise Refused(404)
    if not allows(reader.scopes, kind, "s"):
        raise Refused(403, f"The scopes of this token do not give {kind}.s.")


async def _job(reader: Reader, connection: Connection, number: str) -> ExportJob:
    """Find an export of the reader's own.

    Raises
    ------
    Refused
        404 if there is none, or it is over.
    """
    key = whole(number)
    job = None if key is None else await export.job_of(connection, key, reader.now)
    if job is None or reader.resident_id is not None:
        raise Refused(404)
    return job


def _wanted(job: ExportJob, kind: str) -> Asked:
    since = job.wish.since
    tests = () if since is None else (date_test(f"gt{instant(since)}", "_since"),)
    return Asked(home_id=job.wish.home_id, updated=tests if kind in DATED else ())


def _manifest(reader: Reader, job: ExportJob) -> Response:
    wish = job.wish
    place = f"{reader.base}/$export-file/{job.export_id}"
    content = {
        "transactionTime": instant(wish.asked_at),
        "request": wish.request,
        "requiresAccessToken": True,
        "output": [
            {"type": kind, "url": f"{place}/{kind}.ndjson", "count": job.counts[kind]}
            for kind in wish.kinds
            if job.counts[kind]
        ],
        "error": [],
    }
    return JSONResponse(content, headers={"expires": format_datetime(wish.ends_at, usegmt=True)})


async def _lines(reader: Reader, job: ExportJob, kind: Kind) -> AsyncIterator[bytes]:
    """Yield resources page by page, each in a transaction of its own.

    Raises
    ------
    Refused
        In the middle of the answer, which then breaks off, when the export was ended or the key revoked.
    """
    wanted = _wanted(job, kind.name)
    while True:
        found = await _next(reader, job, kind, wanted)
        if found.resources:
            yield b"\n".join(_ENCODER.encode(one) for one in found.resources) + b"\n"
        if not found.cursor:
            return
        wanted = replace(wanted, cursor=found.cursor)
        reader = await reading(reader.request)


async def _next(reader: Reader, job: ExportJob, kind: Kind, wanted: Asked) -> Found:
    async with reader.acting() as connection:
        await _job(reader, connection, str(job.export_id))
        found = await kind.page(reader, connection, wanted, PAGE)
        # one view of each home, however many pages tell of it
        since = job.wish.asked_at - timedelta(microseconds=1)
        await reader.looked_at(connection, found.homes, kind.name, since=since)
    return found
