"""From referral to live and to the end: consent, pauses, and what became of what somebody needs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.commissioning import (
    FOLLOWS,
    PAUSE_LASTS,
    TEST_LASTS,
    Basis,
    NeedStage,
    NeedStep,
    Stage,
    next_need,
)
from core.model.errors import Malformed
from core.model.ids import HomeId, ResidentId
from core.store import commissioning, registry
from dashboard import away_words, walking
from dashboard.asking_again import said_wrong
from dashboard.device_form import PRINTABLE
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import SEE_SYSTEM
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.model.home import Household
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM)
log = logging.getLogger("wayhome.dashboard")

QUICKER = marked("That could not be done: somebody was quicker. This is how it stands now.")
LONGEST_NAME, LONGEST_REASON = 100, 500
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Word = TypeVar("_Word", Basis, NeedStage)


@router.get("/homes/{home_id}/steps")
async def steps(visiting: Visiting, home_id: Name) -> Response:
    """Show how far a home is, and what was done."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/steps/{wanted}")
async def step(visiting: Visiting, home_id: Name, wanted: Stage, form: Form) -> Response:
    """Take a step."""
    try:
        async with visiting.acting() as connection:
            household = await _home(visiting, HomeId(home_id))
            standing = await commissioning.stage_of(connection, household.home.home_id)
            why = _why(form, standing, wanted, visiting.now)
            done = await commissioning.take_step(
                connection, household.home.home_id, wanted, why, visiting.now
            )
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    if done is None:
        return await _page(visiting, HomeId(home_id), error=_(QUICKER), status=409)
    log.info(
        "home step",
        extra={
            "action": "home_step",
            "home": home_id,
            "stage": wanted.value,
            "carer": visiting.visitor.carer_id,
        },
    )
    page = "walk" if wanted in {Stage.COMMISSIONING, Stage.LIVE} else "steps"
    return see_other(f"/homes/{home_id}/{page}")


@router.post("/homes/{home_id}/needs")
async def need(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Write down that something is needed, or what became of it."""
    try:
        household = await _home(visiting, HomeId(home_id))
        step = _need(visiting, household, form)
        async with visiting.acting() as connection:
            _check_next(step, await commissioning.needs_of(connection, household.home.home_id))
            await commissioning.take_need_step(
                connection, household.home.home_id, visiting.visitor.carer_id, step
            )
    except Malformed as error:
        return await _page(visiting, HomeId(home_id), error=said_wrong(error), status=400)
    return see_other(f"/homes/{home_id}/steps#needs")


def _why(form: Mapping[str, str], standing: Stage, wanted: Stage, now: datetime) -> dict[str, str]:
    """Read what a step has to be told.

    Raises
    ------
    Malformed
        If a consent says not who gave it, or a home falls silent without a reason or an end.
    """
    why = {"reason": _text(form, "reason", LONGEST_REASON)}
    if wanted is Stage.COMMISSIONING:
        why["until"] = (now + TEST_LASTS).isoformat()
    if wanted is Stage.PAUSED:
        why["until"] = (now + _days(form)).isoformat()
    if wanted is Stage.CONSENTED:
        why["basis"] = _word(Basis, form.get("basis", ""), marked("basis")).value
        why["said_by"] = _text(form, "said_by", LONGEST_NAME)
        if not why["said_by"]:
            raise Malformed(marked("who agreed"), marked("the name of the person"))
    silences = standing is Stage.LIVE or wanted in {Stage.PAUSED, Stage.ENDED}
    if silences and not why["reason"]:
        raise Malformed(marked("reason"), marked("a few words, because nobody will be told"))
    return why


def _days(form: Mapping[str, str]) -> timedelta:
    given = form.get("days", "")
    if given not in {str(days) for days in PAUSE_LASTS}:
        raise Malformed(
            marked("for how long"),
            marked("one of %(days)s days"),
            days=", ".join(map(str, PAUSE_LASTS)),
        )
    return timedelta(days=int(given))


def _need(visiting: Visit, household: Household, form: Mapping[str, str]) -> NeedStep:
    name = _text(form, "need", LONGEST_NAME)
    if not name:
        raise Malformed(marked("need"), PRINTABLE, n=LONGEST_NAME)
    given = form.get("resident", "")
    people = {str(one.resident_id): one.resident_id for one in household.residents}
    if given and given not in people:
        raise Malformed(marked("for whom"), marked("somebody who lives here"))
    return NeedStep(
        need=name,
        resident_id=ResidentId(people[given]) if given else None,
        stage=_word(NeedStage, form.get("stage", NeedStage.NEED), marked("stage")),
        at=visiting.now,
        carer=visiting.visitor.name,
        note=_text(form, "note", LONGEST_REASON),
    )


def _check_next(step: NeedStep, needs: Sequence[NeedStep]) -> None:
    standing = {(one.need, one.resident_id): one.stage for one in needs}.get(
        (step.need, step.resident_id)
    )
    further = next_need(standing)
    dropped = step.stage is NeedStage.DROPPED and further is not None and standing is not None
    if step.stage is not further and not dropped:
        raise Malformed(marked("stage"), marked("the one that comes next"))


def _text(form: Mapping[str, str], field: str, longest: int) -> str:
    text = " ".join(form.get(field, "").split())
    if len(text) > longest or not text.isprintable():
        raise Malformed(
            field.replace("_", " "), marked("at most %(n)s printable characters"), n=longest
        )
    return text


def _word(words: type[_Word], given: str, field: str) -> _Word:
    try:
        return words(given)
    except ValueError as error:
        raise Malformed(field, marked("one of %(words)s"), words=", ".join(words)) from error


async def _home(visiting: Visit, home_id: HomeId) -> Household:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
    if household is None:
        raise HTTPException(404)
    return household


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200
) -> Response:
    household = await _home(visiting, home_id)
    async with visiting.acting() as connection:
        standing = await commissioning.stage_of(connection, home_id)
        done = await commissioning.steps_of(connection, home_id)
        needs = await commissioning.needs_of(connection, home_id)
        await visiting.looked_at(connection, [home_id], "steps")
    return visiting.page(
        "home_steps.html",
        household.home.zone,
        status=status,
        error=error,
        household=household,
        standing=standing,
        follows=[one for one in Stage if one in FOLLOWS[standing]],
        done=done,
        needs=[(one, next_need(one.stage)) for one in needs],
        people={one.resident_id: one.name for one in household.residents},
        walking=walking,
        Stage=Stage,
        pauses=PAUSE_LASTS,
        planned=done[0].until if done else None,
        away=done[0].away if done and standing is Stage.PAUSED else None,
        places=away_words.WHERE,
        dropped=NeedStage.DROPPED,
    )
