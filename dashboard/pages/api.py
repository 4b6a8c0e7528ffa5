"""The same facts as on the alert pages, for machines: JSON, with the session's cookie and its token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import JSONResponse

from core.model.finding import ResponseKind
from core.model.ids import AlertId
from core.store import page as store
from dashboard.answers import take
from dashboard.page import Page
from dashboard.roles import ALL, sight_of
from dashboard.standing import Standing, standing
from dashboard.visit import Form, Visiting

router = APIRouter(prefix="/api")
PAGE = Page(router=router, roles=ALL)

MOST = 100
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/session")
async def session(visiting: Visiting) -> JSONResponse:
    """Say who is logged in, and the token that must come with every answer."""
    visitor = visiting.visitor
    return JSONResponse(
        {
            "carer_id": visitor.carer_id,
            "name": visitor.name,
            "role": visitor.role.value,
            "csrf": visitor.csrf,
        }
    )


@router.get("/alerts")
async def alerts(visiting: Visiting) -> JSONResponse:
    """List what is not resolved, most urgent first."""
    async with visiting.acting() as connection:
        cards, total = await store.open_cards(connection, sight_of(visiting.visitor), limit=MOST)
        homes = sorted({card.home.home_id for card in cards})
        await visiting.looked_at(connection, homes, "api")
    return JSONResponse(
        {
            "at": visiting.now.isoformat(),
            "total": total,
            "alerts": [facts(card, standing(card)) for card in cards],
        }
    )


@router.get("/alerts/{alert_id}")
async def alert(visiting: Visiting, alert_id: Number) -> JSONResponse:
    """Give one alert."""
    return JSONResponse(await _facts_of(visiting, AlertId(alert_id)))


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(visiting: Visiting, alert_id: Number, form: Form) -> JSONResponse:
    """Say that this person is on it."""
    del form
    await take(visiting, AlertId(alert_id), ResponseKind.ACKNOWLEDGE)
    return JSONResponse(await _facts_of(visiting, AlertId(alert_id)))


@router.post("/alerts/{alert_id}/resolve")
async def resolve(visiting: Visiting, alert_id: Number, form: Form) -> JSONResponse:
    """Say how it ended: ``outcome`` is helped, true, false or other; ``comment`` is free."""
    await take(
        visiting,
        AlertId(alert_id),
        ResponseKind.RESOLVE,
        outcome=form.get("outcome", ""),
        comment=form.get("comment", ""),
    )
    return JSONResponse(await _facts_of(visiting, AlertId(alert_id)))


async def _facts_of(visiting: Visiting, alert_id: AlertId) -> dict[str, Any]:
    async with visiting.acting() as connection:
        card = await store.card_of(connection, sight_of(visiting.visitor), alert_id)
        if card is None:
            raise HTTPException(404)
        await visiting.looked_at(connection, [card.home.home_id], "api")
    return facts(card, standing(card))


def facts(card: store.AlertCard, stands: Standing) -> dict[str, Any]:
    """Return an alert as JSON; moments are in UTC."""
    alert = card.alert
    return {
        "alert_id": alert.alert_id,
        "home_id": alert.home_id,
        "home": card.home.name,
        "zone": card.home.zone.key,
        "residents": list(card.residents),
        "detector": alert.detector,
        "severity": alert.severity.value,
        "audience": alert.audience.value,
        "state": stands.state.value,
        "onset": _moment(alert.onset),
        "opened_at": _moment(alert.opened_at),
        "cleared_at": _moment(alert.cleared_at),
        "what": alert.what,
        "unusual": alert.unusual,
        "ruled_out": list(alert.ruled_out),
        "advice": alert.advice,
        "evidence": [{"at": _moment(one.at), "text": one.text} for one in alert.evidence],
        "on_it": stands.name or None,
        "on_it_since": _moment(stands.since),
        "ended_at": _moment(stands.ended_at),
        "outcome": stands.outcome.value if stands.outcome else None,
        "told": [
            {
                "name": one.name,
                "channel": one.channel,
                "state": one.state.value,
                "sent_at": _moment(one.sent_at),
            }
            for one in card.told
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
