"""Every text of a page that clinicians open, also one that carers share with them, can be translated.

A page that is new is found by itself.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from dashboard.app import pages
from dashboard.clinician.charts import CHARTS
from dashboard.clinician.comparing import RULE_SOURCE
from dashboard.clinician.measures import MEASURES
from dashboard.language import PSEUDO
from tests.dashboard import weeks
from tests.dashboard.crossing import NEVER_ENDS, ways
from tests.dashboard.test_app import DATA, plain_words
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.servers.databases import Database

SOURCES = {one.cited.replace("`", "") for one in MEASURES} | {RULE_SOURCE.replace("`", "")}
SAID = (
    *sorted(SOURCES, key=len, reverse=True),
    *(
        "Clinician",
        "Nights",
        "Council",
        "A. Smith",
        "Rosewood",
        "Park Surgery",
        "Minutes",
        "Front door",
    ),
    *(
        "More movement at night",
        "Nothing moved",
        "Zoe came",
        "Wall",
        "Bedroom sensor",
        "clinician",
    ),
)
"""What people, devices, detectors and the writers of papers wrote: it is shown as it is."""
UNITS = re.compile(r"\b(min/h|hh:mm|min|km|IS|IV|RA|L5|M10|h|s|m)\b")
SECRET = re.compile(r"^([A-Z2-7]{4} ?)+$")
"""Of an authenticator app: it is typed."""
LETTER = re.compile(r"^[A-Z](  |$)")
"""By which pictures name a mark."""
SVG = "{http://www.w3.org/2000/svg}"
ALSO = ("/residents/1/annotations/1", "/residents/1/assessments/1", "/kit/1/{device}")
"""What only who makes something finds: numbers of the marks, assessments and kit of the test."""
PICTURES = (
    *(f"/residents/1/days/{key}.svg" for key in CHARTS),
    "/residents/1/compare/hours.svg",
    "/residents/1/compare/measures.svg",
    "/residents/1/spark.svg",
)


def plain(text: str) -> list[str]:
    """Return the words of a page that nobody could translate, without what is shown as it is."""
    found = []
    for words in plain_words(text):
        rest = words
        for said in (*SAID, *DATA):
            rest = rest.replace(said, "")
        if re.search("[A-Za-z]", UNITS.sub("", LETTER.sub("", SECRET.sub("", rest)))):
            found.append(words)
    return found


@pytest.fixture
async def lived(plain_database: Database, town: Town) -> Town:
    """Seven weeks of Ada with everything that a clinician may write about them."""
    weeks.tell(town)
    await weeks.count(plain_database.url_as("wayhome_analytics"), NOW + timedelta(hours=3))
    today, clinician = NOW.date(), town.carers["clinician"]
    finding = (
        "insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)"
        " values ('ada', 'day_change', 'notice', 'carers', 'opened', %s, %s, 'More movement at night', 1)"
    )
    town.execute(finding, NOW - timedelta(days=3), NOW - timedelta(days=2))
    town.alert(what="Nothing moved", severity="check")
    for number, kind, note in ((1, "kit", "Wall"), (2, "hospital", "")):
        town.execute(
            "insert into annotation (home_id, resident_id, number, version, kind, first_day, last_day,"
            " excludes, note, carer_id, at) values ('ada', 1, %s, 1, %s, %s, %s, %s, %s, %s, %s)",
            number, kind, today - timedelta(days=12), today - timedelta(days=11), number == 2, note,
            clinician, NOW,
        )  # fmt: skip
    town.execute(
        "insert into assessment (home_id, resident_id, question, asked_by, named_as, first_day, last_day,"
        " carer_id, at) values ('ada', 1, 'Nights', 'Council', 'name', %s, %s, %s, %s)",
        today - timedelta(days=26), today - timedelta(days=2), clinician, NOW,
    )  # fmt: skip
    town.execute(
        "insert into kit_step (home_id, assessment_id, device_id, kind, due_on, note, carer_id, at)"
        " select 'ada', 1, min(device_id), 'lent', %s, '', %s, %s from device where home_id = 'ada'",
        today - timedelta(days=1), clinician, NOW,
    )  # fmt: skip
    for kind, purpose, until in (("given", "location", 20), ("withdrawn", "research", None)):
        town.execute(
            "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
            " decided, said_by, valid_from, valid_until, carer_id, at) values ('ada', 1, %s, %s, %s, %s, %s,"
            " 'attorney', 'A. Smith', %s, %s, %s, %s)",
            kind, purpose, "Park Surgery" if kind == "withdrawn" else "",
            "public_task" if until else "", "health_or_social_care" if until else "", NOW,
            NOW + timedelta(days=until) if until else None, clinician, NOW,
        )  # fmt: skip
    return town


async def their_pages(visitors: Visitors, town: Town) -> dict[str, str]:
    """Return every page that a clinician has to log in for, in `PSEUDO`."""
    clinician, nobody = await visitors.of("clinician"), await visitors.nobody()
    device = town.number("select min(device_id) from device where home_id = 'ada'")
    walked = {
        path
        for way in ways(pages())
        if way.method == "GET" and way.path not in NEVER_ENDS
        for path in way.filled(("ada",), (1,))
    }
    found = {}
    for path in sorted(walked | {one.replace("{device}", str(device)) for one in ALSO}):
        answer = await clinician.get(path, **{"accept-language": PSEUDO})
        page = "text/html" in answer.headers.get("content-type", "") and answer.status_code == 200
        if page and str((await nobody.get(path)).url.path) == "/login":
            found[path] = answer.text
    return found


async def test_every_text_of_a_clinicians_pages_can_be_translated(
    visitors: Visitors, lived: Town
) -> None:
    pages = await their_pages(visitors, lived)
    found = {path: plain(text) for path, text in pages.items()}
    assert {path: words for path, words in found.items() if words} == {}
    assert {"/caseload", "/residents/1/days", "/consent/1", *ALSO[:2]} <= set(found)
    assert {"/today", "/homes/ada", "/homes/ada/learning", "/me", "/reach"} <= set(found)
    assert len(found) >= 25
    browser = await visitors.of("clinician")
    csrf = (await browser.client.get("/api/session")).json()["csrf"]
    wrong = await browser.client.post(
        "/residents/1/annotations",
        data={"csrf": csrf, "first": "x"},
        headers={"accept-language": PSEUDO},
    )
    assert (wrong.status_code, plain(wrong.text)) == (400, [])


async def test_every_text_of_a_picture_can_be_translated(visitors: Visitors, lived: Town) -> None:
    del lived
    browser, rooms = await visitors.of("clinician"), {"Kitchen", "Hall", "Bedroom", "Bathroom"}
    for path in PICTURES:
        answer = await browser.get(path, **{"accept-language": PSEUDO})
        picture = ET.fromstring(answer.content)  # noqa: S314 (our own)
        said = [
            "".join(one.itertext())
            for name in ("text", "title", f"{SVG}text", f"{SVG}title")
            for one in picture.iter(name)
        ]
        titles = [one.text or "" for one in picture.iter("{http://purl.org/dc/elements/1.1/}title")]
        own = [one for one in titles if "matplotlib" not in one]
        assert own, path
        # a mark is named by one letter
        found = [
            re.sub("^[A-Z](  |$)", "", one) for one in [*said, *own] if one.strip() not in rooms
        ]
        assert [one for one in found if plain(f"<p>{one}</p>")] == [], path


async def test_numbers_for_programs_stay_english(visitors: Visitors, lived: Town) -> None:
    del lived
    browser = await visitors.of("clinician")
    path = "/residents/1/days/nights.csv"
    english, other = [
        (await browser.get(path, **{"accept-language": tag})).text.splitlines()[0]
        for tag in ("en-GB", PSEUDO)
    ]
    assert english == other
    assert english.startswith("Day,To bed (hh:mm)")
