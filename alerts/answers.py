"""From carers' answers to the state of alerts, in the order in which they were given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts import episode as episodes
from alerts import metrics
from alerts.rounds import Complaint, complain, recall, settle
from core.model.playbook import PLAYBOOKS
from core.model.said import say
from core.store import alert as alert_table
from core.store import open_alert as open_table
from core.store.listen import notify
from core.store.pool import transaction
from core.store.response_log import responses_after

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.finding import Response
    from core.runtime.clock import Clock
    from core.store.pool import Connection, Pool

log = logging.getLogger("wayhome.alerts")

READER = "response"
BATCH = 100


async def take_answers(pool: Pool, clock: Clock, at_once: int = BATCH) -> int:
    """Read the next answers and give them their effect; return how many there were."""
    async with transaction(pool) as connection:
        seen = await alert_table.read_cursor(connection, READER)
        found = await responses_after(connection, seen, at_once)
        if not found:
            return 0
        position = await alert_table.take_cursor(connection, READER)
        if position is None:
            return 0
        if position != seen:
            found = await responses_after(connection, position, at_once)
        for logged in found:
            await take(connection, logged.response, clock.now())
        if found:
            await alert_table.move_cursor(connection, READER, found[-1].at)
    return len(found)


async def set_aside(pool: Pool, clock: Clock) -> int | None:
    """Pass over the next answer, which can not be taken in, and tell the operators of its home at once.

    Its alert stays as it was before: the telling goes on.

    Returns
    -------
    int or None
        Number of the answer; None when there is none, or another process reads.
    """
    async with transaction(pool) as connection:
        position = await alert_table.take_cursor(connection, READER)
        found = position and await responses_after(connection, position, 1)
        if not found:
            return None
        (logged,) = found
        await alert_table.move_cursor(connection, READER, logged.at)
        number, about = logged.at.sequence, logged.response.alert_id
        home_id = await open_table.home_of(connection, about)
        if home_id is not None:
            await complain(
                connection,
                Complaint(
                    home_id=home_id,
                    subject=f"answer/{number}",
                    what=say(
                        "Answer %(number)s to alert %(alert)s has had no effect: it could not be taken in.",
                        number=number,
                        alert=about,
                    ),
                    advice=say(PLAYBOOKS["answer-set-aside"].first),
                ),
                clock.now(),
            )
    metrics.ANSWERS_SET_ASIDE.inc()
    extra = {"action": "answer_set_aside", "answer": number, "alert": about}
    log.critical("an answer has had no effect", extra=extra)
    return number


async def take(connection: Connection, response: Response, now: datetime) -> None:
    """Give one answer its effect."""
    stored = await alert_table.alert_with(connection, response.alert_id)
    if stored is None:
        return
    before, told = await recall(connection, stored)
    after = episodes.answered(before, response, now)
    if stored.silent:
        await alert_table.save_alert(connection, after.alert, stored.policy)
    else:
        await settle(connection, stored, after, told, now)
    await notify(connection, alert_table.CHANNEL, str(response.alert_id))
    metrics.ANSWERS.labels(response.kind.value).inc()
    log.info(
        "answer taken",
        extra={
            "action": "answer",
            "alert": response.alert_id,
            "carer": response.carer_id,
            "kind": response.kind.value,
            "state": after.alert.state.value,
            "after_s": round((response.at - stored.alert.opened_at).total_seconds(), 3),
        },
    )
