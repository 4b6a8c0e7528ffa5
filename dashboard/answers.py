"""Taking an answer from a form or a machine: checked, written down once, refused when it is not theirs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, assert_never

from fastapi import HTTPException

from core.model.finding import Outcome, Response, ResponseKind
from core.store import page as store
from dashboard import metrics
from dashboard.asking_again import chosen
from dashboard.roles import may_answer, sight_of
from dashboard.standing import Standing, standing
from dashboard.visit import NotYours
from dashboard.wording import HOW_ENDED, OUTCOMES

if TYPE_CHECKING:
    from core.model.ids import AlertId, CarerId
    from dashboard.visit import Visit

log = logging.getLogger("wayhome.dashboard")

LONGEST_COMMENT = 2000
_GIVEN = {word: text for word, text in OUTCOMES.items() if word is not Outcome.CLEARED}
"""How a person may say that it ended."""


async def take(
    visiting: Visit,
    alert_id: AlertId,
    kind: ResponseKind,
    *,
    outcome: str = "",
    comment: str = "",
) -> Standing:
    """Write down an answer, unless it would change nothing; return how the alert stands after it.

    Raises
    ------
    HTTPException
        404 when there is no such alert to see, 403 when this person may not answer.
    AskAgain
        When a resolution does not say how it ended.
    """
    visitor = visiting.visitor
    async with visiting.acting() as connection:
        card = await store.card_of(connection, sight_of(visitor), alert_id)
        if card is None:
            raise HTTPException(404)
        if not may_answer(visitor):
            raise NotYours
        response = Response(
            alert_id=alert_id,
            carer_id=visitor.carer_id,
            kind=kind,
            at=visiting.now,
            outcome=chosen(_GIVEN, outcome, "outcome", HOW_ENDED)
            if kind is ResponseKind.RESOLVE
            else None,
            comment=comment.replace("\0", "").strip()[:LONGEST_COMMENT],
        )
        if changes(standing(card), kind, visitor.carer_id):
            await store.respond(connection, response)
            metrics.ANSWERS.labels(kind.value).inc()
            log.info(
                "answer given",
                extra={
                    "action": "answer_given",
                    "alert": alert_id,
                    "carer": visitor.carer_id,
                    "kind": kind.value,
                },
            )
        after = await store.card_of(connection, sight_of(visitor), alert_id)
    return standing(after or card)


def changes(stands: Standing, kind: ResponseKind, carer_id: CarerId) -> bool:
    """Tell whether an answer of this kind by this person would change how the alert stands."""
    theirs = stands.carer_id == carer_id
    match kind:
        case ResponseKind.ACKNOWLEDGE:
            return stands.is_open or stands.asked
        case ResponseKind.TAKE_OVER:
            return not stands.is_over and (stands.asked or not theirs)
        case ResponseKind.HAND_BACK:
            return theirs and not stands.is_over
        case ResponseKind.RESOLVE:
            return not stands.is_over
        case ResponseKind.REOPEN:
            return not stands.is_open
        case ResponseKind.COMMENT:
            return True
        case _:
            assert_never(kind)
