"""What the pages say of alerts, and the answers people give there. The dashboard writes only the answers.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from core.model.finding import (
    Alert,
    AlertState,
    Audience,
    DeliveryState,
    Outcome,
    Response,
    ResponseKind,
    Severity,
)
from core.model.home import Home, HomeMode
from core.model.ids import AlertId, CarerId, HomeId, OrganisationId, ResidentId
from core.store.finding import ruled_out_of, texts_of, told_evidence
from core.store.listen import notify
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message to one person by one channel, and how far it got."""

    name: str
    channel: str
    state: DeliveryState
    #: When it was handed over; None while it was not.
    sent_at: datetime | None
    attempts: int
    #: When the provider says that it reached the phone; None where it never said so.
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person answered, with the name."""

    response: Response
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAnswer:
    """Somebody took an alert by a key on the phone or a reply to a text."""

    name: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """An alert with all that a page says of it."""

    alert: Alert
    home: Home
    #: The resident it is about, or all residents of the home when it is about nobody in particular.
    residents: tuple[str, ...]
    acknowledged_name: str
    resolved_name: str
    #: Who is being asked to answer again, because the news got worse; None for nobody.
    asked: CarerId | None
    #: True in a home that is being set up: nobody is told.
    silent: bool
    told: tuple[Told, ...]
    #: All answers, oldest first.
    answers: tuple[Answer, ...]
    #: How many of the newest answers the alerting service has not read yet.
    unread: int
    #: Whose quiet hours hold it back, and until when they do.
    held: tuple[tuple[str, datetime], ...] = ()
    #: Who took it by phone, the oldest first.
    phoned: tuple[PhoneAnswer, ...] = ()
    #: The policy it runs by, as it was when the alert opened: see `core.model.plan`; empty for none.
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Which alerts somebody may see, beside the wall of the organisation."""

    audiences: tuple[Audience, ...]
    #: Also alerts of homes that are being set up.
    silent: bool = False
    #: Only alerts about who lives there (`OF_PEOPLE`).
    of_people: bool = False


OF_PEOPLE: LiteralString = "a.detector <> 'unwatched'"
"""Whether an alert ``a`` is about who lives there; else it asks whether somebody is there while
watching rests or is paused, and counts in no record of a person (docs/decisions/0302)."""
_CARD: LiteralString = (
    "select a.*, h.organisation_id, h.name as home_name, h.zone, h.mode,"
    " coalesce(ack.name, '') as acknowledged_name, coalesce(res.name, '') as resolved_name,"
    " (a.policy->>'asked')::bigint as asked,"
    " (select coalesce(jsonb_agg(jsonb_build_array(k.name, q.value) order by q.value, k.name), '[]')"
    "  from jsonb_each_text(a.policy->'held') q join carer k on k.carer_id = q.key::bigint) as held,"
    " array(select r.name from resident r where r.home_id = a.home_id"
    "  and case when a.resident_id is null then r.left_at is null or r.left_at > a.opened_at"
    "   else r.resident_id = a.resident_id end order by r.resident_id)"
    "  as residents"
    " from alert a join home h using (home_id)"
    " left join carer ack on ack.carer_id = a.acknowledged_by"
    " left join carer res on res.carer_id = a.resolved_by"
    " where a.audience = any(%(audiences)s) and (%(silent)s or not a.silent)"
    " and (not %(of_people)s or " + OF_PEOPLE + ")"
)
_ORDER: LiteralString = (
    " array_position(array['urgent', 'check', 'notice'], a.severity), a.detector <> 'outage',"
    " a.opened_at desc"
)


async def open_cards(
    connection: Connection, sight: Sight, *, limit: int, offset: int = 0
) -> tuple[tuple[AlertCard, ...], int]:
    """Return a page of what is not resolved, unanswered and most urgent first, and how many there are."""
    values = _values(sight)
    cursor = await connection.execute(
        "select count(*) from alert a where a.state <> 'resolved'"
        " and a.audience = any(%(audiences)s) and (%(silent)s or not a.silent)",
        values,
    )
    row = await cursor.fetchone()
    rows = await named_rows(
        connection,
        _CARD
        + " and a.state <> 'resolved' order by array_position(array['open', 'acknowledged'], a.state),"
        + _ORDER
        + " limit %(limit)s offset %(offset)s",
        values | {"limit": limit, "offset": offset},
    )
    return await _cards(connection, rows), int(row[0]) if row else 0


