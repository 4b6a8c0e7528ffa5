"""Every link that a page offers somebody leads them somewhere: nobody is sent to what is not for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser import scene

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

LOGINS = ("resident", "ben", "worker", "clinician", "technician", "admin", "auditor")
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
NUMBER = re.compile(r"\d+")
"""Pages that differ by a number only are the same page."""
MOST = 80
"""Pages looked at for one person."""


async def dead_ends(browser: Browser) -> dict[str, str]:
    """Follow every link from the start; return those that lead nowhere, with the page that offers them."""
    waiting, known, dead = {"/": ""}, set[str](), {}
    while waiting and len(known) < MOST:
        path, offered_by = waiting.popitem()
        known.add(NUMBER.sub("#", path.partition("?")[0]))
        answer = await browser.get(path)
        if answer.status_code >= 400:
            dead[path] = offered_by
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link in LINK.findall(answer.text):
            found = link.replace("&amp;", "&")
            if NUMBER.sub("#", found.partition("?")[0]) not in known:
                waiting[found] = path
    return dead


@pytest.mark.parametrize("login", LOGINS)
async def test_every_link_leads_somewhere(visitors: Visitors, town: Town, login: str) -> None:
    town.night("ada")
    scene.forecast(town)
    scene.past_alerts(town)
    number = town.alert()
    town.deliver(number, "ben", "ntfy")
    town.alert("tom", severity="check", what="No movement since 02:10")
    town.alert(severity="check", audience="operators", what="The hub is silent")
    assert await dead_ends(await visitors.of(login)) == {}
