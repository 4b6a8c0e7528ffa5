"""What went wrong, as programs read it: an OperationOutcome for every error."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from dashboard.fhir.terms import Resource

CONTENT = "application/fhir+json"
_CODES = {
    400: ("invalid", "The request was not as expected."),
    401: ("login", "Log in, or send a bearer token that still works."),
    403: ("forbidden", "This is not within what you may read."),
    404: ("not-found", "There is nothing here, or it is not for you."),
    405: ("not-supported", "This address does not take that method: everything here is read only."),
    406: ("not-supported", "Answers are given as application/fhir+json only."),
    410: ("deleted", "It is gone."),
    413: ("too-long", "The request is too long."),
    429: ("throttled", "There is too much under way. Wait for it to end, or end it."),
    500: ("exception", "Something went wrong on our side. It has been written down."),
    503: ("transient", "The records cannot be reached now. Try again in a minute."),
}


class Refused(HTTPException):
    """A request that gets an error for an answer.

    Parameters
    ----------
    status
        Of HTTP.
    text
        What was wrong and what was expected; nothing personal. The common words for the status when empty.
    code
        Kind of the issue in FHIR's words; that of the status when empty.
    """

    def __init__(self, status: int, text: str = "", code: str = "") -> None:
        super().__init__(status)
        usual_code, usual_text = _CODES.get(status, _CODES[500])
        self.text = text or usual_text
        self.code = code or usual_code


def issue(severity: str, code: str, text: str) -> Resource:
    """Return an OperationOutcome with one issue."""
    found = {"severity": severity, "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [found]}


def is_ours(request: Request) -> bool:
    """Tell whether a program asked for FHIR."""
    return request.url.path == "/fhir" or request.url.path.startswith("/fhir/")


def answer(status: int, resource: Resource, headers: dict[str, str] | None = None) -> Response:
    """Return a resource with a status."""
    return Response(msgspec.json.encode(resource), status, headers, media_type=CONTENT)


def refusal(status: int, error: Exception | None = None) -> Response:
    """Answer with what went wrong."""
    refused = error if isinstance(error, Refused) else Refused(status)
    headers = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["retry-after"] = "60"
    return answer(status, issue("error", refused.code, refused.text), headers)
