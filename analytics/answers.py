"""Read what carers answered, reported and decided, and turn it into margins for the next step.

Runs inside the transaction of a step: the lines of the log, the cursors and the step that takes the
margins in are committed together or not at all. A row of another shard's home is passed over.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analytics import learning
from analytics.detector import discover
from analytics.features.localtime import LocalTime
from analytics.features.margins import context
from analytics.learning import Answer, as_margin
from core.model.finding import Outcome, ResponseKind
from core.model.learning import MarginChange, Verdict, Why
from core.model.observation import LogPosition
from core.store import learning as store
from core.store.response_log import responses_after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from analytics.home_engine import HomeEngine
    from core.model.finding import Response
    from core.model.ids import HomeId
    from core.model.learning import Margin, MarginDecision, MissedEvent
    from core.store.pool import Connection

log = logging.getLogger("wayhome.analytics")

BATCH = 100
"""Rows of each log that one step takes in."""
FADED = timedelta(days=400)
"""After so long nothing is left of a change: 1.6 has become 1.0001."""
_WHY = {Outcome.HELPED: Why.TRUE, Outcome.TRUE: Why.TRUE, Outcome.FALSE: Why.FALSE}

Moved = dict[str, tuple["Margin", ...]]


class Lessons:
    """What one step learns.

    Parameters
    ----------
    connection
        Transaction of the step.
    homes
        The homes of this shard.
    """

    def __init__(self, connection: Connection, homes: Mapping[HomeId, HomeEngine]) -> None:
        self._connection = connection
        self._homes = homes
        self._learning = {name for name, spec in discover().items() if learning.learns(spec)}
        self.moved: defaultdict[str, list[Margin]] = defaultdict(list)

    async def answer(self, response: Response) -> None:
        """Take in an answer to an alert."""
        if response.kind is ResponseKind.REOPEN:
            await self._take_back(response)
        why = None if response.outcome is None else _WHY.get(response.outcome)
        if response.kind is not ResponseKind.RESOLVE or why is None:
            return
        seen: set[tuple[str, int]] = set()
        for one in await store.spoke(self._connection, response.alert_id, response.at):
            place = (one.detector, context(one.detector, self._bin(one.home_id, one.onset)))
            if one.home_id not in self._homes or place in seen:
                continue
            seen.add(place)
            await self._learn(
                Answer(
                    home_id=one.home_id,
                    detector=one.detector,
                    hour_bin=place[1],
                    at=response.at,
                    why=why,
                    carer_id=response.carer_id,
                    alert_id=response.alert_id,
                )
            )

    async def missed(self, missed: MissedEvent) -> None:
        """Take in a report of what nobody was told of."""
        if missed.home_id not in self._homes:
            return
        for detector in learning.MISSED_BY[missed.kind]:
            await self._learn(
                Answer(
                    home_id=missed.home_id,
                    detector=detector,
                    hour_bin=context(detector, self._bin(missed.home_id, missed.happened_at)),
                    at=missed.at,
                    why=Why.MISSED,
                    carer_id=missed.carer_id,
                )
            )

    async def decide(self, decision: MarginDecision) -> None:
        """Take in a person's word on a change."""
        line = await store.change_with(self._connection, decision.change_id)
        if line is None or line.home_id != decision.home_id or line.home_id not in self._homes:
            return
        lines = await self._log(line.home_id, line.detector, decision.at)
        confirm = decision.verdict is Verdict.CONFIRM
        if not learning.may_decide(lines, line, confirm=confirm):
            return
        at = max([decision.at, *(one.at for one in lines)])
        make = learning.confirmed if confirm else learning.undone
        await self._record(make(lines, line, decision.carer_id, at))

    async def _take_back(self, response: Response) -> None:
        for home_id in {
            one.home_id
            for one in await store.spoke(self._connection, response.alert_id, response.at)
        }:
            if home_id not in self._homes:
                continue
            for detector in await store.changes_by_alert(
                self._connection, response.alert_id, home_id
            ):
                lines = await self._log(home_id, detector, response.at)
                for line in learning.standing(lines):
                    if line.alert_id == response.alert_id:
                        at = max([response.at, *(one.at for one in lines)])
                        undoing = learning.undone(lines, line, response.carer_id, at)
                        lines.append(await self._record(undoing))

    async def _learn(self, answer: Answer) -> None:
        if answer.detector not in self._learning:
            return
        lines = await self._log(answer.home_id, answer.detector, answer.at)
        for line in learning.answered(lines, answer):
            await self._record(line)

    async def _record(self, line: MarginChange) -> MarginChange:
        number = await store.record_change(self._connection, line)
        self.moved[line.home_id].append(as_margin(line))
        log.info(
            "a carer's answer counted",
            extra={
                "action": "margin_changed",
                "home_id": line.home_id,
                "detector": line.detector,
                "why": line.why.value,
                "after": round(line.after, 4),
                "waiting": line.waiting,
            },
        )
        return replace(line, change_id=number)

    async def _log(self, home_id: HomeId, detector: str, at: datetime) -> list[MarginChange]:
        return await store.changes_of(self._connection, home_id, at - FADED, detector)

    def _bin(self, home_id: HomeId, at: datetime) -> int:
        home = self._homes.get(home_id)
        return 0 if home is None else LocalTime(home.plan.zone).bin(at.timestamp())


async def take(
    connection: Connection, homes: Mapping[HomeId, HomeEngine], shard: int
) -> Moved | None:
    """Take in what came since the last step; return the margins as they then stand, None for no news."""
    lessons = Lessons(connection, homes)
    cursors = await store.read_cursors(connection, shard)
    start = LogPosition()
    answers = await responses_after(connection, cursors.get("response", start), BATCH)
    for answered in answers:
        await lessons.answer(answered.response)
    reports = await store.missed_after(connection, cursors.get("missed", start), BATCH)
    for reported in reports:
        await lessons.missed(reported.missed)
    decisions = await store.decisions_after(connection, cursors.get("decision", start), BATCH)
    for decided in decisions:
        await lessons.decide(decided.decision)
    read = {
        "response": [one.at for one in answers],
        "missed": [one.at for one in reports],
        "decision": [one.at for one in decisions],
    }
    for reader, places in read.items():
        if places:
            await store.move_cursor(connection, shard, reader, places[-1])
    return {home: tuple(moved) for home, moved in lessons.moved.items()} or None


async def forgotten(
    connection: Connection, homes: Mapping[HomeId, HomeEngine], now: datetime
) -> Moved | None:
    """Return the margins of the log that the homes do not hold, e.g. because one had to start anew."""
    missing: defaultdict[str, list[Margin]] = defaultdict(list)
    for line in await store.newest(connection, list(homes), now - FADED):
        view = homes[line.home_id].view
        if view is not None and not view.margins.holds(as_margin(line)):
            missing[line.home_id].append(as_margin(line))
    return {home: tuple(moved) for home, moved in missing.items()} or None
