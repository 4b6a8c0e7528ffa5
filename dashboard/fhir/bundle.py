"""Answers: a page of a search, or one resource with what tells whether it has changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from dashboard.fhir.outcome import CONTENT

if TYPE_CHECKING:
    from starlette.requests import Request

    from dashboard.fhir.access import Reader
    from dashboard.fhir.asked import Asked
    from dashboard.fhir.kind import Found
    from dashboard.fhir.terms import Resource

_ENCODER = msgspec.json.Encoder()


def searchset(reader: Reader, kind: str, asked: Asked, found: Found) -> Response:
    """Return a page of a search, with the address of the next one."""
    address = f"{reader.base}/{kind}"
    own = (("_cursor", asked.cursor),) if asked.cursor else ()
    links = [_link("self", address, (*asked.understood, *own))]
    if found.cursor:
        links.append(_link("next", address, (*asked.understood, ("_cursor", found.cursor))))
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if found.resources:
        bundle["entry"] = [
            {
                "fullUrl": f"{address}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in found.resources
        ]
    return Response(_ENCODER.encode(bundle), media_type=CONTENT)


def counted(reader: Reader, kind: str, asked: Asked, total: int) -> Response:
    """Return how many a search finds, and none of them."""
    link = _link("self", f"{reader.base}/{kind}", asked.understood)
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": [link]}
    return Response(_ENCODER.encode(bundle), media_type=CONTENT)


def _link(relation: str, address: str, parameters: tuple[tuple[str, str], ...]) -> Resource:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return {"relation": relation, "url": f"{address}{query}"}


def resource(request: Request, found: Resource) -> Response:
    """Return one resource; 304 without it where the reader has it already."""
    content = _ENCODER.encode(found)
    # our rows keep no versions: the tag is a hash of what is said, and weak
    tag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": tag}
    changed = found.get("meta", {}).get("lastUpdated")
    moment = None if changed is None else datetime.fromisoformat(changed)
    if moment is not None:
        headers["last-modified"] = format_datetime(moment.astimezone(UTC), usegmt=True)
    if _is_known(request, tag, moment):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=CONTENT)


def _is_known(request: Request, tag: str, changed: datetime | None) -> bool:
    given = request.headers.get("if-none-match")
    if given is not None:
        return tag in {one.strip() for one in given.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
