"""A home whose state can not be used any more goes on from its stored record; its operators are told.

The other homes of the shard are left alone. What is noticed while the record is told anew is recorded where
it still holds and is of the last day: it was told before, and is then known by its key, or it was missed
(docs/decisions/0252).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.features.plan import plan
from analytics.fencing import Afresh, lost_finding, unread_finding
from analytics.home_engine import Inputs, Noticed
from core.model.finding import Phase
from core.model.incident import key_of
from core.store import day_count, observation_log
from core.store import engine as engine_table
from core.store import finding as finding_table
from core.store.finding import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analytics.detector import DetectorFailure
    from analytics.features.plan import HomePlan
    from analytics.home_engine import HomeEngine
    from analytics.recovery import Recovered
    from core.model.day_count import Former
    from core.model.finding import Finding
    from core.model.home import Household
    from core.model.ids import HomeId
    from core.model.observation import Observation
    from core.store.pool import Connection

log = logging.getLogger("wayhome.analytics")

RECORD = timedelta(days=28)
"""So much of its record a home is told anew: the memory of most habits (detection.md §10)."""
MOST_ROWS = 2_000_000
"""All homes that are lost at once are told so many rows together, the newest: two minutes of work."""
RETOLD = timedelta(days=1)
"""What is older and not over was told before, or is of no use any more."""
WRONG_FOR = timedelta(days=3)
"""What was learned while devices were thought elsewhere for less weighs less than the older habits."""
AGAIN = timedelta(days=1)
"""A home that is lost again so soon begins without its record: something in it may be what breaks it."""


async def go_on(
    connection: Connection,
    recovered: Recovered,
    shard: int,
    told: Sequence[Finding] = (),
    households: Iterable[Household] = (),
) -> set[HomeId]:
    """Let each home that was lost go on from its record; return which they are.

    Parameters
    ----------
    households
        The homes as they are registered now.
    told
        What detectors that had to begin anew have noticed since.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    homes = recovered.engine.homes
    lost = {home_id: why for home_id, why in recovered.engine.lost.items() if home_id in homes}
    recovered.engine.lost = {}
    share = MOST_ROWS // max(len(lost), 1)
    now = recovered.tick_at or datetime.now(UTC)
    news = still_open(told, now - RETOLD)
    known = {one.home.home_id: one for one in households}
    for home_id, why in lost.items():
        afresh = why if isinstance(why, Afresh) else None
        stood = await _as_it_stood(connection, known.get(home_id), now - RECORD)
        news += await _from_record(connection, recovered, home_id, share, (afresh, stood))
    failures = [why for why in lost.values() if not isinstance(why, Afresh)]
    for home in homes.values():
        if home.unread:
            news += _unread(home)
            failures += home.unread
            home.unread = []
    if news or failures:
        await _record(connection, recovered, shard, (news, failures))
    return {*lost, *(one.home_id for one in failures)}


def still_open(findings: Iterable[Finding], since: datetime) -> list[Finding]:
    """Return what was noticed from a moment on and is not over.

    Examples
    --------
    >>> still_open([], datetime(2026, 1, 1, tzinfo=UTC))
    []
    """
    known = list(findings)
    over = {key_of(one) for one in known if one.phase is Phase.CLEARED}
    return [one for one in known if key_of(one) not in over and one.noticed_at >= since]


async def put_right(connection: Connection, recovered: Recovered, mine: Iterable[HomeId]) -> None:
    """Lose the homes of which it was put right where devices are, where what was learned is worth less.

    That is so where they were wrong for days, or where nothing is older than what is told anew.
    """
    now = recovered.tick_at or datetime.now(UTC)
    since = await engine_table.take_corrections(connection, list(mine), datetime.now(UTC))
    for home_id, wrong_since in since.items():
        home = recovered.engine.homes.get(home_id)
        if home is None or home.view is None or home_id in recovered.engine.lost:
            continue
        young = home.view.started >= (now - RECORD).timestamp()
        if young or now - wrong_since >= WRONG_FOR:
            recovered.engine.lose(home_id, Afresh.PLACES)


async def _as_it_stood(
    connection: Connection, household: Household | None, since: datetime
) -> list[tuple[datetime, HomePlan]]:
    """Return until when a home was as, where devices were moved after a moment; the first one first."""
    if household is None:
        return []
    former = await day_count.former_places(connection, household.home.home_id, since)
    return former_plans(household, former)


