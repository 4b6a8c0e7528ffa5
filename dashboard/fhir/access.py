"""Who reads: somebody logged in, or a program with a bearer token; and within what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import Request

from core.store import application
from core.store.account import acting, record_access
from core.store.pool import transaction
from dashboard.entrance import SESSION_COOKIE, hashed
from dashboard.fhir.outcome import Refused
from dashboard.fhir.scopes import Scope, allows, parsed
from dashboard.roles import MAY, Right, sight_of
from dashboard.site import Site, site_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from core.model.ids import HomeId, ResidentId
    from core.store.account import Visitor
    from core.store.page import Sight
    from core.store.pool import Connection

LONGEST_TOKEN = 200
OF_SESSION = (parsed("user/*.rs"),)
"""What somebody who is logged in may read: all that the pages would show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whoever asks."""

    request: Request
    site: Site
    visitor: Visitor
    scopes: tuple[Scope, ...]
    now: datetime
    #: The only resident that may be read about; None for all that the role sees.
    resident_id: ResidentId | None = None

    @property
    def sight(self) -> Sight:
        """Which alerts may be seen."""
        return sight_of(self.visitor)

    @property
    def base(self) -> str:
        """Address of everything here, as the reader knows it."""
        public = self.site.settings.public_url or str(self.request.base_url)
        return f"{public.rstrip('/')}/fhir"

    def has(self, right: Right) -> bool:
        """Tell whether the role has a right."""
        return right in MAY[self.visitor.role]

    def may_see(self, right: Right) -> bool:
        """Tell whether the role may read records at all, and what needs this right."""
        return self.has(Right.DAYS) and self.has(right)

    def acting(self) -> AbstractAsyncContextManager[Connection]:
        """Run one transaction that sees what this reader may see."""
        return acting(self.site.pool, self.visitor)

    def as_person(self) -> AbstractAsyncContextManager[Connection]:
        """Run one transaction that also sees of whom no basis stands: to record whom was asked about."""
        return acting(self.site.pool, replace(self.visitor, program=None))

    async def looked_at(
        self,
        connection: Connection,
        homes: frozenset[HomeId],
        kind: str,
        since: datetime | None = None,
    ) -> None:
        """Record whose homes were read about; with ``since`` only those not read about since then."""
        await record_access(
            connection,
            self.visitor,
            sorted(homes),
            f"fhir_{kind.lower()}",
            self.now,
            unless_since=since,
        )

    def check_scope(self, kind: str, interaction: str) -> None:
        """Refuse what the scopes do not give, in so many words.

        Parameters
        ----------
        interaction
            ``r`` to read, ``s`` to search.
        """
        if not allows(self.scopes, kind, interaction):
            raise Refused(403, f"The scopes of this token do not give {kind}.{interaction}.")
        if kind == "Group" and self.resident_id is not None:
            raise Refused(403, "This token reads about one person only.")

    async def note_refusal(self, connection: Connection, homes: frozenset[HomeId]) -> None:
        """Record that somebody without the right, or a program without a basis, asked about these homes."""
        await self.looked_at(connection, homes, "refused")


async def reading(request: Request) -> Reader:
    """Find out who asks.

    Raises
    ------
    Refused
        401 for nobody, or a token that does not work; 403 where the organisation wants a second factor.
    """
    site = site_of(request)
    given = request.headers.get("authorization", "")
    if given:
        return await _bearer(request, site, given)
    token = request.cookies.get(SESSION_COOKIE, "")
    visitor, _ = await site.entrance.visitor(token) if token else (None, False)
    if visitor is None:
        raise Refused(401)
    if visitor.must_prove_more:
        raise Refused(
            403, "Your organisation wants more than a password: log in with a second factor."
        )
    return Reader(
        request=request, site=site, visitor=visitor, scopes=OF_SESSION, now=site.clock.now()
    )


async def _bearer(request: Request, site: Site, given: str) -> Reader:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise Refused(401)
    now = site.clock.now()
    async with transaction(site.pool) as connection:
        found = await application.bearer_of(connection, hashed(token.strip()), now)
    if found is None:
        raise Refused(401)
    return Reader(
        request=request,
        site=site,
        visitor=found.visitor,
        scopes=tuple(parsed(one) for one in found.scopes),
        now=now,
        resident_id=found.resident_id,
    )


Reading = Annotated[Reader, Depends(reading)]
