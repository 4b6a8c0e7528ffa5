"""Observations: written by the gateway. One row per thing said, whatever is delivered twice.

Two ways lead in. The quick one is a binary ``COPY`` straight into the tables; a single known key makes
it fail as a whole. Then the same rows go through a temporary table, which costs four times as much and
leaves out what is there already (docs/decisions/0031). Reading is in ``core.store.observation_log``.
"""

from __future__ import annotations

import struct
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

import msgspec
from psycopg import errors

from core.model.errors import Permanent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from core.model.intake import Arrival
    from core.store.pool import Connection

CLAIM_REACH = timedelta(minutes=5)
"""A corrected time is at most so far from the device's claim (``core.model.clock_skew``)."""
DISTRUSTED_REACH = timedelta(hours=24)
"""How far back the same claim of a distrusted clock is looked for, whose rows stand at the gateway's time."""
_CROWD: LiteralString = "interval '1 second'"
"""Within so much after a taken moment the others under the same claim stand."""
_MOVED_ON = timedelta(hours=1)
"""Far more than what is moved on behind others ever goes."""
_IN_SPAN: LiteralString = "o.observed_at between %(first)s and %(last)s"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_NAMED_MOMENT = struct.Struct(">hiqiq")
_MOMENT = struct.Struct(">iq")
_NUMBER = struct.Struct(">id")
_SCALAR_FIELDS = 8
_POSITION_FIELDS = 12


class Duplicates(Exception):  # noqa: N818 (an answer, not a fault)
    """Some of the rows are there already: take the staged path."""


class CopyRefused(Exception):  # noqa: N818
    """The role may not ``COPY`` into the tables (row-level security binds it): take the staged path."""


class RowsRefused(Permanent):
    """The database can not hold one of the rows, whenever it is asked."""


class TooSlow(RowsRefused):
    """The database ended it: as many rows at once take longer than they may."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's refusal of rows into `RowsRefused`; other errors pass.

    Raises
    ------
    RowsRefused
        If a value does not fit its column or breaks a rule of its table.
    """
    try:
        yield
    except (
        errors.DataError,
        errors.IntegrityError,
        ValueError,
        OverflowError,
        struct.error,
    ) as error:
        raise RowsRefused(type(error).__name__) from error


@asynccontextmanager
async def hurried(connection: Connection, most_s: int) -> AsyncIterator[None]:
    """Let each statement within take so many seconds at most; 0 for as long as any other.

    Raises
    ------
    TooSlow
        If one takes longer; its transaction is at its end.
    RowsRefused
        As from `translated`.
    """
    if not most_s:
        with translated():
            yield
        return
    await connection.execute("select set_config('statement_timeout', %s, true)", (f"{most_s}s",))
    try:
        with translated():
            yield
    except errors.QueryCanceled as error:
        raise TooSlow("QueryCanceled") from error
    await connection.execute("set local statement_timeout to default")


