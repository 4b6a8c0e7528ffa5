"""The contract of a type of resource: what it can be searched by, and how its pages are found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.model.ids import HomeId
from dashboard.fhir.outcome import Refused
from dashboard.fhir.terms import Resource, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection
    from dashboard.fhir.access import Reader
    from dashboard.fhir.asked import Asked
    from dashboard.roles import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page."""

    resources: tuple[Resource, ...] = ()
    #: Whose homes they are about.
    homes: frozenset[HomeId] = frozenset()
    #: Key of the last one where more follow; empty at the end.
    cursor: str = ""


NOTHING = Found()


class Kind(Protocol):
    """One type of resource."""

    @property
    def name(self) -> str:
        """Name of the type."""
        ...

    @property
    def right(self) -> Right:
        """What a role must have to read it at all."""
        ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """What it can be searched by, and of which type each is in FHIR's words."""
        ...

    @property
    def about(self) -> str:
        """What it is, for people who write programs."""
        ...

    async def page(self, reader: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return up to ``limit`` resources after ``asked.cursor``."""
        ...

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return the resource of an id, if it is what was asked for."""
        ...

    async def count(self, reader: Reader, connection: Connection, asked: Asked) -> int:
        """Count what was asked for."""
        ...


def whole(text: str) -> int | None:
    """Return the number that an id is; None where it is none.

    Examples
    --------
    >>> whole("12"), whole("012"), whole("x"), whole("9" * 30)
    (12, None, None, None)
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or str(int(text)) != text:  # noqa: PLR2004
        return None
    return int(text)


def key_of(cursor: str, parts: int) -> tuple[str, ...]:
    """Read the key in an address of ours.

    Raises
    ------
    Refused
        If it is none.
    """
    try:
        found = unpack(cursor)
    except ValueError:
        found = ()
    if len(found) != parts:
        raise Refused(400, "_cursor: expected what a `next` link of ours says.")
    return found


HOME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id of a home, as the registry takes it."""


def home_after(text: str) -> str:
    """Check the id of a home in a key; empty before the first.

    Raises
    ------
    Refused
        If it is none.
    """
    if text and not HOME.fullmatch(text):
        raise Refused(400, "_cursor: expected what a `next` link of ours says.")
    return text


def number_after(cursor: str) -> int:
    """Return the number of the last row; 0 at the beginning."""
    if not cursor:
        return 0
    number = whole(key_of(cursor, 1)[0])
    if number is None:
        raise Refused(400, "_cursor: expected what a `next` link of ours says.")
    return number