async def ended_cards(
    connection: Connection, sight: Sight, since: datetime, limit: int
) -> tuple[AlertCard, ...]:
    """Return what was resolved since then, the latest first."""
    rows = await named_rows(
        connection,
        _CARD + " and a.state = 'resolved' and a.resolved_at > %(since)s"
        " order by a.resolved_at desc limit %(limit)s",
        _values(sight) | {"since": since, "limit": limit},
    )
    return await _cards(connection, rows)


async def card_of(connection: Connection, sight: Sight, alert_id: AlertId) -> AlertCard | None:
    """Return one alert; None when there is none that may be seen."""
    rows = await named_rows(
        connection, _CARD + " and a.alert_id = %(alert)s", _values(sight) | {"alert": alert_id}
    )
    found = await _cards(connection, rows)
    return found[0] if found else None


async def cards_between(
    connection: Connection, sight: Sight, home_id: HomeId, start: datetime, end: datetime
) -> tuple[AlertCard, ...]:
    """Return the alerts of a home that began in a span, in order of time."""
    rows = await named_rows(
        connection,
        _CARD + " and a.home_id = %(home)s and a.onset >= %(start)s and a.onset < %(end)s"
        " order by a.onset limit 50",
        _values(sight) | {"home": home_id, "start": start, "end": end},
    )
    return await _cards(connection, rows)


async def cards_of_span(
    connection: Connection,
    sight: Sight,
    span: tuple[datetime, datetime],
    *,
    homes: Sequence[HomeId] | None,
    outcome: Outcome | None,
    limit: int,
) -> tuple[AlertCard, ...]:
    """Return the alerts that began in a span, the latest first; by how they ended if named.

    Parameters
    ----------
    homes
        Of these homes; None for all that may be seen, but for those that are not watched any more.
    """
    where: LiteralString = " and h.mode <> 'archive'"
    if homes is not None:
        where = " and a.home_id = any(%(homes)s)"
    rows = await named_rows(
        connection,
        _CARD + where + " and a.onset >= %(start)s and a.onset < %(end)s"
        " and (%(outcome)s::text is null or a.outcome = %(outcome)s)"
        " order by a.onset desc limit %(limit)s",
        _values(sight)
        | {
            "homes": None if homes is None else list(homes),
            "start": span[0],
            "end": span[1],
            "outcome": None if outcome is None else outcome.value,
            "limit": limit,
        },
    )
    return await _cards(connection, rows)


async def may_see(connection: Connection, sight: Sight, alert_id: AlertId) -> bool:
    """Tell whether an alert may be seen."""
    cursor = await connection.execute(
        "select 1 from alert a where a.alert_id = %(alert)s and a.audience = any(%(audiences)s)"
        " and (%(silent)s or not a.silent)",
        _values(sight) | {"alert": alert_id},
    )
    return await cursor.fetchone() is not None


async def of_circle(
    connection: Connection, alert_id: AlertId, people: Iterable[CarerId]
) -> frozenset[CarerId]:
    """Return who of these people cares for, or lives in, the home of an alert."""
    cursor = await connection.execute(
        "select of_circle(%s, %s::bigint[])", (alert_id, list(people))
    )
    return frozenset(CarerId(row[0]) for row in await cursor.fetchall())


async def respond(connection: Connection, response: Response) -> None:
    """Write down an answer; the alerting service and the open pages are woken by the commit."""
    await connection.execute(
        "insert into response (alert_id, carer_id, kind, at, outcome, comment)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            response.alert_id,
            response.carer_id,
            response.kind.value,
            response.at,
            None if response.outcome is None else response.outcome.value,
            response.comment,
        ),
    )
    await notify(connection, "response", str(response.alert_id))


def _values(sight: Sight) -> dict[str, object]:
    return {
        "audiences": [one.value for one in sight.audiences],
        "silent": sight.silent,
        "of_people": sight.of_people,
    }


async def _cards(connection: Connection, rows: Sequence[dict[str, Any]]) -> tuple[AlertCard, ...]:
    ids = [AlertId(row["alert_id"]) for row in rows]
    told = await _told(connection, ids)
    answers, unread = await _answers(connection, ids)
    phoned = await _phoned(connection, ids)
    return tuple(
        AlertCard(
            alert=_alert(row),
            home=Home(
                home_id=HomeId(row["home_id"]),
                organisation_id=OrganisationId(row["organisation_id"]),
                name=row["home_name"],
                zone=ZoneInfo(row["zone"]),
                mode=HomeMode(row["mode"]),
            ),
            residents=tuple(row["residents"]),
            acknowledged_name=row["acknowledged_name"],
            resolved_name=row["resolved_name"],
            asked=_optional(CarerId, row["asked"]),
            held=tuple((name, datetime.fromisoformat(until)) for name, until in row["held"]),
            silent=row["silent"],
            told=tuple(told[row["alert_id"]]),
            answers=tuple(answers[row["alert_id"]]),
            unread=unread[row["alert_id"]],
            phoned=tuple(phoned[row["alert_id"]]),
            policy=row["policy"],
        )
        for row in rows
    )


