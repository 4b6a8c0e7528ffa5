"""Into an openEHR server (EHRbase and others with the REST interface 1.0): ``POST /ehr/{id}/composition``.

The interface knows no idempotency key. So the key stands in the composition (``feeder_audit``), and before
each attempt the server is asked by AQL whether it has it: an answer that was lost makes no second one. Whom
the server does not know is not made there: linking two records is the receiver's decision.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from core.model.errors import Misconfigured, Permanent, Temporary

if TYPE_CHECKING:
    from wayhome.sharing.connector import ConnectorSettings, Parcel

KNOWN = (
    "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c WHERE e/ehr_id/value = $ehr"
    " AND c/feeder_audit/originating_system_item_ids/id = $key"
)
_LATER = frozenset({401, 403, 408, 409, 425, 429})
"""Answers after which trying again may help: log-ins are mended, locks end."""


class Ehrbase:
    """Speaks to one server."""

    name = "ehrbase"
    title = "openEHR server (EHRbase)"

    def __init__(self, settings: ConnectorSettings) -> None:
        if not settings.url.startswith(("https://", "http://")):
            raise Misconfigured("url: expected the address of the server's REST interface")
        try:
            password = settings.password()
        except OSError as error:
            raise Misconfigured(f"password_file: {error.strerror}") from error
        self._namespace = settings.namespace
        self._client = httpx.AsyncClient(
            base_url=settings.url.rstrip("/"),
            auth=(settings.username, password) if settings.username else None,
            timeout=settings.timeout_s,
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json"},
        )

    async def send(self, parcel: Parcel) -> str:
        """Post the composition, unless the server has it."""
        ehr = await self._ehr(parcel.subject)
        known = await self._known(ehr, parcel.key)
        if known:
            return known
        answer = await self._ask(
            "POST",
            f"/ehr/{ehr}/composition",
            json=parcel.composition,
            headers={"prefer": "return=minimal"},
        )
        return str(answer.headers.get("etag", "").strip('"') or answer.headers.get("location", ""))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ehr(self, subject: str) -> str:
        query = {"subject_id": subject, "subject_namespace": self._namespace}
        answer = await self._ask("GET", "/ehr", absent=True, params=query)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise Permanent("the server has no EHR for this person: link them there first")
        try:
            return str(_json(answer)["ehr_id"]["value"])
        except (KeyError, TypeError) as error:
            raise Temporary("the server's answer names no EHR") from error

    async def _known(self, ehr: str, key: str) -> str:
        body = {"q": KNOWN, "query_parameters": {"ehr": ehr, "key": key}}
        rows = _json(await self._ask("POST", "/query/aql", json=body)).get("rows") or []
        return str(rows[0][0]) if rows else ""

    async def _ask(
        self, method: str, path: str, *, absent: bool = False, **more: Any
    ) -> httpx.Response:
        """Ask, and tell what may be tried again from what may not; never with words of the answer."""
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Temporary(f"no answer: {type(error).__name__}") from error
        status = answer.status_code
        if answer.is_success or (absent and status == HTTPStatus.NOT_FOUND):
            return answer
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
            raise Temporary(f"the server answered {status}")
        raise Permanent(f"the server refused it: {status}")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: Any = answer.json()
    except ValueError as error:
        raise Temporary("the server answered something else than JSON") from error
    return found if isinstance(found, dict) else {}


CONNECTOR = Ehrbase
