"""Every text of a page that technicians and administrators open can be translated, and what refuses a form.

A page that is new is found by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dashboard.app import pages
from tests.dashboard.crossing import NEVER_ENDS, ways
from tests.dashboard.test_app import DATA, plain_words
from tests.dashboard.test_carer_words import CODE, in_pseudo, lived, sent
from tests.dashboard.test_clinician_words import SOURCES, UNITS
from tests.dashboard.test_commissioning import STRANGER, _waive_all, new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

__all__ = ["lived", "new"]
HOMES = ("ada", "new")
SAID = (
    *(
        "zigbee2mqtt",
        "lounge_motion",
        "Lounge motion",
        "0x00158d",
        "Leaves at night",
        "Comes on Monday",
    ),
    *(
        "Nell",
        "Technician",
        "Admin",
        "Hidden Kim",
        "wayhome/door",
        "/hub-bundle",
        "Herbert Protocol",
    ),
    *(
        "occupancy",
        "battery",
        "Home Assistant",
        "sensor",
        "Hub",
        "Bed mat",
        "motion",
        "Bedroom",
        "x/…",
    ),
    *("testserver", "http://", "/police", "White", "Blue coat", "Clinician", "Stranger", "Auditor"),
    *("admin", "technician", "worker", "ben", "Worker", "stranger"),
    *SOURCES,
    "new",
)
"""What people and devices wrote, names of what is bought, and homes: it is shown as it is."""
LABEL = re.compile(
    r"([2-9A-HJ-NP-TV-Z]{4} ?){3}|hub-[a-z]+-[0-9a-f]{8}|([a-z0-9]{4}-){4}[a-z0-9]{4}"
)
ENGLISH = re.compile(r'<(bdi|code|pre) ?(lang="en")?>.*?</\1>', re.DOTALL)
"""What drivers, detectors and databases say: it is shown and marked as it is."""


def plain(text: str) -> list[str]:
    """Return the words of a page that nobody could translate, without what is shown as it is."""
    found = []
    for words in plain_words(ENGLISH.sub("", text)):
        rest = LABEL.sub("", CODE.sub("", words))
        for said in sorted((*SAID, *DATA), key=len, reverse=True):
            rest = rest.replace(said, "")
        if re.search("[A-Za-z]", UNITS.sub("", rest)):
            found.append(words)
    return found


async def walked(visitors: Visitors, login: str) -> dict[str, str]:
    """Return every page that this person has to log in for, in `PSEUDO`."""
    browser, nobody = await visitors.of(login), await visitors.nobody()
    paths = {
        path
        for way in ways(pages())
        if way.method == "GET" and way.path not in NEVER_ENDS
        for path in way.filled(HOMES, (1, 2))
    }
    found = {}
    for path in sorted(paths):
        answer = await browser.get(path, **{"accept-language": "en-XA"})
        page = "text/html" in answer.headers.get("content-type", "") and answer.status_code == 200
        if page and str((await nobody.get(path)).url.path) == "/login":
            found[path] = answer.text
    return found


@pytest.mark.parametrize("login", ["technician", "admin"])
async def test_every_text_of_a_technicians_pages_can_be_translated(
    visitors: Visitors, lived: Town, new: Town, login: str
) -> None:
    del lived, new
    found = await walked(visitors, login)
    wanted = {
        "/work",
        "/system",
        "/labels",
        *(f"/homes/ada/{one}" for one in ("install", "walk", "hub", "steps")),
    }
    assert wanted <= set(found)
    wrong = {path: plain(text) for path, text in found.items()}
    assert {path: words for path, words in wrong.items() if words} == {}


async def test_every_step_of_a_home_can_be_translated(visitors: Visitors, new: Town) -> None:
    technician, shown = await visitors.of("technician"), {}
    base = "/homes/new"

    async def look(when: str) -> None:
        for page in ("steps", "walk", "install", "hub"):
            shown[f"{page} {when}"] = await in_pseudo(technician, f"{base}/{page}")

    await look("referred")
    await technician.send(f"{base}/needs", need="Leaves at night", stage="need", resident="")
    await technician.send(f"{base}/steps/consented", basis="person", said_by="Nell")
    await technician.send(f"{base}/install/register", **STRANGER)
    await look("consented")
    await technician.send(f"{base}/steps/installed")
    await look("installed")
    await technician.send(f"{base}/steps/commissioning")
    new.execute(
        "update presence p set battery_percent = 7, link_quality = 9 from device d"
        " where d.device_id = p.device_id and d.home_id = 'new'"
    )
    await look("in test")
    await _waive_all(technician)
    await look("waived")
    await technician.send(f"{base}/steps/live")
    await look("live")
    await technician.send(f"{base}/steps/paused", reason="Comes on Monday", days="3")
    await look("paused")
    await technician.send(f"{base}/steps/ended", reason="Comes on Monday")
    await look("ended")
    shown["sheet"] = await sent(technician, "/labels", {"many": "12"})
    token = new.execute("select token from device_label limit 1")[0][0]
    shown["label"] = await in_pseudo(technician, f"/label/{token}?home=ada")
    shown["bundle made"] = await sent(technician, "/homes/ada/hub/make", {})
    wrong = {path: plain(text) for path, text in shown.items()}
    assert {path: words for path, words in wrong.items() if words} == {}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/homes/new/steps/consented", {"basis": "x"}),
        ("/homes/new/steps/consented", {"basis": "person"}),
        ("/homes/ada/steps/paused", {"days": "99", "reason": "x"}),
        ("/homes/ada/steps/paused", {"days": "3"}),
        ("/homes/ada/needs", {"need": ""}),
        ("/homes/ada/needs", {"need": "x", "resident": "99"}),
        ("/homes/ada/install/register", STRANGER | {"name": ""}),
        ("/homes/ada/install/register", STRANGER | {"placement": "room"}),
        ("/homes/ada/install/register", STRANGER | {"placement": "worn"}),
        ("/homes/ada/install/register", STRANGER | {"family": "none"}),
        ("/homes/new/install/register", STRANGER),
        ("/homes/ada/install/room", {"name": "Shed", "kind": "garage"}),
        ("/homes/ada/walk/waive", {"piece": "room:1", "reason": ""}),
        ("/homes/ada/hub/make", {"device": "a+b/c"}),
        ("/labels", {"many": "7"}),
        ("/hub-bundle", {"code": "nothing"}),
    ],
)  # fmt: skip
async def test_what_refuses_a_technicians_form_can_be_translated(
    visitors: Visitors, new: Town, path: str, fields: Mapping[str, str]
) -> None:
    del new
    text = await sent(await visitors.of("technician"), path, fields)
    alert = re.search(r'role="alert"[^>]*>(.*?)</p>', text, re.DOTALL)
    assert alert
    rest = re.sub(
        r"room, entrance, bed, chair, worn, object, hub|person, attorney, best_interests",
        "",
        alert[1],
    )
    rest = re.sub(
        r"bedroom, bathroom, kitchen, living, hall, other, outside|‘\+’|1, 3, 7, 14, 28", "", rest
    )
    assert plain(f"<p>{rest}</p>") == []
