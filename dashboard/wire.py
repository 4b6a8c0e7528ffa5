"""Answers that hold much and no secret, packed for the wire (docs/decisions/0199)."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

LEAST_BYTES = 1000
"""Less fits into one packet as it is."""
LEVEL = 5


def packed(
    request: Request, content: bytes, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """Return an answer, compressed where the browser takes that and it pays.

    Never for a page: it holds the token of the session beside words that the asker chose, and the length of
    such an answer, compressed, tells a listener about the token (the attack called BREACH).
    """
    answer = Response(content, media_type=media_type, headers=headers)
    answer.headers["vary"] = "accept-encoding"
    if len(content) < LEAST_BYTES or not takes_gzip(request.headers.get("accept-encoding", "")):
        return answer
    answer.body = gzip.compress(content, LEVEL, mtime=0)
    answer.headers["content-length"] = str(len(answer.body))
    answer.headers["content-encoding"] = "gzip"
    return answer


def takes_gzip(accepted: str) -> bool:
    """Tell whether a browser takes gzip, by its ``Accept-Encoding``.

    Examples
    --------
    >>> takes_gzip("br, gzip"), takes_gzip("gzip;q=0"), takes_gzip("")
    (True, False, False)
    """
    for entry in accepted.lower().split(","):
        name, _, weight = (part.strip() for part in entry.partition(";"))
        if name in {"gzip", "*"}:
            return weight.removeprefix("q=").strip("0.") != "" if weight else True
    return False
