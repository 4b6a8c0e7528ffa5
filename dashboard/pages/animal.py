"""Whether an animal lives in a home, said by the family: they know of it before anybody comes to see."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.model.home import Animal
from core.model.ids import HomeId
from core.store import people, registry
from dashboard.device_form import ANIMALS
from dashboard.language import _
from dashboard.page import Page
from dashboard.roles import SEE_CIRCLES
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=SEE_CIRCLES)
log = logging.getLogger("wayhome.dashboard")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/homes/{home_id}/animal")
async def animal(visiting: Visiting, home_id: Name) -> Response:
    """Show what was said, with a form for who arranges the circle."""
    return await _page(visiting, HomeId(home_id))


@router.post("/homes/{home_id}/animal")
async def say(visiting: Visiting, home_id: Name, form: Form) -> Response:
    """Take what the family says."""
    chosen = form.get("animal", "")
    if chosen not in set(Animal):
        error = str(Malformed(_("animal"), _("one of the answers")))
        return await _page(visiting, HomeId(home_id), error=error, status=400)
    async with visiting.acting() as connection:
        done = await registry.set_animal(connection, HomeId(home_id), Animal(chosen))
    if done is None:
        raise HTTPException(404)
    extra = {"action": "animal_said", "home": home_id, "carer": visiting.visitor.carer_id}
    log.info("animal said", extra=extra)
    return see_other(f"/homes/{home_id}/animal")


async def _page(
    visiting: Visit, home_id: HomeId, *, error: str = "", status: int = 200
) -> Response:
    async with visiting.acting() as connection:
        household = await registry.household_of(connection, home_id)
        if household is None:
            raise HTTPException(404)
        arranged = await people.arranges(connection, home_id)
        await visiting.looked_at(connection, [home_id], "animal")
    return visiting.page(
        "animal.html",
        household.home.zone,
        status=status,
        home=household.home,
        residents=[one.name for one in household.residents],
        animals=ANIMALS,
        arranged=arranged,
        error=error,
    )
