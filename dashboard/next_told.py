"""Who is told of an open alert next, and when, by the policy it runs by. Pure: the moment is a parameter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model import plan as plans
from core.model.finding import Audience, Severity
from core.model.plan import EVERYBODY
from core.model.plan_check import WEB
from dashboard import wording
from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import CarerId
    from core.model.plan import Policy, Step
    from core.store.page import AlertCard
    from core.store.plan import Colleague
    from dashboard.standing import Standing


_OPERATORS = {"technician": 1, "organisation_admin": 2}
"""Place of those who are told of an alert about the system, as the alerting service has it."""


def next_told(
    card: AlertCard,
    stands: Standing,
    people: Sequence[Colleague],
    reader: CarerId,
    now: datetime,
) -> tuple[str, ...]:
    """Return in sentences who is told next if nobody answers; nothing where nobody will be.

    Parameters
    ----------
    people
        Everybody of the organisation, with their place in the order of telling of the home.
    reader
        Who reads it, and is called "you".
    """
    if not _goes_on(card, stands):
        return ()
    if card.policy.get("gathered"):
        return (
            _(
                "Technicians are told of this home and of many others by one alert about all of them."
            ),
        )
    try:
        snapshot = plans.present(card.policy)
        policy = plans.from_json(snapshot)
        since = datetime.fromisoformat(snapshot["since"])
    except (ValueError, KeyError, TypeError):
        return ()  # a snapshot of a later version: the service goes by its own rules then
    if card.alert.audience is Audience.OPERATORS:
        people = [replace(one, order=_OPERATORS.get(one.role)) for one in people]
    coming = _step(card, policy, since, people, reader, now)
    return tuple(filter(None, (coming, _fallback(card, policy, since, now))))


def _goes_on(card: AlertCard, stands: Standing) -> bool:
    """Tell whether time alone brings further messages, as far as the service has read the answers."""
    ended = card.alert.cleared_at is not None and card.alert.severity is not Severity.URGENT
    return stands.is_open and not card.silent and not card.unread and not ended


def _step(
    card: AlertCard,
    policy: Policy,
    since: datetime,
    people: Sequence[Colleague],
    reader: CarerId,
    now: datetime,
) -> str:
    for after_s, step in policy.coming((now - since).total_seconds()):
        if card.alert.audience is Audience.OPERATORS:
            who = _operators(step, people)
        else:
            who = _whom(step, people, reader, last=step == policy.steps[-1])
        if who and set(step.channels) != {WEB}:
            at = wording.when(since + timedelta(seconds=after_s), card.home.zone, now)
            text = _("If nobody answers by %(time)s, we tell %(who)s.")
            return text % {"time": at, "who": who}
    return ""


def _operators(step: Step, people: Sequence[Colleague]) -> str:
    """Return whom a step of an alert about the system tells: by what they do, for no circle is told of it."""
    here = [one for one in people if one.disabled_at is None and one.order is not None]
    ranks = _ranks(here)
    roles = {one.role for one in here if step.rank in {EVERYBODY, ranks[one.carer_id]}}
    said = {"technician": _("the technicians"), "organisation_admin": _("the administrators")}
    return wording.names([words for role, words in said.items() if role in roles])


def _whom(step: Step, people: Sequence[Colleague], reader: CarerId, *, last: bool) -> str:
    """Return whom a step tells; empty where nobody has that place and nobody stands in."""
    if step.on_call:
        return _("whoever is on call")
    here = [one for one in people if one.disabled_at is None]
    ranks = _ranks(here)
    if step.carers:
        chosen = [one for one in here if one.carer_id in step.carers and one.may_be_told]
    elif step.rank == EVERYBODY:
        return _("everybody who is told about this home")
    else:
        chosen = [one for one in here if ranks.get(one.carer_id) == step.rank]
    if (step.carers or last) and not any(one.channels for one in chosen):
        # nobody of them can be woken: the first in the order stands in (docs/decisions/0248)
        chosen += [one for one in here if ranks.get(one.carer_id) == 1 and one not in chosen]
    return wording.names([_("you") if one.carer_id == reader else one.name for one in chosen])


def _ranks(people: Sequence[Colleague]) -> dict[CarerId, int]:
    """Return the place of each of the circle, from 1; who can not be woken takes nobody's turn."""
    circle = {one.carer_id: one.order for one in people if one.order is not None}
    waking = {one.order for one in people if one.order is not None and one.channels}
    places = waking or set(circle.values())
    return {carer: 1 + sum(place < order for place in places) for carer, order in circle.items()}


def _fallback(card: AlertCard, policy: Policy, since: datetime, now: datetime) -> str:
    if policy.fallback_s is None:
        return ""
    at = since + timedelta(seconds=policy.fallback_s)
    if at <= now:
        return ""
    text = _("From %(time)s whoever is on call for the organisation is told too.")
    return text % {"time": wording.when(at, card.home.zone, now)}
