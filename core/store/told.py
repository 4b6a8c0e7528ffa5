"""Who was told of alerts and what was answered, as programs read it over FHIR, page by page. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import dict_row

from core.model.ids import AlertId, FindingId, HomeId, ResidentId
from core.store.account import CarerRole
from core.store.clinical import Wanted, about, number_of
from core.store.date_search import conditions
from core.store.noted import sight_values
from core.store.page import OF_PEOPLE

if TYPE_CHECKING:
    from core.store.page import Sight
    from core.store.pool import Connection


class Exchange(StrEnum):
    """What was exchanged about an alert, in the order of the pages."""

    ANSWER = "answer"
    """Somebody answered on a page."""
    DELIVERY = "delivery"
    """A message to somebody by one channel."""
    PHONE = "phone"
    """Somebody answered by a key on the phone or a reply to a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One message or answer about an alert."""

    exchange: Exchange
    #: Number of the row among those of its kind.
    number: int
    alert_id: AlertId
    #: First finding behind the alert; None where there is none.
    finding_id: FindingId | None
    home_id: HomeId
    resident_id: ResidentId | None
    #: Of the carer; personal: never in logs.
    name: str
    role: CarerRole
    #: Empty for an answer on a page.
    channel: str
    #: State of a delivery, or kind of an answer.
    what: str
    #: When it was sent or answered; None while it was not sent.
    at: datetime | None
    #: When the provider says that it reached the phone.
    received_at: datetime | None
    #: What the carer wrote, or how the alert ended in one word; empty for nothing.
    text: str
    outcome: str
    severity: str
    changed_at: datetime


_FROM: dict[Exchange, tuple[LiteralString, LiteralString]] = {
    Exchange.ANSWER: (
        "x.response_id",
        (
            "select x.response_id as number, '' as channel, x.kind as what, x.at as at,"
            " null::timestamptz as received_at, x.comment as text, coalesce(x.outcome, '') as outcome,"
            " x.at as changed_at, {about} from response x"
        ),
    ),
    Exchange.DELIVERY: (
        "x.delivery_id",
        (
            "select x.delivery_id as number, x.channel, x.state as what, x.sent_at as at,"
            " x.delivered_at as received_at, x.error as text, '' as outcome, greatest(x.created_at,"
            " x.sent_at, x.delivered_at, x.answered_at, (select max(coalesce(t.ended_at, t.started_at))"
            "  from delivery_attempt t where t.delivery_id = x.delivery_id)) as changed_at, {about}"
            " from delivery x"
        ),
    ),
    Exchange.PHONE: (
        "x.answer_id",
        (
            "select x.answer_id as number, x.channel, 'acknowledge' as what, x.at as at,"
            " null::timestamptz as received_at, '' as text, '' as outcome, x.at as changed_at, {about}"
            " from phone_answer x"
        ),
    ),
}
_ABOUT: LiteralString = (
    "a.alert_id, a.home_id, a.resident_id, a.severity, k.name, k.role, h.zone, (select min(j.finding_id)"
    " from alert_finding j join finding f using (finding_id) where j.alert_id = a.alert_id"
    " and f.phase <> 'cleared') as finding_id"
)
_OF: LiteralString = (
    " join alert a on a.alert_id = x.alert_id join home h on h.home_id = a.home_id"
    " join carer k on k.carer_id = x.carer_id where a.audience = any(%(audiences)s)"
    " and (%(silent)s or not a.silent) and " + OF_PEOPLE + " and {key} > %(after)s"
)


def _query(
    exchange: Exchange, sight: Sight, wanted: Wanted, after: int
) -> tuple[LiteralString, dict[str, object]]:
    key, columns = _FROM[exchange]
    inner = columns.format(about=_ABOUT) + _OF.format(key=key) + about(wanted, "a")
    if wanted.number is not None:
        inner += f" and {key} = %(number)s"
    sent, values = conditions("sent", wanted.dates, ("q.at",), ("(q.at at time zone q.zone)",))
    changed, more = conditions("updated", wanted.updated, ("q.changed_at",), ("q.changed_at",))
    return f" from ({inner}) q where true{sent}{changed}", (
        wanted.values() | values | more | sight_values(sight) | {"after": after}
    )


async def exchanged(
    connection: Connection,
    sight: Sight,
    wanted: Wanted,
    after: tuple[Exchange, int],
    limit: int,
) -> tuple[Exchanged, ...]:
    """Return messages and answers after one of them: answers first, then messages, then calls; by number."""
    found: list[Exchanged] = []
    for exchange in list(Exchange)[list(Exchange).index(after[0]) :]:
        if len(found) < limit:
            start = after[1] if exchange is after[0] else 0
            found += await _page(connection, sight, wanted, (exchange, start), limit - len(found))
    return tuple(found)


async def exchanged_one(
    connection: Connection, sight: Sight, exchange: Exchange, wanted: Wanted
) -> Exchanged | None:
    """Return the message or answer with the number that is wanted; None when none may be seen."""
    found = await _page(connection, sight, wanted, (exchange, 0), 1)
    return found[0] if found else None


async def count_exchanged(connection: Connection, sight: Sight, wanted: Wanted) -> int:
    """Count messages and answers."""
    total = 0
    for exchange in Exchange:
        text, values = _query(exchange, sight, wanted, 0)
        total += await number_of(connection, "select count(*)" + text, values)
    return total


async def _page(
    connection: Connection,
    sight: Sight,
    wanted: Wanted,
    after: tuple[Exchange, int],
    limit: int,
) -> list[Exchanged]:
    text, values = _query(after[0], sight, wanted, after[1])
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select q.*" + text + " order by q.number limit %(limit)s", values | {"limit": limit}
    )
    found = []
    for row in await cursor.fetchall():
        row.pop("zone")
        row["role"] = CarerRole(row["role"])
        found.append(Exchanged(exchange=after[0], **row))
    return found
