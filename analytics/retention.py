"""What is too old goes, once a day: whole chunks where there are chunks, else a few rows at a time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.errors import NotRemoved, StoreUnavailable
from core.model.retention import Task, of_all, tasks
from core.store import retention as table
from core.store.pool import transaction
from core.store.retention import LOGS, SUMMARY, Run

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.retention import Rule
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.store.pool import Pool

log = logging.getLogger("wayhome.analytics")

LOOK_EVERY_S = 900.0
EVERY = timedelta(days=1)
LATE_AFTER = timedelta(days=2)
"""Two runs missed: somebody has to look."""
LEAP = timedelta(days=7)
"""When more than this has passed since the last run, the machine was off, or its clock has run ahead …"""
BELIEVED_AFTER = 96
"""… and a day of looks tells which: nothing goes before, for what has gone does not come back."""
AT_ONCE = 2000
"""Rows of one transaction: some tens of milliseconds, so that no step of detection waits for it."""


async def keep_retaining(pool: Pool, clock: Clock, health: Health) -> None:
    """Carry out retention each day, for ever; what fails is told at ``/health`` and in the ledger."""
    done_at, fault, doubts = clock.now(), "", 0
    while True:
        try:
            last, doubts = await _if_due(pool, clock, doubts)
            done_at, fault = last.at, last.error
        except StoreUnavailable as error:
            log.warning("retention: %s", error, extra={"action": "retention_waiting"})
        late = clock.now() - done_at > LATE_AFTER and not doubts
        text = fault or ("nothing was removed for two days" if late else "")
        waits = "the last run is long ago: first the clock is watched for a day" if doubts else ""
        health.set("retention", ok=not text, text=text or waits, outside=True)
        await clock.sleep(LOOK_EVERY_S)


async def _if_due(pool: Pool, clock: Clock, doubts: int) -> tuple[Run, int]:
    """Carry out retention when a day has passed, and no leap of the clock only says so.

    Parameters
    ----------
    doubts
        How many looks in a row have found that the clock may have leapt.

    Returns
    -------
    tuple
        The last summary, and ``doubts`` from now on.
    """
    async with transaction(pool) as connection:
        last = await table.last_run(connection)
    passed = None if last is None else clock.now() - last.at
    if last is not None and passed is not None and passed < EVERY:
        return last, 0
    if last is not None and passed is not None and passed > LEAP and doubts < BELIEVED_AFTER:
        if not doubts:
            log.warning(
                "retention waits: the clock may be wrong", extra={"action": "clock_doubted"}
            )
        return last, doubts + 1
    return await carry_out(pool, clock), 0


async def carry_out(pool: Pool, clock: Clock, at_once: int = AT_ONCE) -> Run:
    """Remove everything that is too old; return the summary that stands in the ledger.

    One class that fails does not keep the others from going.

    Raises
    ------
    StoreUnavailable
        If the database does not answer.
    """
    now = clock.now()
    async with transaction(pool) as connection:
        rules, organisations = await table.rules(connection), await table.organisations(connection)
    done = [await _chunks(pool, rules, organisations, (name, now)) for name in LOGS]
    done += [
        await _class(pool, clock, task, (now, at_once)) for task in tasks(rules, organisations, now)
    ]
    failed = sorted({one.name for one in done if one.error})
    summary = Run(
        at=now,
        name=SUMMARY,
        organisation_id=None,
        before=None,
        removed=sum(one.removed for one in done),
        chunks=sum(one.chunks for one in done),
        error=f"could not remove: {', '.join(failed)}" if failed else "",
    )
    async with transaction(pool) as connection:
        for one in done:
            if one.removed or one.error:
                await table.note(connection, one)
        await table.note(connection, summary)
    log.info(
        "retention",
        extra={"action": "retention", "removed": summary.removed, "chunks": summary.chunks},
    )
    return summary


async def _chunks(
    pool: Pool, rules: tuple[Rule, ...], organisations: tuple[str, ...], what: tuple[str, datetime]
) -> Run:
    name, now = what
    before = of_all(rules, organisations, now, name)
    chunks = removed = 0
    error = ""
    try:
        async with transaction(pool) as connection:
            chunks, removed = await table.drop_chunks(connection, name, before)
    except NotRemoved as fault:  # one class must not keep the others from going
        error = _said(name, fault)
    return Run(
        at=now,
        name=name,
        organisation_id=None,
        before=before,
        removed=removed,
        chunks=chunks,
        error=error,
    )


async def _class(pool: Pool, clock: Clock, task: Task, how: tuple[datetime, int]) -> Run:
    now, at_once = how
    removed, error = 0, ""
    try:
        while True:
            async with transaction(pool) as connection:
                some = await table.remove_some(connection, task, at_once)
            removed += some
            if not some:
                break
            await clock.sleep(0.05)
    except NotRemoved as fault:  # as above
        error = _said(task.name, fault)
    return Run(
        at=now,
        name=task.name,
        organisation_id=task.organisation_id,
        before=task.before,
        removed=removed,
        error=error,
    )


def _said(name: str, fault: NotRemoved) -> str:
    log.error("retention of %s failed: %s", name, fault, extra={"action": "retention_failed"})
    return str(fault)
