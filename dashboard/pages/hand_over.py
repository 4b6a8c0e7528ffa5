"""Taking an alert over from somebody, handing it back, and leaving a note without ending it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import JSONResponse, Response

from core.model.finding import ResponseKind
from core.model.ids import AlertId
from dashboard.answers import take
from dashboard.asking_again import AskAgain
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import ANSWER
from dashboard.standing import Standing
from dashboard.visit import Form, Visiting, see_other

NOTE = marked("Note for the others")
router = APIRouter()
PAGE = Page(router=router, roles=ANSWER)

Number = Annotated[int, Path(ge=1, lt=2**63)]
KINDS = {
    "take-over": ResponseKind.TAKE_OVER,
    "hand-back": ResponseKind.HAND_BACK,
    "comment": ResponseKind.COMMENT,
}


@router.post("/alerts/{alert_id}/take-over")
async def take_over(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Take that this person is on it instead of another."""
    del form
    await take(visiting, AlertId(alert_id), ResponseKind.TAKE_OVER)
    return see_other(f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/hand-back")
async def hand_back(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Take that this person can not after all: the next is told at once."""
    await take(visiting, AlertId(alert_id), ResponseKind.HAND_BACK, comment=form.get("comment", ""))
    return see_other(f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/comment")
async def comment(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Take a note for the others."""
    text = form.get("comment", "").strip()
    if not text:
        raise AskAgain("comment", NOTE)
    await take(visiting, AlertId(alert_id), ResponseKind.COMMENT, comment=text)
    return see_other(f"/alerts/{alert_id}")


@router.post("/api/alerts/{alert_id}/{answer}")
async def answer(visiting: Visiting, alert_id: Number, answer: str, form: Form) -> JSONResponse:
    """Take the same from a machine: ``take-over``, ``hand-back`` or ``comment``."""
    kind = KINDS.get(answer)
    if kind is None:
        raise HTTPException(404)
    text = form.get("comment", "").strip()
    if kind is ResponseKind.COMMENT and not text:
        raise AskAgain("comment", NOTE)
    stands = await take(visiting, AlertId(alert_id), kind, comment=text)
    return JSONResponse(facts(AlertId(alert_id), stands))


def facts(alert_id: AlertId, stands: Standing) -> dict[str, Any]:
    """Return how an alert stands as JSON."""
    return {
        "alert_id": alert_id,
        "state": stands.state.value,
        "on_it": stands.name or None,
        "on_it_since": stands.since.isoformat() if stands.since else None,
    }
