"""Who may enter a page about a resident's days: others get 404, and that they asked is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import HTTPException, Path

from core.model.ids import ResidentId
from core.store import review
from core.store.account import record_access
from dashboard.roles import SEE_DAYS
from dashboard.visit import ONE_VIEW

if TYPE_CHECKING:
    from core.store.account import CarerRole
    from core.store.pool import Connection
    from core.store.review import Lived
    from dashboard.visit import Visit

Number = Annotated[int, Path(ge=1, le=2**62)]


async def entered(
    visiting: Visit,
    connection: Connection,
    number: int,
    page: str,
    *,
    roles: frozenset[CarerRole] = SEE_DAYS,
    each: bool = False,
) -> Lived | None:
    """Find a resident and record the look; None for who may not, after recording that they asked.

    The caller answers None with `refuse` outside of the transaction, so that the record stays.

    Parameters
    ----------
    each
        True where every opening is a look of its own; else those of ten minutes are one.
    """
    may = visiting.visitor.role in roles
    lived = await review.lived(connection, ResidentId(number))
    if lived is None:
        return None
    since = None if each or not may else visiting.now - ONE_VIEW
    await record_access(
        connection,
        visiting.visitor,
        [lived.home.home_id],
        page if may else f"{page}_refused",
        visiting.now,
        unless_since=since,
    )
    return lived if may else None


def refuse() -> HTTPException:
    """Return the answer for who may not see, or for what is not there."""
    return HTTPException(404)
