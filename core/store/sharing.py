"""What goes out to the records of others: asked whether it may, kept in an outbox, each thing once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import dict_row

from core.model.ids import FindingId, HomeId, OrganisationId, ResidentId
from core.model.sharing import Share, SharingQuestion, wait_s
from core.store import basis

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.model.basis import Purpose
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """From where to where: the connector, the recipient, whose residents, what for, since which day."""

    connector: str
    recipient: str
    purpose: Purpose
    #: Organisations that the operator of this system named; nobody else's residents are asked about.
    organisations: tuple[OrganisationId, ...]
    since: date

    def values(self) -> dict[str, object]:
        """Return the values that the queries take."""
        return {
            "connector": self.connector,
            "recipient": self.recipient,
            "organisations": list(self.organisations),
            "since": self.since,
        }


async def may_be_shared(
    connection: Connection, question: SharingQuestion, *, named: Collection[OrganisationId]
) -> bool:
    """Tell whether something about a resident may go out to a recipient for a purpose, at a moment.

    No, unless the organisation is one of those that the operator of this system named, the resident is one
    of its own, and a basis for it stands in the ledger at that moment; of what the rooms tell, a basis of
    everybody who lives there.
    """
    if question.organisation_id not in named:
        return False
    everybody = [question.resident_id]
    if question.of_home:
        if await _of_who_is_erased(connection, question):
            return False
        everybody += await _living_with(connection, question)
    for one in everybody:
        if not await basis.may_share(
            connection,
            question.organisation_id,
            one,
            question.purpose,
            question.recipient,
            question.at,
        ):
            return False
    return True


async def _living_with(connection: Connection, question: SharingQuestion) -> list[ResidentId]:
    cursor = await connection.execute(
        "select o.resident_id from resident r join resident o using (home_id) join home h using (home_id)"
        " where r.resident_id = %(one)s and o.resident_id <> %(one)s and (o.left_at is null"
        "  or %(day)s::date <= (o.left_at at time zone h.zone)::date)",
        {"one": question.resident_id, "day": question.day},
    )
    return [ResidentId(number) for (number,) in await cursor.fetchall()]


async def _of_who_is_erased(connection: Connection, question: SharingQuestion) -> bool:
    """Tell whether a day is also of somebody who was erased: whom nobody can ask about it."""
    cursor = await connection.execute(
        "select %(day)s::date <= (h.parted_at at time zone h.zone)::date from resident r"
        " join home h using (home_id) where r.resident_id = %(one)s",
        {"one": question.resident_id, "day": question.day},
    )
    return await cursor.fetchone() == (True,)


_DAYS: LiteralString = (
    "select r.home_id, r.resident_id, h.organisation_id, 'day' as kind, c.day, null::bigint as finding_id"
    " from day_count c join home h using (home_id) join resident r using (home_id)"
    " where h.organisation_id = any(%(organisations)s) and h.mode = 'live' and c.settled"
    " and c.day >= %(since)s and (r.left_at is null or c.day <= (r.left_at at time zone h.zone)::date)"
    " and not exists (select 1 from share_outbox o where o.connector = %(connector)s"
    "  and o.recipient = %(recipient)s and o.resident_id = r.resident_id and o.kind = 'day'"
    "  and o.day = c.day)"
)
_FINDINGS: LiteralString = (
    "select f.home_id, f.resident_id, h.organisation_id, 'finding' as kind, null::date as day,"
    " f.finding_id from finding f join home h using (home_id)"
    " join resident r on r.resident_id = f.resident_id"
    " where h.organisation_id = any(%(organisations)s) and h.mode = 'live' and f.audience = 'carers'"
    " and f.phase <> 'cleared' and f.noticed_at >= %(since)s"
    " and not exists (select 1 from share_outbox o where o.connector = %(connector)s"
    "  and o.recipient = %(recipient)s and o.finding_id = f.finding_id)"
)


async def waiting(
    connection: Connection, route: Route, limit: int
) -> tuple[tuple[SharingKey, OrganisationId], ...]:
    """Return days and findings that are not in the outbox of a route, the oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        f"select * from ({_DAYS} union all {_FINDINGS}) q order by day nulls first, finding_id,"
        " resident_id limit %(limit)s",
        route.values() | {"limit": limit},
    )
    return tuple(
        (
            SharingKey(
                home_id=HomeId(row["home_id"]),
                resident_id=ResidentId(row["resident_id"]),
                kind=row["kind"],
                day=row["day"],
                finding_id=row["finding_id"],
            ),
            OrganisationId(row["organisation_id"]),
        )
        for row in await cursor.fetchall()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingKey:
    """What is to go out."""

    home_id: HomeId
    resident_id: ResidentId
    kind: str
    day: date | None
    finding_id: int | None


async def put(
    connection: Connection, route: Route, what: SharingKey, now: datetime, *, allowed: bool
) -> None:
    """Put something into the outbox, once; what may not be shared is kept there as withheld.

    So it is not asked again: a basis that is recorded later opens what comes from then on.
    """
    await connection.execute(
        "insert into share_outbox (home_id, resident_id, connector, recipient, kind, day, finding_id,"
        " made_at, next_try_at, state) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (
            what.home_id,
            what.resident_id,
            route.connector,
            route.recipient,
            what.kind,
            what.day,
            what.finding_id,
            now,
            now,
            "pending" if allowed else "withheld",
        ),
    )