async def _told(connection: Connection, ids: Iterable[AlertId]) -> dict[int, list[Told]]:
    """Return the newest message to each person by each channel, in order of time."""
    found: dict[int, list[Told]] = defaultdict(list)
    rows = await named_rows(
        connection,
        "select * from (select distinct on (d.alert_id, d.carer_id, d.channel) d.alert_id,"
        " c.name, d.channel, d.state, d.sent_at, d.delivered_at, d.attempts, d.created_at"
        " from delivery d join carer c using (carer_id) where d.alert_id = any(%(ids)s)"
        " order by d.alert_id, d.carer_id, d.channel, d.state = 'cancelled', d.step desc) newest"
        " order by coalesce(sent_at, created_at), name, channel",
        {"ids": list(ids)},
    )
    for row in rows:
        found[row["alert_id"]].append(
            Told(
                name=row["name"],
                channel=row["channel"],
                state=DeliveryState(row["state"]),
                sent_at=row["sent_at"],
                attempts=row["attempts"],
                delivered_at=row["delivered_at"],
            )
        )
    return found


async def _phoned(connection: Connection, ids: Iterable[AlertId]) -> dict[int, list[PhoneAnswer]]:
    found: dict[int, list[PhoneAnswer]] = defaultdict(list)
    rows = await named_rows(
        connection,
        "select p.alert_id, c.name, p.channel, p.at from phone_answer p join carer c using (carer_id)"
        " where p.alert_id = any(%(ids)s) order by p.at, p.answer_id",
        {"ids": list(ids)},
    )
    for row in rows:
        found[row["alert_id"]].append(
            PhoneAnswer(name=row["name"], channel=row["channel"], at=row["at"])
        )
    return found


async def _answers(
    connection: Connection, ids: Iterable[AlertId]
) -> tuple[dict[int, list[Answer]], dict[int, int]]:
    found: dict[int, list[Answer]] = defaultdict(list)
    unread: dict[int, int] = defaultdict(int)
    rows = await named_rows(
        connection,
        "select r.alert_id, r.carer_id, r.kind, r.at, r.outcome, r.comment, c.name,"
        " (r.txid, r.response_id) > (coalesce(k.txid, '0'::xid8), coalesce(k.sequence, 0)) as unread"
        " from response r join carer c using (carer_id)"
        " left join alert_cursor k on k.reader = 'response'"
        " where r.alert_id = any(%(ids)s) order by r.txid, r.response_id",
        {"ids": list(ids)},
    )
    for row in rows:
        unread[row["alert_id"]] += row["unread"]
        found[row["alert_id"]].append(
            Answer(
                name=row["name"],
                response=Response(
                    alert_id=AlertId(row["alert_id"]),
                    carer_id=CarerId(row["carer_id"]),
                    kind=ResponseKind(row["kind"]),
                    at=row["at"],
                    outcome=_optional(Outcome, row["outcome"]),
                    comment=row["comment"],
                ),
            )
        )
    return found, unread


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        alert_id=AlertId(row["alert_id"]),
        home_id=HomeId(row["home_id"]),
        resident_id=_optional(ResidentId, row["resident_id"]),
        detector=row["detector"],
        subject=row["subject"],
        severity=Severity(row["severity"]),
        audience=Audience(row["audience"]),
        state=AlertState(row["state"]),
        onset=row["onset"],
        opened_at=row["opened_at"],
        **texts_of(row),
        ruled_out=ruled_out_of(row),
        evidence=tuple(told_evidence(one) for one in row["evidence"]),
        acknowledged_by=_optional(CarerId, row["acknowledged_by"]),
        acknowledged_at=row["acknowledged_at"],
        resolved_by=_optional(CarerId, row["resolved_by"]),
        resolved_at=row["resolved_at"],
        outcome=_optional(Outcome, row["outcome"]),
        cleared_at=row["cleared_at"],
    )


def _optional(kind: Any, value: Any) -> Any:
    return None if value is None else kind(value)
