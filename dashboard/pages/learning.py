"""What carers' answers have changed in a home, line by line: to confirm, to undo, and to add to."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.ids import HomeId
from core.model.learning import MarginDecision, MissedEvent, MissedKind, Verdict, Why
from core.store import learning as store
from core.store import registry
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY, may_answer
from dashboard.visit import Form, NotYours, Visiting, see_other
from dashboard.wording import MISSED, OLDEST_MISSED

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from core.model.learning import MarginChange

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY)
log = logging.getLogger("wayhome.dashboard")

SHOWN = timedelta(days=180)
MOST_REPORTS = 50
LONGEST_WHAT = 2000
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/homes/{home_id}/learning")
async def learning(visiting: Visiting, home_id: Name) -> Response:
    """Show what answers have changed, the latest first."""
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, HomeId(home_id))
        if household is None:
            raise HTTPException(404)
        home = household.home
        changes = await store.changes_of(connection, home.home_id, visiting.now - SHOWN)
        reports = await store.missed_of(connection, home.home_id, MOST_REPORTS)
        asked = await store.undecided(connection, home.home_id)
        people = [change.carer_id for change in changes] + [one.carer_id for one in reports]
        names = await store.names(connection, people)
        await visiting.looked_at(connection, [home.home_id], "learning")
    decided = asked | {one.of_change for one in changes if one.of_change is not None}
    return visiting.page(
        "learning.html",
        home.zone,
        home=home,
        waiting=[one for one in changes if one.waiting and one.change_id not in decided],
        changes=[(one, _may_undo(one, decided)) for one in reversed(changes)],
        asked=asked,
        reports=reports,
        names=names,
        can_decide=may_answer(visiting.visitor),
    )


@router.post("/homes/{home_id}/missed")
async def missed(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Take a report that something happened and nobody was told."""
    _may(visiting)
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, HomeId(home_id))
        if household is None:
            raise HTTPException(404)
        at = _happened(form.get("happened_at", ""), household.home.zone, visiting.now)
        kind = _kind(form.get("kind", ""))
        if at is None or kind is None:
            return visiting.page(
                "missed.html",
                household.home.zone,
                status=400,
                home=household.home,
                missed=MISSED,
                oldest=OLDEST_MISSED,
                mistakes=[*["happened_at"] * (at is None), *["kind"] * (kind is None)],
            )
        report = MissedEvent(
            home_id=household.home.home_id,
            carer_id=visiting.visitor.carer_id,
            at=visiting.now,
            happened_at=at,
            kind=kind,
            what=form.get("what", "").replace("\0", "").strip()[:LONGEST_WHAT],
        )
        await store.report_missed(connection, report)
    log.info("missed event", extra={"action": "missed_event", "carer": report.carer_id})
    return see_other(f"/homes/{home_id}/learning")


@router.post("/homes/{home_id}/learning/{change_id}/confirm")
async def confirm(visiting: Visiting, home_id: Name, change_id: Number, form: Form) -> Response:
    """Let a change that waits have its effect, in this person's name."""
    del form
    return await _decide(visiting, HomeId(home_id), change_id, Verdict.CONFIRM)


@router.post("/homes/{home_id}/learning/{change_id}/undo")
async def undo(visiting: Visiting, home_id: Name, change_id: Number, form: Form) -> Response:
    """Take a change back, in this person's name."""
    del form
    return await _decide(visiting, HomeId(home_id), change_id, Verdict.UNDO)


async def _decide(
    visiting: Visiting, home_id: HomeId, change_id: int, verdict: Verdict
) -> Response:
    _may(visiting)
    decision = MarginDecision(
        home_id=home_id,
        change_id=change_id,
        carer_id=visiting.visitor.carer_id,
        verdict=verdict,
        at=visiting.now,
    )
    async with visiting.acting() as connection:
        change = await store.change_with(connection, change_id)
        if change is None or change.home_id != home_id:
            raise HTTPException(404)
        await store.decide(connection, decision)
    log.info(
        "change decided",
        extra={
            "action": "margin_decided",
            "change": change_id,
            "carer": decision.carer_id,
            "verdict": verdict.value,
        },
    )
    return see_other(f"/homes/{home_id}/learning")


def _may(visiting: Visiting) -> None:
    if not may_answer(visiting.visitor):
        raise NotYours


def _may_undo(change: MarginChange, decided: set[int]) -> bool:
    return change.why is not Why.UNDONE and change.change_id not in decided


def _kind(word: str) -> MissedKind | None:
    return next((kind for kind in MissedKind if kind == word), None)


def _happened(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return what a person typed as the time on the home's clock; None where it can not have been then."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = typed if typed.tzinfo is not None else typed.replace(tzinfo=zone)
    return at if now - OLDEST_MISSED <= at <= now + timedelta(minutes=1) else None
