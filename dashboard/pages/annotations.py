"""What is marked in a resident's days: written, changed and taken back by people, never deleted."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from core.model.errors import Malformed
from core.store import annotation as store
from core.store.annotation import NewVersion
from dashboard.clinician import annotating
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Form, Visiting, see_other

if TYPE_CHECKING:
    from core.model.annotation import Annotation
    from core.store.review import Lived
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked
log = logging.getLogger("wayhome.dashboard")
Which = Annotated[int, Path(ge=1, le=2**31 - 1)]
QUICKER = marked(
    "Somebody changed it while you were writing. Below is how it stands now; nothing of yours was kept."
)


@router.get("/residents/{number}/annotations")
async def list_annotations(visiting: Visiting, number: Number) -> Response:
    """Show what is marked, its trail, and the form for more."""
    return await _page(visiting, number)


@router.get("/residents/{number}/annotations/{which}")
async def one_annotation(visiting: Visiting, number: Number, which: Which) -> Response:
    """Show the form that changes one."""
    return await _page(visiting, number, which)


@router.post("/residents/{number}/annotations")
async def add(visiting: Visiting, number: Number, form: Form) -> Response:
    """Mark a day or a span."""
    return await _keep(visiting, number, None, form)


@router.post("/residents/{number}/annotations/{which}")
async def change(visiting: Visiting, number: Number, which: Which, form: Form) -> Response:
    """Change what is marked, or take it back; the versions before stay."""
    return await _keep(visiting, number, which, form)


async def _keep(visiting: Visit, number: int, which: int | None, form: dict[str, str]) -> Response:
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "annotations")
        trail = await store.trail_of(connection, lived.resident.resident_id) if lived else ()
    if lived is None:
        raise refuse()
    stands = _stands(trail, which)
    try:
        new = _new(visiting, lived, stands, form)
    except Malformed as error:
        return await _page(visiting, number, which, {error.field: error.expected}, form)
    async with visiting.acting() as connection:
        kept = await store.keep(connection, new)
    if not kept:
        return await _page(visiting, number, which, {"": _(QUICKER)})
    _noted(visiting, new)
    return see_other(f"/residents/{number}/annotations")


def _new(
    visiting: Visit, lived: Lived, stands: Annotation | None, form: dict[str, str]
) -> NewVersion:
    withdraws = form.get("do") == "withdraw"
    today = visiting.now.astimezone(lived.home.zone).date()
    reason = ""
    if stands is not None:
        reason = annotating.text_in(
            form, "reason", longest=200, wanted=_("why: the trail will say it")
        )
    marking = (
        stands.marking if stands is not None and withdraws else annotating.marking_in(form, today)
    )
    return NewVersion(
        resident_id=lived.resident.resident_id,
        home_id=lived.home.home_id,
        number=stands.number if stands else None,
        base=_base(form) if stands else 0,
        marking=marking,
        carer_id=visiting.visitor.carer_id,
        at=visiting.now,
        withdrawn=withdraws and stands is not None,
        reason=reason,
    )


def _base(form: dict[str, str]) -> int:
    given = form.get("base", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0  # noqa: PLR2004


def _stands(trail: tuple[Annotation, ...], which: int | None) -> Annotation | None:
    """Return the last version of one that still counts."""
    if which is None:
        return None
    found = [one for one in trail if one.number == which]
    if not found or found[-1].withdrawn:
        raise HTTPException(404)
    return found[-1]


async def _page(
    visiting: Visit,
    number: int,
    which: int | None = None,
    mistakes: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "annotations")
        trail = await store.trail_of(connection, lived.resident.resident_id) if lived else ()
    if lived is None:
        raise refuse()
    stands = _stands(trail, which)
    today = visiting.now.astimezone(lived.home.zone).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    typed = annotating.typed(stands.marking) if stands else {"first": yesterday}
    return visiting.page(
        "annotations.html",
        lived.home.zone,
        status=400 if mistakes else 200,
        lived=lived,
        stands=stands,
        trails=[list(versions) for __, versions in groupby(trail, key=lambda one: one.number)],
        annotating=annotating,
        mistakes=mistakes or {},
        typed=typed if fields is None else fields,
    )


def _noted(visiting: Visit, new: NewVersion) -> None:
    action = "annotation_withdrawn" if new.withdrawn else "annotation_kept"
    log.info(
        "annotation kept",
        extra={
            "action": action,
            "carer": visiting.visitor.carer_id,
            "resident": new.resident_id,
            "version": new.base + 1,
        },
    )
