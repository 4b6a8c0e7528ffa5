"""What people did about an alert, on the page and by phone, in order of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard import wording
from dashboard.language import _

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.page import AlertCard, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that somebody did, as sentences."""

    at: datetime
    text: str
    comment: str = ""


def history(card: AlertCard) -> tuple[Deed, ...]:
    """Return what was done about an alert, the oldest first."""
    on_page = [_on_page(one) for one in card.answers]
    by_phone = [
        Deed(
            at=one.at,
            text=_("%(name)s is on it: answered %(way)s.")
            % {"name": one.name, "way": wording.channel(one.channel)},
        )
        for one in card.phoned
    ]
    return tuple(sorted((*on_page, *by_phone), key=lambda one: one.at))


def _on_page(one: Answer) -> Deed:
    said = one.response
    text = wording.did(said.kind, one.name)
    if said.outcome is not None:
        text = f"{text} {wording.sentence(_(wording.OUTCOMES[said.outcome]))}"
    return Deed(at=said.at, text=text, comment=said.comment)
