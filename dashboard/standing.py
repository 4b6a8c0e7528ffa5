"""How an alert stands, with the answers that the alerting service has not read yet. Pure.

An answer counts on the page from its own commit: others see at once who is on it, and also while the
alerting service is down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from core.model.finding import AlertState, Outcome, ResponseKind

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.ids import CarerId
    from core.store.page import AlertCard, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of an alert as a page shows it."""

    state: AlertState
    #: Who is on it; None and empty while nobody is.
    carer_id: CarerId | None = None
    name: str = ""
    since: datetime | None = None
    #: Who ended it; empty when it ended by itself.
    ended_by: str = ""
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    #: The person who is on it is asked again: the news got worse.
    asked: bool = False

    @property
    def is_open(self) -> bool:
        """True while nobody is on it."""
        return self.state is AlertState.OPEN

    @property
    def is_over(self) -> bool:
        """True once it has ended."""
        return self.state is AlertState.RESOLVED


def standing(card: AlertCard) -> Standing:
    """Return how the alert stands now."""
    alert = card.alert
    stands = Standing(
        state=alert.state,
        carer_id=alert.acknowledged_by,
        name=card.acknowledged_name,
        since=alert.acknowledged_at,
        ended_by=card.resolved_name,
        ended_at=alert.resolved_at,
        outcome=alert.outcome,
        asked=card.asked is not None and alert.state is AlertState.ACKNOWLEDGED,
    )
    for answer in card.answers[len(card.answers) - card.unread :]:
        stands = _after(stands, answer)
    return stands


def _after(stands: Standing, answer: Answer) -> Standing:
    response = answer.response
    over = stands.is_over
    match response.kind:
        case ResponseKind.ACKNOWLEDGE | ResponseKind.TAKE_OVER as kind:
            counts = kind is ResponseKind.TAKE_OVER or stands.is_open or stands.asked
            return _on_it(answer) if counts and not over else stands
        case ResponseKind.RESOLVE:
            return stands if over else _ended(stands, answer)
        case ResponseKind.REOPEN | ResponseKind.HAND_BACK as kind:
            theirs = stands.carer_id == response.carer_id and not over
            opens = kind is ResponseKind.REOPEN or theirs
            return Standing(state=AlertState.OPEN) if opens else stands
        case ResponseKind.COMMENT:
            return stands
        case _:
            assert_never(response.kind)


def _ended(stands: Standing, answer: Answer) -> Standing:
    return replace(
        stands,
        state=AlertState.RESOLVED,
        ended_by=answer.name,
        ended_at=answer.response.at,
        outcome=answer.response.outcome or Outcome.OTHER,
        asked=False,
    )


def _on_it(answer: Answer) -> Standing:
    return Standing(
        state=AlertState.ACKNOWLEDGED,
        carer_id=answer.response.carer_id,
        name=answer.name,
        since=answer.response.at,
    )