def former_plans(household: Household, former: Sequence[Former]) -> list[tuple[datetime, HomePlan]]:
    """Return until when a home was as, from where its devices stood; the first one first. Pure.

    Examples
    --------
    >>> from analytics.sample_days import HOUSEHOLD
    >>> former_plans(HOUSEHOLD, ())
    []
    """
    found: list[tuple[datetime, HomePlan]] = []
    devices = {one.device_id: one for one in household.devices}
    for one in sorted(former, key=lambda move: move.until, reverse=True):
        known = devices.get(one.device_id)
        if known is not None:
            devices[one.device_id] = replace(known, placement=one.placement, room=one.room)
            before = replace(household, devices=tuple(devices.values()))
            found.insert(0, (one.until, plan(before)))
    return found


def retold(
    home: HomeEngine,
    rows: Sequence[Observation],
    until: datetime,
    stood: Sequence[tuple[datetime, HomePlan]] = (),
) -> tuple[HomeEngine, Noticed]:
    """Tell a new home its record up to a moment, as if it had been seen all the while. Pure.

    A row that can not be taken in is passed over.

    Parameters
    ----------
    stood
        Until when it was as, where devices were moved in that time.
    """
    noticed, present = Noticed(), home.plan
    waiting = [one for one in stood if rows and one[0] > rows[0].received_at]
    if waiting:
        home = home.replan(waiting[0][1])
    if rows:
        start = min(rows[0].received_at, until)
        home.tick(start)
        home.look(Inputs(now=until, heard_at=until, heard_since=start - timedelta(hours=1)))
    for row in rows:
        while waiting and row.received_at >= waiting[0][0]:
            waiting.pop(0)
            home = home.replan(waiting[0][1] if waiting else present)
        with suppress(Exception):
            said = home.feed(row)
            if said is not None:
                noticed.add(said)
    if waiting:
        home = home.replan(present)
    with suppress(Exception):
        said = home.tick(until)
        if said is not None:
            noticed.add(said)
    return home, noticed


async def _from_record(
    connection: Connection,
    recovered: Recovered,
    home_id: HomeId,
    most: int,
    how: tuple[Afresh | None, Sequence[tuple[datetime, HomePlan]]],
) -> list[Finding]:
    """Tell a home its record; return what is to be recorded.

    Parameters
    ----------
    how
        Why it begins anew where nothing is broken, and until when it was as.
    """
    afresh, stood = how
    home, until = recovered.engine.begin(home_id), recovered.tick_at
    if until is None:
        return []
    before = None if afresh else recovered.begun_anew.get(home_id)
    recovered.begun_anew[home_id] = until
    rows: Sequence[Observation] = ()
    if most and (before is None or until - before >= AGAIN):
        rows = await observation_log.record_of(
            connection, home_id, until - RECORD, recovered.end, most
        )
    async with engine_table.computing(connection):
        home, noticed = retold(home, rows, until, stood)
    recovered.engine.homes[home_id] = home
    home.stumbles.clear()
    days = (until - rows[0].received_at) / timedelta(days=1) if rows else 0.0
    log.log(
        logging.INFO if afresh else logging.ERROR,
        "a home began anew",
        extra={
            "action": "home_began_anew",
            "home_id": home_id,
            "rows": len(rows),
            "why": afresh or "",
        },
    )
    return [*still_open(noticed.findings, until - RETOLD), *_said(home, days, afresh)]


def _said(home: HomeEngine, days: float, afresh: Afresh | None) -> list[Finding]:
    return [] if home.view is None else [lost_finding(home.view, days, afresh)]


def _unread(home: HomeEngine) -> list[Finding]:
    if home.view is None:
        return []
    return [unread_finding(home.view, one.detector) for one in home.unread]


async def _record(
    connection: Connection,
    recovered: Recovered,
    shard: int,
    news: tuple[Sequence[Finding], Sequence[DetectorFailure]],
) -> None:
    told, failures = news
    await finding_table.record_findings(connection, told, shard=shard, step=recovered.step)
    at = recovered.tick_at or datetime.now(UTC)
    errors = [
        DetectorError(
            home_id=one.home_id, detector=one.detector, error=one.error, at=at, trace=one.trace
        )
        for one in failures
    ]
    await finding_table.record_errors(connection, errors)
