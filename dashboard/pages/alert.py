"""One alert: what happened in one sentence, one button, then everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.finding import Audience, ResponseKind, Severity
from core.model.ids import AlertId
from core.model.playbook import playbook_for
from core.store import circle as circle_store
from core.store import moving
from core.store import page as store
from core.store import plan as plan_store
from dashboard.answers import take
from dashboard.next_told import next_told
from dashboard.page import Page
from dashboard.roles import CALL, SEE_ACTIVITY, SEE_ALERTS, SEE_DEVICES, sight_of
from dashboard.standing import standing
from dashboard.visit import Form, Visit, Visiting, see_other
from dashboard.what_was_done import history
from dashboard.wording import emergency_number

if TYPE_CHECKING:
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ALERTS)

Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/alerts/{alert_id}")
async def alert(visiting: Visiting, alert_id: Number) -> Response:
    """Show one alert."""
    role = visiting.visitor.role
    async with visiting.acting() as connection:
        sight = sight_of(visiting.visitor)
        card = await store.card_of(connection, sight, AlertId(alert_id))
        if card is None:
            raise HTTPException(404)
        telephones = await _telephones(visiting, connection, card) if role in CALL else []
        people = await plan_store.colleagues(connection, card.home.home_id)
        parted = None
        if card.alert.audience is Audience.CARERS:
            parted = await moving.parted_lately(connection, card.home.home_id, visiting.now)
        await visiting.looked_at(connection, [card.home.home_id], "alert")
    stands = standing(card)
    return visiting.page(
        "alert.html",
        card.home.zone,
        card=card,
        playbook=playbook_for(card.alert.detector, card.alert.subject),
        stands=stands,
        next_told=next_told(card, stands, people, visiting.visitor.carer_id, visiting.now),
        history=history(card),
        telephones=telephones,
        parted=parted,
        emergency=_emergency(card) if role in CALL else "",
        see_activity=role in SEE_ACTIVITY,
        see_devices=role in SEE_DEVICES,
    )


async def _telephones(
    visiting: Visit, connection: Connection, card: store.AlertCard
) -> list[tuple[str, str]]:
    """Return name and number of the others in the circle, in the order of telling."""
    circle = await circle_store.circle_of(connection, card.home.home_id)
    numbers = await circle_store.telephones_of(connection, card.home.home_id)
    return [
        (one.name, numbers[one.carer_id])
        for one in circle
        if one.carer_id in numbers and one.carer_id != visiting.visitor.carer_id
    ]


def _emergency(card: store.AlertCard) -> str:
    urgent = card.alert.severity is Severity.URGENT
    return emergency_number(card.home.zone) if urgent else ""


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Take that this person is on it."""
    del form
    await take(visiting, AlertId(alert_id), ResponseKind.ACKNOWLEDGE)
    return see_other(f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/resolve")
async def resolve(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Take how it ended."""
    await take(
        visiting,
        AlertId(alert_id),
        ResponseKind.RESOLVE,
        outcome=form.get("outcome", ""),
        comment=form.get("comment", ""),
    )
    return see_other(f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/reopen")
async def reopen(visiting: Visiting, alert_id: Number, form: Form) -> Response:
    """Open it again: it was not over, and the telling starts anew."""
    del form
    await take(visiting, AlertId(alert_id), ResponseKind.REOPEN)
    return see_other(f"/alerts/{alert_id}")
