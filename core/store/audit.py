"""Who looked at whom: read by families and auditors, and checked link by link (docs/decisions/0148).

Records are written by `core.store.account.record_access` and chained by the database. The check computes
every link anew, without the database's own function: a record that was changed, removed or put in between
breaks the chain of its organisation there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import class_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from core.model.ids import HomeId
    from core.store.pool import Connection

START = bytes(32)
"""What stands before the first record of an organisation."""
BATCH = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look of one person at one home."""

    access_id: int
    at: datetime
    carer_id: int
    #: Personal: never in logs. Empty when the person is not of this organisation any more.
    name: str
    #: The person's role at that time; empty in records from before roles were kept.
    role: str
    home_id: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record with its place in the chain."""

    access_id: int
    organisation_id: str
    sequence: int
    at: datetime
    carer_id: int
    role: str
    home_id: str
    page: str
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the chain of an organisation."""

    organisation_id: str
    #: Number of its last record.
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place at which the chain of an organisation does not hold."""

    organisation_id: str
    #: Number of the record that should have been there, from 1.
    sequence: int
    #: The record found there; None where there is none.
    access_id: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of all chains found."""

    ok: bool
    records: int
    #: Where each chain ends: keep them elsewhere and give them to the next check.
    heads: tuple[Head, ...]
    #: The first break of each chain that has one.
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookFilter:
    """Which looks are wanted; None leaves a property open."""

    since: datetime
    until: datetime
    home_id: str | None = None
    carer_id: int | None = None


_LOOK: LiteralString = (
    "select a.access_id, a.at, a.carer_id, coalesce(c.name, '') as name,"
    " coalesce(nullif(a.role, ''), c.role, '') as role, a.home_id, a.page"
    " from access_record a left join carer c using (carer_id)"
)


async def looks_at(
    connection: Connection, home_id: HomeId, since: datetime, limit: int
) -> tuple[Look, ...]:
    """Return who looked at a home since then, the latest first."""
    cursor = connection.cursor(row_factory=class_row(Look))
    await cursor.execute(
        _LOOK
        + " where a.home_id = %s and a.at >= %s order by a.at desc, a.access_id desc limit %s",
        (home_id, since, limit),
    )
    return tuple(await cursor.fetchall())


async def looks(
    connection: Connection, wanted: LookFilter, limit: int, offset: int = 0
) -> tuple[Look, ...]:
    """Return the looks that a filter asks for, the latest first."""
    cursor = connection.cursor(row_factory=class_row(Look))
    await cursor.execute(
        _LOOK + " where a.organisation_id = current_setting('wayhome.organisation', true)"
        " and a.at >= %(since)s and a.at < %(until)s"
        " and (%(home)s::text is null or a.home_id = %(home)s)"
        " and (%(carer)s::bigint is null or a.carer_id = %(carer)s)"
        " order by a.at desc, a.access_id desc limit %(limit)s offset %(offset)s",
        {
            "since": wanted.since,
            "until": wanted.until,
            "home": wanted.home_id,
            "carer": wanted.carer_id,
            "limit": limit,
            "offset": offset,
        },
    )
    return tuple(await cursor.fetchall())


async def verify(connection: Connection, anchors: Iterable[Head] = ()) -> ChainReport:
    """Check every chain from its first record to its head.

    Parameters
    ----------
    anchors
        Heads of an earlier check that were kept elsewhere: the chains must still hold them. With them
        it is noticed when the owner of the database wrote a whole chain anew.
    """
    cursor = connection.cursor(row_factory=class_row(Head))
    await cursor.execute(
        "select organisation_id, sequence, encode(hash, 'hex') as hash from audit_head order by 1"
    )
    heads = {head.organisation_id: head for head in await cursor.fetchall()}
    kept = {(one.organisation_id, one.sequence): one.hash for one in anchors}
    chains: dict[str, _Chain] = {name: _Chain(name) for name in heads}
    records = 0
    async for link in _links(connection):
        records += 1
        chains.setdefault(link.organisation_id, _Chain(link.organisation_id)).add(link, kept)
    for organisation_id, sequence in kept:
        chain = chains.setdefault(organisation_id, _Chain(organisation_id))
        chain.reach(sequence, "records that an earlier check saw are missing")
    for name, chain in chains.items():
        chain.end(heads.get(name))
    breaks = tuple(chain.broken for _, chain in sorted(chains.items()) if chain.broken is not None)
    return ChainReport(ok=not breaks, records=records, heads=tuple(heads.values()), breaks=breaks)


async def _links(connection: Connection) -> AsyncIterator[Link]:
    async with connection.cursor("audit_chain", row_factory=class_row(Link)) as cursor:
        cursor.itersize = BATCH
        await cursor.execute(
            "select access_id, organisation_id, sequence, at, carer_id, role, home_id, page,"
            " previous_hash, hash from access_record order by organisation_id, sequence"
        )
        async for link in cursor:
            yield link


class _Chain:
    """One organisation's chain, as far as it was walked."""

    def __init__(self, organisation_id: str) -> None:
        self.broken: Break | None = None
        self._organisation_id = organisation_id
        self._sequence = 0
        self._hash = START

    def add(self, link: Link, kept: Mapping[tuple[str, int], str]) -> None:
        """Walk to the next record."""
        self._sequence += 1
        if link.sequence != self._sequence:
            self._break(None, "a record is missing")
        elif link.previous_hash != self._hash:
            self._break(link.access_id, "it does not follow the record before it")
        elif link.hash != link_hash(link):
            self._break(link.access_id, "the record was changed")
        elif kept.get((link.organisation_id, link.sequence), link.hash.hex()) != link.hash.hex():
            self._break(link.access_id, "an earlier check saw another record here")
        self._sequence, self._hash = link.sequence, link.hash

    def reach(self, sequence: int, what: str) -> None:
        """Demand that the chain has so many records."""
        if self._sequence < sequence:
            self._sequence += 1
            self._break(None, what)
            self._sequence -= 1

    def end(self, head: Head | None) -> None:
        """Demand that the chain ends at its head."""
        if head is None:
            self._sequence = max(1, self._sequence)
            self._break(None, "the head of the chain is missing")
            return
        self.reach(head.sequence, "records are missing at the end")
        if self._sequence > head.sequence or self._hash.hex() != head.hash:
            self._break(None, "the head of the chain is another one")

    def _break(self, access_id: int | None, what: str) -> None:
        self.broken = self.broken or Break(
            organisation_id=self._organisation_id,
            sequence=self._sequence,
            access_id=access_id,
            what=what,
        )


def link_hash(link: Link) -> bytes:
    """Return what the hash of a record must be: SHA-256 over the one before it and the record itself."""
    return hashlib.sha256(link.previous_hash + _netstrings(_parts(link))).digest()


def _parts(link: Link) -> Sequence[str]:
    return (
        link.organisation_id,
        str(link.sequence),
        link.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
        str(link.carer_id),
        link.role,
        link.home_id,
        link.page,
    )


def _netstrings(parts: Sequence[str]) -> bytes:
    """Join texts so that no two lists of texts give the same bytes.

    Examples
    --------
    >>> _netstrings(["ab", "c"]), _netstrings(["a", "bc"])
    (b'2:ab1:c', b'1:a2:bc')
    """
    return b"".join(str(len(text.encode())).encode() + b":" + text.encode() for text in parts)
