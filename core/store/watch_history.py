"""When homes stopped being watched, who was told and whether it arrived, as the pages show it. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.model.ids import CarerId, HomeId
from core.model.watching import WatchState, WhyNot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection


class Heard(StrEnum):
    """How far the word of a change got to one person."""

    WAITS = "waits"
    """It is not sent before the person may be woken for it."""
    TAKEN_BACK = "taken_back"
    """It had changed again before it was sent, or the person had left."""
    UNDER_WAY = "under_way"
    SENT = "sent"
    FAILED = "failed"
    """No way to this person took it; the operators were told."""
    PAGE_ONLY = "page_only"
    """This person has no phone and no address here."""
    LONG_AGO = "long_ago"
    """It was sent, and the record of the messages is not kept any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPerson:
    """One of the circle who is told of a change."""

    carer_id: CarerId
    #: Personal: never in logs. Empty for somebody who may not be seen any more.
    name: str
    heard: Heard
    #: When a channel took it, or when it is to be sent.
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChange:
    """A home stopped being watched, or is again."""

    home_id: HomeId
    #: Personal, as are the people.
    home: str
    zone: ZoneInfo
    state: WatchState
    why: WhyNot
    at: datetime
    #: True for the last one of its home: that is how it stands.
    stands: bool
    people: tuple[ToldPerson, ...]


async def changes(connection: Connection, limit: int) -> tuple[WatchChange, ...]:
    """Return the changes of homes that may be seen, the latest first; not that a home was first watched."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_CHANGES, {"limit": limit})
    rows = await cursor.fetchall()
    people: dict[tuple[str, int], list[ToldPerson]] = {}
    keys = [(row["home_id"], row["number"]) for row in rows]
    values = {"homes": [home for home, _ in keys], "numbers": [number for _, number in keys]}
    await cursor.execute(_PEOPLE, values)
    for row in await cursor.fetchall():
        people.setdefault((row["home_id"], row["about"]), []).append(_person(row))
    return tuple(
        WatchChange(
            home_id=HomeId(row["home_id"]),
            home=row["name"],
            zone=ZoneInfo(row["zone"]),
            state=WatchState(row["state"]),
            why=WhyNot(row["why"]),
            at=row["at"],
            stands=row["stands"],
            people=tuple(people.get((row["home_id"], row["number"]), ())),
        )
        for row in rows
    )


async def home_names(connection: Connection, homes: list[HomeId]) -> dict[HomeId, str]:
    """Return the names of homes, as far as they may be seen."""
    cursor = await connection.execute(
        "select home_id, name from home where home_id = any(%s)", (homes,)
    )
    return {HomeId(home_id): name for home_id, name in await cursor.fetchall()}


_CHANGES: LiteralString = (
    "select w.home_id, w.number, h.name, h.zone, w.state, w.why, w.at, not exists (select 1"
    "  from watch_change n where n.home_id = w.home_id and n.number > w.number) as stands"
    " from watch_change w join home h using (home_id) where w.state <> 'watched' or w.number > 1"
    " order by w.at desc, w.home_id, w.number desc limit %(limit)s"
)
_PEOPLE: LiteralString = (
    "select n.home_id, n.about, n.carer_id, coalesce(c.name, '') as name, n.due_at, n.asked_at,"
    " n.dropped_at is not null or exists (select 1 from watch_change o where o.home_id = n.home_id"
    "  and o.number > n.about) as over,"
    " count(d.delivery_id) as messages, min(d.sent_at) filter (where d.channel <> 'web') as sent_at,"
    " count(*) filter (where d.channel <> 'web') as waking,"
    " count(*) filter (where d.channel <> 'web' and d.state in ('pending', 'sending')) as under_way,"
    " count(*) filter (where d.channel <> 'web' and d.state = 'sent') as sent,"
    " count(*) filter (where d.channel <> 'web' and d.state = 'failed') as failed"
    " from unnest(%(homes)s::text[], %(numbers)s::bigint[]) as w(home_id, number)"
    " join watch_notice n on n.home_id = w.home_id and n.about = w.number"
    "  and n.kind in ('watch_ended', 'watch_places', 'watch_again', 'watch_rests', 'watch_rested')"
    " left join carer c on c.carer_id = n.carer_id left join watch_message m using (notice_id)"
    " left join delivery d using (delivery_id)"
    " group by n.notice_id, c.name order by n.notice_id"
)


def _person(row: Mapping[str, Any]) -> ToldPerson:
    heard = _heard(row)
    return ToldPerson(
        carer_id=CarerId(row["carer_id"]),
        name=row["name"],
        heard=heard,
        at=row["due_at"]
        if heard is Heard.WAITS
        else row["sent_at"] or row["asked_at"] or row["due_at"],
    )


def _heard(row: Mapping[str, Any]) -> Heard:
    if row["asked_at"] is None:
        return Heard.TAKEN_BACK if row["over"] else Heard.WAITS
    for heard, true in (
        (Heard.LONG_AGO, not row["messages"]),
        (Heard.PAGE_ONLY, not row["waking"]),
        (Heard.SENT, row["sent"]),
        (Heard.UNDER_WAY, row["under_way"]),
        (Heard.FAILED, row["failed"]),
    ):
        if true:
            return heard
    return Heard.TAKEN_BACK
