"""The same facts as on the pages about plans, rotas and quiet hours, for machines: JSON, moments in UTC."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from core.model import plan as plans
from core.model import quiet
from core.model.finding import Severity
from core.model.ids import HomeId
from core.store.account import CarerRole
from dashboard import plan_words
from dashboard.page import Page
from dashboard.pages.quiet import hours_of
from dashboard.pages.rota import rotas_seen, views_of
from dashboard.planning import Written, scope_of, written_for
from dashboard.roles import CARERS
from dashboard.rota_view import Line, RotaView
from dashboard.visit import Visiting

router = APIRouter(prefix="/api")
PAGE = Page(router=router, roles=CARERS | {CarerRole.ORGANISATION_ADMIN})

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/plan/organisation")
async def organisation_plan(visiting: Visiting) -> JSONResponse:
    """Give the plan of the organisation."""
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, None)
        written = await written_for(visiting, connection, scope)
    return JSONResponse(_plan(written))


@router.get("/plan/homes/{home_id}")
async def home_plan(visiting: Visiting, home_id: Name) -> JSONResponse:
    """Give the plan that holds for one home."""
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, HomeId(home_id))
        written = await written_for(visiting, connection, scope)
        await visiting.looked_at(connection, [HomeId(home_id)], "api")
    return JSONResponse(_plan(written))


@router.get("/rota")
async def rota(
    visiting: Visiting, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> JSONResponse:
    """Give who is on call now, this week and next, gaps included: of twenty rotas, and how many there are."""
    async with visiting.acting() as connection:
        views = await views_of(visiting, connection, None, page)
        total = await rotas_seen(visiting, connection)
    return JSONResponse(
        {"at": visiting.now.isoformat(), "total": total, "rotas": [_rota(one) for one in views]}
    )


@router.get("/quiet")
async def quiet_hours(visiting: Visiting) -> JSONResponse:
    """Give the quiet hours of who asks."""
    async with visiting.acting() as connection:
        kept = await hours_of(visiting, connection)
    until = kept.until(visiting.now)
    return JSONResponse(
        {
            "zone": kept.zone.key,
            "windows": quiet.to_json(kept.windows),
            "until": until.isoformat() if until else None,
        }
    )


def _plan(written: Written) -> dict[str, Any]:
    scope, home = written.scope, written.scope.home is not None
    return {
        "home_id": scope.home_id,
        "may_change": scope.may_change,
        "severities": {
            one.value: {
                "own": written.is_own(one),
                "policy": plans.to_json(written.plan.of(one)),
                "sentences": plan_words.sentences(
                    written.plan.of(one), scope.people, one_home=home
                ),
            }
            for one in Severity
        },
    }


def _rota(view: RotaView) -> dict[str, Any]:
    return {
        "rota_id": view.rota.rota_id,
        "home_id": view.rota.home_id,
        "zone": view.rota.zone.key,
        "now": _line(view.now),
        "stretches": [_line(one) for _, lines in view.weeks for one in lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "from": line.stretch.start.isoformat(),
        "to": line.stretch.end.isoformat(),
        "on_call": line.name or None,
        "standing_in": line.stretch.cover_id is not None,
    }
