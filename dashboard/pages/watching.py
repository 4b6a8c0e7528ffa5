"""When a home was not watched, what ends soon, and who was told: where the messages about it lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from core.model.watching import RENEWERS_AHEAD, WatchState, WhyNot, ending
from core.store import timeline
from core.store import watch_history as store
from core.store.watch_history import Heard
from core.store.watching import homes_ending
from dashboard import basis_form
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import KEEP_BASES, SEE_ACTIVITY
from dashboard.visit import Visiting

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY)

MOST = 50
"""Changes that are shown, the latest first."""
STATES: Mapping[WatchState, str] = {
    WatchState.WATCHED: marked("Watched again"),
    WatchState.UNLOCATED: marked("Watched indoors only"),
    WatchState.RESTING: marked("Nobody at home: watching rests"),
    WatchState.UNWATCHED: marked("Not watched"),
}
SHAPES = {
    WatchState.WATCHED: "well",
    WatchState.UNLOCATED: "check",
    WatchState.RESTING: "test",
    WatchState.UNWATCHED: "blind",
}
WHY: Mapping[WhyNot, str] = {
    WhyNot.NONE: "",
    WhyNot.WITHDRAWN: marked("Somebody no longer agrees."),
    WhyNot.LAPSED: marked("What was agreed had a last day, and it has passed."),
    WhyNot.LATER: marked("What was agreed does not begin yet."),
    WhyNot.PAUSED: marked("The home was paused."),
    WhyNot.TESTED: marked("The sensors are being tested."),
    WhyNot.AWAY: marked("A carer said that nobody is at home."),
    WhyNot.ENDED: marked("Watching here has ended for good."),
}
MEANS: Mapping[WatchState, str] = {
    WatchState.WATCHED: "",
    WatchState.UNLOCATED: marked("If somebody gets lost outdoors, we cannot tell you."),
    WatchState.RESTING: marked(
        "Silence, doors and outings are not told; calls for help and smoke are."
    ),
    WatchState.UNWATCHED: marked("Nobody is told if something goes wrong there."),
}
HEARD: Mapping[Heard, str] = {
    Heard.WAITS: marked("will be told"),
    Heard.TAKEN_BACK: marked("was not told of that: it had changed again, or they had left"),
    Heard.UNDER_WAY: marked("is being told"),
    Heard.SENT: marked("was told"),
    Heard.FAILED: marked("could not be told: please ring them"),
    Heard.PAGE_ONLY: marked("has no phone or address here: please ring them"),
    Heard.LONG_AGO: marked("was told"),
}
TIMED = frozenset({Heard.WAITS, Heard.SENT, Heard.LONG_AGO})
"""Where the time is worth saying."""


@router.get("/watching")
async def watched_or_not(visiting: Visiting) -> Response:
    """Show which homes are not watched, what ends soon, and who was told of each change."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        changes = await store.changes(connection, MOST)
        soon = [
            (home, review)
            for home in await homes_ending(connection, visiting.now, RENEWERS_AHEAD)
            for review in ending(home.now, visiting.now)
        ]
        names = await store.home_names(connection, [home.home_id for home, _ in soon])
        seen = {one.home_id for one in changes} | set(names)
        await visiting.looked_at(connection, sorted(seen), "watching")
    return visiting.page(
        "watching.html",
        zone,
        changes=changes,
        soon=sorted(soon, key=lambda one: one[1].ends_at),
        names=names,
        states=STATES,
        shapes=SHAPES,
        why=WHY,
        means=MEANS,
        heard=HEARD,
        timed=TIMED,
        purposes=basis_form.PURPOSES,
        renews=visiting.visitor.role in KEEP_BASES,
    )
