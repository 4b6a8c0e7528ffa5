"""The profile: one section after the other, each saved as a version of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from core.model.missing import Profile
from core.store import missing
from dashboard.language import _
from dashboard.missing import desk
from dashboard.missing.checking import check_answers
from dashboard.missing.desk import Folder, Number
from dashboard.missing.form import Section
from dashboard.page import Page
from dashboard.roles import SEARCH
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=SEARCH)
log = logging.getLogger("wayhome.dashboard")


@router.get("/missing/{resident_id}/profile/{name}")
async def section(visiting: Visiting, resident_id: Number, name: str) -> Response:
    """Show a section to be filled in."""
    async with visiting.acting() as connection:
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        asked = _section(kept, name)
        await visiting.looked_at(connection, [kept.person.home.home_id], "missing_profile")
    answers = kept.profile.answers if kept.profile else {}
    return _form_page(visiting, kept, asked, dict(answers))


@router.post("/missing/{resident_id}/profile/{name}")
async def save(visiting: Visiting, resident_id: Number, name: str, form: Form) -> Response:
    """Save a section as a new version; others' changes of the same section are not run over."""
    async with visiting.acting() as connection:
        person = await desk.person(connection, resident_id)
        await missing.lock_profile(connection, person.resident.resident_id)
        kept = await desk.folder(connection, visiting.site.settings, resident_id)
        asked = _section(kept, name)
        today = visiting.now.astimezone(person.home.zone).date()
        answers, wrong = check_answers(asked.fields, form, today)
        if wrong:
            return _form_page(visiting, kept, asked, answers, Trouble(wrong=wrong))
        if await _overtaken(connection, kept, asked, form.get("base", "")):
            return _form_page(visiting, kept, asked, answers, Trouble(overtaken=True))
        others = kept.profile.answers if kept.profile else {}
        own = {each for one in asked.fields for each in one.names}
        merged = {key: value for key, value in others.items() if key not in own} | answers
        await missing.save_profile(
            connection, desk.next_version(visiting, kept, asked.name, merged)
        )
    log.info(
        "profile saved",
        extra={
            "action": "profile_saved",
            "resident": resident_id,
            "carer": visiting.visitor.carer_id,
            "section": asked.name,
        },
    )
    after = kept.form.after(asked.name) if form.get("then") == "on" else None
    return see_other(
        f"/missing/{resident_id}/profile/{after.name}" if after else f"/missing/{resident_id}"
    )


def _section(kept: Folder, name: str) -> Section:
    found = kept.form.section(name)
    if found is None:
        raise HTTPException(404)
    return found


async def _overtaken(connection: Connection, kept: Folder, asked: Section, base: str) -> bool:
    """Tell whether somebody else changed this section since the page was opened."""
    newest = kept.profile
    if newest is None or base == str(newest.version):
        return False
    before: Profile | None = None
    if base.isascii() and base.isdigit() and len(base) < 10:  # noqa: PLR2004
        before = await missing.profile_version(connection, newest.resident_id, int(base))
    said = before.answers if before else {}
    return any(
        said.get(name, "") != newest.answers.get(name, "")
        for one in asked.fields
        for name in one.names
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a section could not be saved."""

    #: By answer, what is wrong with it.
    wrong: dict[str, str] = field(default_factory=dict)
    #: Somebody else saved the section meanwhile.
    overtaken: bool = False


def _form_page(
    visiting: Visit,
    kept: Folder,
    asked: Section,
    answers: dict[str, str],
    trouble: Trouble | None = None,
) -> Response:
    current = dict(kept.profile.answers) if kept.profile else {}
    trouble = trouble or Trouble()
    refused = 422 if trouble.wrong else 409 if trouble.overtaken else 200
    return visiting.page(
        "missing_section.html",
        kept.person.home.zone,
        status=refused,
        kept=kept,
        resident=kept.person.resident,
        section=asked,
        number=[one.name for one in kept.form.sections].index(asked.name) + 1,
        after=kept.form.after(asked.name),
        answers=answers,
        wrong=trouble.wrong,
        overtaken=_said_now(asked, current, answers) if trouble.overtaken else [],
        base=kept.profile.version if kept.profile else 0,
    )


def _said_now(
    asked: Section, current: dict[str, str], typed: dict[str, str]
) -> list[tuple[str, str]]:
    """Return what now stands in a section where it is not what was typed: question and answer."""
    return [
        (_(one.label), current.get(name, ""))
        for one in asked.fields
        for name in one.names
        if current.get(name, "") != typed.get(name, "")
    ]
