"""A home whose state can not be used any more goes on from its stored record; its operators are told.

The other homes of the shard are left alone. What is noticed while the record is told anew is recorded where
it still holds and is of the last day: it was told before, and is then known by its key, or it was missed
(docs/decisions/0252).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.fencing import lost_finding, unread_finding
from analytics.home_engine import Inputs, Noticed
from core.model.finding import Phase
from core.model.incident import key_of
from core.store import engine as engine_table
from core.store import finding as finding_table
from core.store import observation_log
from core.store.finding import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analytics.detector import DetectorFailure
    from analytics.home_engine import HomeEngine
    from analytics.recovery import Recovered
    from core.model.finding import Finding
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
AGAIN = timedelta(days=1)
"""A home that is lost again so soon begins without its record: something in it may be what breaks it."""


async def go_on(
    connection: Connection, recovered: Recovered, shard: int, told: Sequence[Finding] = ()
) -> set[HomeId]:
    """Let each home that was lost go on from its record; return which they are.

    Parameters
    ----------
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
    for home_id, why in lost.items():
        news += await _from_record(connection, recovered, home_id, share, zone=why is None)
    failures = [why for why in lost.values() if why is not None]
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


def retold(home: HomeEngine, rows: Sequence[Observation], until: datetime) -> Noticed:
    """Tell a new home its record up to a moment, as if it had been seen all the while. Pure.

    A row that can not be taken in is passed over.
    """
    noticed = Noticed()
    if rows:
        start = min(rows[0].received_at, until)
        home.tick(start)
        home.look(Inputs(now=until, heard_at=until, heard_since=start - timedelta(hours=1)))
    for row in rows:
        with suppress(Exception):
            said = home.feed(row)
            if said is not None:
                noticed.add(said)
    with suppress(Exception):
        said = home.tick(until)
        if said is not None:
            noticed.add(said)
    return noticed


async def _from_record(
    connection: Connection, recovered: Recovered, home_id: HomeId, most: int, *, zone: bool
) -> list[Finding]:
    """Tell a home its record; return what is to be recorded.

    Parameters
    ----------
    zone
        Whether nothing is broken but the time zone of the home is another.
    """
    home, until = recovered.engine.begin(home_id), recovered.tick_at
    if until is None:
        return []
    before = None if zone else recovered.begun_anew.get(home_id)
    recovered.begun_anew[home_id] = until
    rows: Sequence[Observation] = ()
    if most and (before is None or until - before >= AGAIN):
        rows = await observation_log.record_of(
            connection, home_id, until - RECORD, recovered.end, most
        )
    async with engine_table.computing(connection):
        noticed = retold(home, rows, until)
    home.stumbles.clear()
    days = (until - rows[0].received_at) / timedelta(days=1) if rows else 0.0
    log.log(
        logging.INFO if zone else logging.ERROR,
        "a home began anew",
        extra={"action": "home_began_anew", "home_id": home_id, "rows": len(rows), "zone": zone},
    )
    return [*still_open(noticed.findings, until - RETOLD), *_said(home, days, zone=zone)]


def _said(home: HomeEngine, days: float, *, zone: bool) -> list[Finding]:
    return [] if home.view is None else [lost_finding(home.view, days, zone=zone)]


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
