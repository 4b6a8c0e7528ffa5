"""Take messages out of quarantine and through admission again, after a fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.runtime.mqtt import IncomingMessage
from core.store import observation, presence, quarantine
from core.store.listen import notify
from core.store.pool import open_pool, transaction
from gateway.admission import Admission, Outcome
from gateway.batch import apart
from gateway.directory import Directory, Limits
from gateway.quota import DiscoveredQuota, QuarantineQuota
from gateway.receipts import Ring
from sensors.driver import discover

if TYPE_CHECKING:
    from core.model.intake import Arrival, QuarantineRow
    from core.runtime.clock import Clock
    from core.store.pool import Connection, Pool

PAGE = 500
"""Messages of one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What became of the messages that were replayed."""

    #: Messages looked at.
    messages: int
    #: Observations that are new.
    stored: int
    #: Messages per outcome; ``quarantined`` ones stay where they are.
    outcomes: Counter[str] = field(default_factory=Counter)


async def replay_quarantine(
    database_url: str, clock: Clock, *, reason: str | None = None
) -> ReplayReport:
    """Admit what waits in quarantine once more; what can be stored now is stored and marked.

    An observation gets the time at which its message first came as its ``received_at``. Messages that are
    still wrong, those of a home or device that is not registered yet, and those of which only the beginning
    was kept, stay as they are. Doing it twice, or in two
    processes, changes nothing.

    Parameters
    ----------
    database_url
        As the role ``wayhome_gateway``.
    reason
        Only messages with this reason; all when None.

    Raises
    ------
    StoreUnavailable
        If the database does not answer; what was done up to then stays done.
    """
    report = ReplayReport(messages=0, stored=0)
    async with open_pool(database_url, most=2, name="wayhome-replay") as pool:
        admission = await _admission(pool)
        after = 0
        while True:
            async with transaction(pool) as connection:
                rows = await quarantine.waiting(connection, after, PAGE, reason)
                if not rows:
                    return report
                stored, outcomes = await _page(connection, admission, rows, clock)
            after = rows[-1].quarantine_id
            report = ReplayReport(
                messages=report.messages + len(rows),
                stored=report.stored + stored,
                outcomes=report.outcomes + outcomes,
            )


async def _admission(pool: Pool) -> Admission:
    directory = Directory(Limits(payload_bytes=1 << 30, rate_per_s=1e9, burst=1e12))
    async with transaction(pool) as connection:
        homes = await presence.homes(connection)
        directory.replace(homes, await presence.known_devices(connection))
    quota = QuarantineQuota(messages=1 << 60, size_bytes=1 << 60)
    return Admission("replay", discover(), directory, Ring(), quota, DiscoveredQuota())


async def _page(
    connection: Connection, admission: Admission, rows: tuple[QuarantineRow, ...], clock: Clock
) -> tuple[int, Counter[str]]:
    arrivals: list[Arrival] = []
    marks: dict[int, str] = {}
    outcomes: Counter[str] = Counter()
    for row in rows:
        if row.payload_bytes > len(row.payload):
            outcomes[Outcome.QUARANTINED.value] += 1
            continue
        admitted = admission.admit(_message(row), row.received_at)
        outcomes[admitted.outcome.value] += 1
        if admitted.outcome is not Outcome.QUARANTINED and not admitted.unknown:
            marks[row.quarantine_id] = admitted.outcome.value
            arrivals += admitted.arrivals
    stored = await observation.stage(connection, apart(arrivals)) if arrivals else 0
    await quarantine.mark_replayed(connection, marks, clock.now())
    await notify(connection, "observation")
    return stored, outcomes


def _message(row: QuarantineRow) -> IncomingMessage:
    return IncomingMessage(
        topic=row.topic,
        payload=row.payload,
        qos=0,
        retained=row.retained,
        duplicate=False,
        packet_id=0,
        epoch=0,
    )