def _moment(moment: datetime) -> int:
    """Microseconds since 2000, as PostgreSQL counts them."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def _optional(number: float | None) -> bytes:
    return _NULL if number is None else _NUMBER.pack(8, number)


class _Words(dict[str, bytes]):
    """Texts that come again and again, as COPY wants them; bounded."""

    def __missing__(self, text: str) -> bytes:
        if len(self) > 50_000:  # noqa: PLR2004 (a few megabytes)
            self.clear()
        found = self[text] = _text(text)
        return found


_words = _Words()


def _scalar(arrival: Arrival, fields: int = _SCALAR_FIELDS) -> bytes:
    seen, claimed = arrival, arrival.claimed_at
    return b"".join(
        (
            _NAMED_MOMENT.pack(fields, 8, _moment(seen.observed_at), 8, seen.device_id),
            _words[seen.quantity],
            _words[seen.discriminator],
            _NUMBER.pack(8, seen.value),
            _words[seen.home_id],
            _MOMENT.pack(8, _moment(seen.received_at)),
            _NULL if claimed is None else _MOMENT.pack(8, _moment(claimed)),
        )
    )


def _place(arrival: Arrival, fields: int = _POSITION_FIELDS) -> bytes:
    seen, place = arrival, arrival.position
    if place is None:
        raise ValueError("a position without a place")
    claimed = seen.claimed_at
    return b"".join(
        (
            _NAMED_MOMENT.pack(fields, 8, _moment(seen.observed_at), 8, seen.device_id),
            _words[seen.discriminator],
            _NUMBER.pack(8, place.latitude),
            _NUMBER.pack(8, place.longitude),
            _optional(place.accuracy_m),
            _optional(place.altitude_m),
            _optional(place.speed_m_s),
            _optional(place.course_deg),
            _words[seen.home_id],
            _MOMENT.pack(8, _moment(seen.received_at)),
            _NULL if claimed is None else _MOMENT.pack(8, _moment(claimed)),
        )
    )


def _staged_scalar(arrival: Arrival) -> bytes:
    return _scalar(arrival, _SCALAR_FIELDS + 1) + _words[arrival.timing]


def _staged_place(arrival: Arrival) -> bytes:
    return _place(arrival, _POSITION_FIELDS + 1) + _words[arrival.timing]


_SCALARS: LiteralString = (
    "observed_at, device_id, quantity, discriminator, value, home_id, received_at, claimed_at"
)
_PLACES: LiteralString = (
    "observed_at, device_id, discriminator, latitude, longitude, accuracy_m, altitude_m,"
    " speed_m_s, course_deg, home_id, received_at, claimed_at"
)


def _split(arrivals: Iterable[Arrival]) -> tuple[list[Arrival], list[Arrival]]:
    """Scalars and positions, each in order."""
    scalars: list[Arrival] = []
    places: list[Arrival] = []
    for arrival in arrivals:
        (scalars if arrival.position is None else places).append(arrival)
    return scalars, places


async def copy(connection: Connection, arrivals: Sequence[Arrival]) -> int:
    """Write ``arrivals`` straight into the tables; return the number of rows.

    Raises
    ------
    Duplicates
        If any of them is there already; nothing is written and the transaction is at its end.
    CopyRefused
        If this role may not; nothing is written and the transaction is at its end.
    RowsRefused
        If one of them can not be held; nothing is written and the transaction is at its end.
    """
    scalars, places = _split(arrivals)
    try:
        with translated():
            if scalars:
                rows = b"".join([_HEADER, *map(_scalar, scalars), _TRAILER])
                await _copy(connection, f"copy observation ({_SCALARS}) from stdin binary", rows)
            if places:
                rows = b"".join([_HEADER, *map(_place, places), _TRAILER])
                await _copy(connection, f"copy position ({_PLACES}) from stdin binary", rows)
    except RowsRefused as error:
        if isinstance(error.__cause__, errors.UniqueViolation):
            raise Duplicates from error
        raise
    except errors.FeatureNotSupported as error:
        raise CopyRefused from error
    return len(arrivals)


async def _copy(connection: Connection, statement: LiteralString, rows: bytes) -> None:
    async with connection.cursor().copy(statement) as stream:
        await stream.write(rows)


async def stage(connection: Connection, arrivals: Sequence[Arrival], *, most_s: int = 0) -> int:
    """Write those of ``arrivals`` that are not there yet; return the number of new rows.

    One is there when a row holds the same value under the same claim of the device, whatever the
    correction was then. Another value under an equal key is news, from a clock that is coarser than the
    device is quick: it moves on by a microsecond and keeps its claim (docs/decisions/0035). A
    `Timing.GATEWAY` one is always new: on an equal key it moves on by less than a millisecond.
    (Redeliveries of those are told apart before, by their receipts.)

    Parameters
    ----------
    most_s
        Seconds that each statement may take; 0 for as long as any other.

    Raises
    ------
    TooSlow
        If it takes longer than ``most_s``; nothing is written and the transaction is at its end.
    RowsRefused
        If one of them can not be held; nothing is written and the transaction is at its end.
    """
    async with hurried(connection, most_s):
        return await _stage(connection, *_split(arrivals))


async def _stage(
    connection: Connection, scalars: Sequence[Arrival], places: Sequence[Arrival]
) -> int:
    written = 0
    if scalars:
        await connection.execute(_STAGE_SCALARS)
        await connection.execute("delete from staged_observation")
        rows = b"".join([_HEADER, *map(_staged_scalar, scalars), _TRAILER])
        await _copy(
            connection, f"copy staged_observation ({_SCALARS}, timing) from stdin binary", rows
        )
        written += await _move(connection, _MOVE_SCALARS, _span(scalars))
    if places:
        await connection.execute(_STAGE_PLACES)
        await connection.execute("delete from staged_position")
        rows = b"".join([_HEADER, *map(_staged_place, places), _TRAILER])
        await _copy(connection, f"copy staged_position ({_PLACES}, timing) from stdin binary", rows)
        written += await _move(connection, _MOVE_PLACES, _span(places))
    return written


class _Move(msgspec.Struct, frozen=True):
    """Statements that take rows from a temporary table into the log."""

    forget: LiteralString
    insert: LiteralString
    apart: LiteralString


def _moving(
    table: LiteralString, columns: LiteralString, key: LiteralString, value: LiteralString
) -> _Move:
    claim: LiteralString = "coalesce(s.claimed_at, s.observed_at)"
    said: LiteralString = f"{key}, {value}"
    same, alike = _equal(said), _equal(key)
    # One exists for each place where it may stand, so that each is found by an index; an equality alone would
    # tempt the planner to read and hash the whole table.
    twin: LiteralString = f"exists (select 1 from {table} o where {same} and {_IN_SPAN} and"
    taken: LiteralString = (
        f"(select count(*) from {table} o where {alike} and {_IN_SPAN} and o.observed_at >= s.observed_at"
        f" and o.observed_at < s.observed_at + {_CROWD} and coalesce(o.claimed_at, o.observed_at) = {claim})"
    )
    return _Move(
        forget=f"delete from staged_{table} s where timing <> 'gateway'"
        f" and ({twin} o.claimed_at is null and o.observed_at between {claim} and {claim})"
        f" or {twin} o.claimed_at = {claim} and o.observed_at between"
        f" {claim} - %(reach)s and {claim} + %(reach)s)"
        f" or {twin} o.claimed_at = {claim} and o.observed_at between"
        " s.received_at - %(distrusted_reach)s and s.received_at))",
        insert=f"with done as (insert into {table} ({columns}) select {columns} from staged_{table}"
        f" order by {key}, received_at on conflict do nothing returning {said})"
        f" delete from staged_{table} where ({said}) in (select {said} from done)",
        # all at once to behind those that stand there: a thousand values under one claim took minutes
        apart=f"update staged_{table} t set observed_at = t.observed_at + interval '1 microsecond'"
        " * case timing when 'gateway' then 1 + floor(random() * 900) else n.place end,"
        " claimed_at = case timing when 'gateway' then claimed_at"
        " else coalesce(claimed_at, observed_at) end"
        f" from (select s.ctid as row, row_number() over (partition by {key} order by received_at, ctid)"
        f" - 1 + greatest(1, {taken}) as place from staged_{table} s) n where t.ctid = n.row",
    )


def _equal(columns: LiteralString) -> LiteralString:
    """Say in SQL that a row and a staged one are alike in all of ``columns`` but the time."""
    return " and ".join(
        [f"o.{one} = s.{one}" for one in columns.split(", ") if one != "observed_at"]
    )


_STAGE_SCALARS: LiteralString = (
    "create temporary table if not exists staged_observation (observed_at timestamptz,"
    " device_id bigint, quantity text, discriminator text, value double precision, home_id text,"
    " received_at timestamptz, claimed_at timestamptz, timing text) on commit delete rows"
)
_STAGE_PLACES: LiteralString = (
    "create temporary table if not exists staged_position (observed_at timestamptz,"
    " device_id bigint, discriminator text, latitude double precision, longitude double precision,"
    " accuracy_m double precision, altitude_m double precision, speed_m_s double precision,"
    " course_deg double precision, home_id text, received_at timestamptz, claimed_at timestamptz,"
    " timing text) on commit delete rows"
)
_MOVE_SCALARS = _moving(
    "observation",
    _SCALARS,
    "device_id, observed_at, quantity, discriminator",
    "value",
)
_MOVE_PLACES = _moving(
    "position",
    _PLACES,
    "device_id, observed_at, discriminator",
    "latitude, longitude",
)


def _span(arrivals: Sequence[Arrival]) -> dict[str, datetime | timedelta]:
    """Return from when to when a row that stands there already may stand, for any of ``arrivals``.

    It follows from what is asked of each; said once, it leaves the chunks of all other weeks closed.
    """
    claims = [one.claim for one in arrivals]
    heard = [one.received_at for one in arrivals]
    seen = [one.observed_at for one in arrivals]
    return {
        "reach": CLAIM_REACH,
        "distrusted_reach": DISTRUSTED_REACH,
        "first": min(min(claims) - CLAIM_REACH, min(heard) - DISTRUSTED_REACH, *seen),
        "last": max(max(claims) + CLAIM_REACH, *heard, *seen) + _MOVED_ON,
    }


async def _move(connection: Connection, move: _Move, span: dict[str, datetime | timedelta]) -> int:
    written = 0
    while True:
        await connection.execute(move.forget, span)
        done = await connection.execute(move.insert)
        written += done.rowcount
        left = await connection.execute(move.apart, span)
        if left.rowcount == 0:
            return written