async def claim(
    connection: Connection, route: Route, now: datetime, lease: timedelta, limit: int
) -> tuple[Share, ...]:
    """Take what is due, for as long as the lease; another sender leaves it alone until then."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "update share_outbox o set attempts = attempts + 1, lease_until = %(until)s from home h"
        " where h.home_id = o.home_id and o.share_id in (select share_id from share_outbox"
        "  where state = 'pending' and connector = %(connector)s and recipient = %(recipient)s"
        "  and next_try_at <= %(now)s and (lease_until is null or lease_until <= %(now)s)"
        "  order by share_id limit %(limit)s for update skip locked)"
        " returning o.share_id, o.home_id, o.resident_id, h.organisation_id, o.kind, o.day,"
        " o.finding_id, o.attempts",
        route.values() | {"now": now, "until": now + lease, "limit": limit},
    )
    found = [
        Share(
            share_id=row["share_id"],
            home_id=HomeId(row["home_id"]),
            resident_id=ResidentId(row["resident_id"]),
            organisation_id=OrganisationId(row["organisation_id"]),
            kind=row["kind"],
            day="" if row["day"] is None else row["day"].isoformat(),
            finding_id=None if row["finding_id"] is None else FindingId(row["finding_id"]),
            attempt=row["attempts"],
        )
        for row in await cursor.fetchall()
    ]
    return tuple(sorted(found, key=lambda one: one.share_id))


async def sent(connection: Connection, share: Share, reference: str, now: datetime) -> None:
    """Note that the recipient has it, under its own name for it."""
    await _end(connection, share, ("sent", now, reference[:300], ""))


async def ended(connection: Connection, share: Share, state: str, error: str) -> None:
    """Note that it does not go out: ``refused`` by the recipient, or ``withheld`` by us."""
    await _end(connection, share, (state, None, "", error[:300]))


async def failed(connection: Connection, share: Share, error: str, now: datetime) -> None:
    """Note that it is to be tried again, later each time."""
    await connection.execute(
        "update share_outbox set lease_until = null, error = %s, next_try_at = %s"
        " where share_id = %s and attempts = %s and state = 'pending'",
        (
            error[:300],
            now + timedelta(seconds=wait_s(share.attempt)),
            share.share_id,
            share.attempt,
        ),
    )


async def states(connection: Connection, route: Route) -> dict[str, int]:
    """Count what is in the outbox of a route, by state."""
    cursor = await connection.execute(
        "select state, count(*) from share_outbox where connector = %(connector)s"
        " and recipient = %(recipient)s group by state order by state",
        route.values(),
    )
    return {state: int(count) for state, count in await cursor.fetchall()}


async def _end(
    connection: Connection, share: Share, ending: tuple[str, datetime | None, str, str]
) -> None:
    # a sender whose lease has ended says nothing about a later attempt
    await connection.execute(
        "update share_outbox set state = %s, sent_at = %s, reference = %s, error = %s,"
        " lease_until = null where share_id = %s and attempts = %s and state = 'pending'",
        (*ending, share.share_id, share.attempt),
    )
