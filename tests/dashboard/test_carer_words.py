"""Every text of a page that carers open can be translated, and so can what refuses a form of theirs.

A page that is new is found by itself. What the police get stays in the language of their form: it says so.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from core.store.account import CarerRole
from dashboard.app import pages
from dashboard.language import PSEUDO
from dashboard.layout import FOLDER
from dashboard.page import navigation
from scripts import translate
from tests.browser import scene
from tests.dashboard.crossing import NEVER_ENDS, ways
from tests.dashboard.missing_words import ANSWERS, a_photo
from tests.dashboard.test_app import DATA, plain_words
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

SAID = (
    *sorted(ANSWERS.values(), key=len, reverse=True),
    *("Hidden Kim", "Herbert Protocol", "Bed mat", "sensor", "Hub", "worker", "ben", "testserver"),
    *(
        "http://",
        "/police",
        "/join",
        "/calendar/",
        ".ics",
        "White",
        "Admin",
        "Worker",
        "Blue coat",
        "x/…",
    ),
)
"""What people and devices wrote, and addresses: it is shown as it is."""
CODE = re.compile(
    r"http://testserver\S+|\b([A-Z2-7]{4}[ -]?){4,}[A-Z2-7]*|^[A-Z0-9]{5}$|\b[a-z]+-\d{5}\b"
)
"""Of an authenticator app, an invitation, a link for the police or a new login: it is typed."""
OUTSIDE_PAGES = {"push-worker.js": "a push speaks the language of the letters: no page is open"}
SENTENCE = re.compile(r"""["'`][A-Z][a-z]+ [a-z]+[^"'`]*["'`]""")
"""Words for people in a script."""


def plain(text: str) -> list[str]:
    """Return the words of a page that nobody could translate, without what is shown as it is."""
    found = []
    for words in plain_words(text):
        rest = CODE.sub("", words)
        for said in (*SAID, *DATA):
            rest = rest.replace(said, "")
        if re.search("[A-Za-z]", re.sub(r"\b(min|h|m|km)\b", "", rest)):
            found.append(words)
    return found


VISIT = {"by": "care", "start": "08:00", "end": "09:00"}


def telling(town: Town) -> None:
    """Ben is first: a plan of their own, a rota with a gap, a cover and two that wait, quiet hours."""
    ben, mia = town.carers["ben"], town.carers["mia"]
    town.execute("update care set telling_order = 2 where carer_id = %s", mia)
    for carer in (ben, mia):
        town.execute("insert into contact_point values (%s, 'ntfy', 'https://x')", carer)
        town.execute(
            "insert into quiet_hours values (%s, 'Europe/London',"
            ' \'[{"days": [0,1,2,3,4], "start": 60, "end": 420}, {"days": [6], "start": 0, "end": 0}]\', %s)',
            carer,
            NOW,
        )
    rota = town.number(
        "insert into rota (organisation_id, home_id, zone) values ('leeds', 'ada', 'Europe/London')"
        " returning rota_id"
    )
    town.execute(
        "insert into rota_shift (rota_id, carer_id, days, start_min, end_min)"
        " values (%s, %s, '{0,2,5}', 0, 1200)",
        rota,
        mia,
    )
    for state, carer, by in (("agreed", ben, ben), ("asked", ben, mia), ("asked", mia, ben)):
        town.execute(
            "insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state,"
            " decided_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            rota, NOW + timedelta(hours=2), NOW + timedelta(hours=3), carer, by, NOW, state, NOW,
        )  # fmt: skip


def expected(town: Town) -> None:
    """Visits of each kind: on some days, every day, on one night, from a day until a day; one has ended."""
    for visitor, days, first, last in (
        ("care", [0, 1, 2, 3, 4], None, None), ("nurse", list(range(7)), "2026-02-01", "2027-01-05"),
        ("family", [3], "2026-01-15", "2026-01-15"), ("other", [0, 5], None, "2026-03-01"),
        ("other", [6], None, None),
    ):  # fmt: skip
        town.execute(
            "insert into expected_visit (home_id, visitor, days, start_min, end_min, first_day, last_day,"
            " carer_id, at) values ('ada', %s, %s, 1410, 30, %s, %s, %s, %s)",
            visitor, days, first, last, town.carers["mia"], NOW,
        )  # fmt: skip
    town.execute("update expected_visit set ended_at = at, ended_by = carer_id where days = '{6}'")
    town.execute("update expected_visit set carer_id = null where visitor = 'care'")


def profile(town: Town) -> None:
    """Write down two versions of a profile, the photo of one of them older than a year."""
    ben = town.carers["ben"]
    photo = town.number(
        "insert into profile_photo (home_id, resident_id, carer_id, at, width, height, content)"
        " values ('ada', 1, %s, %s, 900, 1200, %s) returning photo_id",
        ben,
        NOW - timedelta(days=400),
        a_photo(),
    )
    for version, old in ((1, None), (2, photo)):
        town.execute(
            "insert into missing_profile (home_id, resident_id, version, form, answers, section, photo_id,"
            " carer_id, at) values ('ada', 1, %s, 'national', %s, 'health', %s, %s, %s)",
            version, Jsonb(ANSWERS | {"hair": f"White, {version}"}), old, ben,
            NOW - timedelta(days=200 - version),
        )  # fmt: skip


def ailing(town: Town) -> None:
    """Let devices need somebody: a low battery, one never heard, one that is gone."""
    of = "from device d where d.device_id = p.device_id and d.home_id = 'ada' and d.name ="
    town.execute(f"update presence p set battery_percent = 7 {of} 'Kitchen sensor'")
    town.execute(f"update presence p set online = false {of} 'Hall sensor'")
    town.execute(f"delete from presence p using device d where {of.partition('where ')[2]} 'Hub'")


@pytest.fixture
def lived(town: Town) -> Town:
    """A month with everything that a family sees."""
    town.night("ada")
    scene.month(town)
    scene.forecast(town)
    scene.past_alerts(town)
    scene.telephone(town, "mia", "+447700900123")
    number = town.alert()
    town.deliver(number, "ben", "ntfy")
    ailing(town)
    telling(town)
    expected(town)
    profile(town)
    return town


async def made(ben: Browser) -> dict[str, str]:
    """Do what leads to further pages: a pack, links to it, an invitation, a calendar; return those."""
    pack = (await ben.send("/missing/1/pack")).headers["location"]
    await ben.send(f"{pack}/told", clothing="Blue coat")
    await ben.send(f"{pack}/links", hours="48", position="yes")
    link = (await ben.send(f"{pack}/links", hours="4")).headers["location"]
    shown = {one: await in_pseudo(ben, one) for one in (pack, link)}
    await ben.send(f"{link}/end")
    shown |= {f"{one}, ended": await in_pseudo(ben, one) for one in (pack, link)}
    for path, fields in (
        ("/people/invite", {"name": "Hidden Kim", "role": "family_carer", "home": "ada"}),
        ("/calendar", {}),
        ("/plan/homes/ada/check", {"who1": "place-1", "who2": "carer-99", "repeat": "9"}),
    ):
        shown[path] = await sent(ben, path, fields)
    return shown


async def in_pseudo(browser: Browser, path: str) -> str:
    answer = await browser.get(path, **{"accept-language": PSEUDO})
    assert answer.status_code == 200, path
    return answer.text


async def sent(browser: Browser, path: str, fields: Mapping[str, str]) -> str:
    """Return the answer to a form in `PSEUDO`."""
    csrf = (await browser.client.get("/api/session")).json()["csrf"]
    answer = await browser.client.post(
        path, data={"csrf": csrf, **fields}, headers={"accept-language": PSEUDO}
    )
    assert answer.status_code in {200, 400, 404, 422}, (path, answer.status_code)
    return answer.text


async def their_pages(visitors: Visitors, ben: Browser) -> dict[str, str]:
    """Return every page that this carer has to log in for, in `PSEUDO`."""
    texts = ("ada", "urgent", "notice", "person", "health", "places")
    walked = {
        path
        for way in ways(pages())
        if way.method == "GET" and way.path not in NEVER_ENDS
        for path in way.filled(texts, (1, 2))
    }
    nobody = await visitors.nobody()
    found = {}
    for path in sorted(walked):
        answer = await ben.get(path, **{"accept-language": PSEUDO})
        page = "text/html" in answer.headers.get("content-type", "") and answer.status_code == 200
        if page and str((await nobody.get(path)).url.path) == "/login":
            found[path] = answer.text
    return found


async def test_every_text_of_a_carers_pages_can_be_translated(
    visitors: Visitors, lived: Town
) -> None:
    del lived
    ben = await visitors.of("ben")
    made_by_hand = await made(ben)
    found = {**await their_pages(visitors, ben), **made_by_hand}
    plan, missing = {"/plan/homes/ada", "/rota", "/quiet"}, {"/missing/1", "/missing/1/versions/2"}
    assert found["/homes/ada/visits"].count("/end") == 4
    assert {"/today", "/people", "/looked", "/homes/ada/devices", *plan, *missing} <= set(found)
    assert len(found) >= 35
    wrong = {path: plain(text) for path, text in found.items()}
    assert {path: words for path, words in wrong.items() if words} == {}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/quiet", {"start": "22:00", "end": "07:00"}),
        ("/quiet", {f"day{n}": "1" for n in range(7)} | {"start": "08:00", "end": "08:00"}),
        ("/quiet", {"day1": "1", "start": "late", "end": "07:00"}),
        ("/quiet", {"day1": "1", "start": "22:00", "end": "07:00", "zone": "Nowhere"}),
        ("/rota/1/covers", {"carer": "1", "decide": "1"}),
        ("/rota/1/covers", {"carer": "1", "decide": "1", "starts": "2026-02-16T10:00", "ends": "2026-04-16T10:00"}),  # noqa: E501
        ("/rota/1/covers", {"carer": "1", "starts": "2026-02-16T10:00", "ends": "2026-02-16T12:00"}),
        ("/rota/homes/ada/shifts", {"carer": "2", "day0": "1", "start": "08:00", "end": "09:00"}),
        ("/rota/homes/ada/shifts", {"carer": "", "day0": "1", "start": "08:00", "end": "09:00"}),
        ("/plan/homes/ada/urgent", {"who1": "place-7", "after2": "x", "who2": "place-1", "repeat": "5"}),
        ("/plan/homes/ada/urgent", {"who1": "place-9", "who2": "place-2", "by1": "fax", "repeat": "2000"}),
        ("/plan/homes/ada/urgent", {"who1": "on-call", "who2": "everybody", "by2": "web"}),
        ("/people/invite", {"name": "", "role": "family_carer", "home": "ada"}),
        ("/homes/ada/visits", {}),
        ("/homes/ada/visits", dict.fromkeys(("by", "once", "start", "end", "first", "last"), "4")),
        ("/homes/ada/visits", VISIT | {"once": "2026-01-01"}),
        ("/homes/ada/visits", VISIT | {"day2": "1", "last": "2029-01-01"}),
        ("/homes/ada/visits", VISIT | {"day2": "1", "last": "2026-01-16"}),
        ("/homes/ada/visits", VISIT | {"day2": "1", "end": "08:01"}),
        ("/missing/1/profile/person", {"born": "soon", "gender": "x" * 300}),
        ("/missing/1/profile/home", {"address": "card 4111 1111 1111 1111", "address_point": "x"}),
    ],
)  # fmt: skip
async def test_what_refuses_a_carers_form_can_be_translated(
    visitors: Visitors, lived: Town, path: str, fields: dict[str, str]
) -> None:
    del lived
    text = await sent(await visitors.of("ben"), path, fields)
    assert 'role="alert"' in text
    assert plain(re.sub("card 4111 1111 1111 1111|Nowhere|x{300}", "", text)) == []


async def test_what_is_to_be_done_about_devices_can_be_translated(
    visitors: Visitors, lived: Town
) -> None:
    del lived
    text = await in_pseudo(await visitors.of("technician"), "/work")
    assert text.count("<article") >= 2
    main = text.partition("<main")[2].partition("</main>")[0]
    assert plain(f"<main{main}") == []


async def test_what_an_invitation_opens_can_be_translated(visitors: Visitors, town: Town) -> None:
    del town
    ben, kim = await visitors.of("ben"), await visitors.nobody()
    shown = await ben.send("/people/invite", name="Hidden Kim", role="family_carer", home="ada")
    (code,) = re.findall(r"/join#([A-Z2-7-]+)", shown.text)
    pages_ = [await kim.get("/join", **{"accept-language": PSEUDO})]
    entry = re.search(r'name="entry" value="([^"]+)"', pages_[0].text)
    assert entry
    for path, fields in (
        ("/join", {"code": "AAAA"}),
        ("/join", {"code": code}),
        ("/join/password", {"name": "", "password": "x"}),
    ):
        pages_.append(
            await kim.client.post(
                path,
                data={"entry": entry[1], **fields},
                headers={"accept-language": PSEUDO},
                follow_redirects=True,
            )
        )
    assert [plain(one.text) for one in pages_] == [[], [], [], []]
    assert 'lang="en-XA"' in pages_[-1].text


async def test_the_police_read_one_language_whoever_makes_the_pack(
    visitors: Visitors, lived: Town
) -> None:
    del lived
    ben = await visitors.of("ben")
    pack = (await ben.send("/missing/1/pack")).headers["location"]
    answers = [
        (await ben.get(f"{pack}/pack.json", **{"accept-language": tag})).text
        for tag in ("en-GB", PSEUDO)
    ]
    assert answers[0] == answers[1]
    assert "Last movement in the home" in answers[0]


def test_scripts_hold_no_words_for_people() -> None:
    found = {
        path.name: SENTENCE.findall(re.sub(r"//.*", "", path.read_text()))
        for path in sorted((FOLDER / "static").glob("*.js"))
        if path.name not in OUTSIDE_PAGES
    }
    assert {name: words for name, words in found.items() if words} == {}
    assert SENTENCE.findall('const WRONG = "It did not work, or it was stopped.";'), "it would show"


def test_every_page_in_the_bar_has_a_title_that_can_be_translated() -> None:
    known = {message.id for message in translate.collected()}
    carers = (CarerRole.FAMILY_CARER, CarerRole.CARE_WORKER, CarerRole.RESIDENT)
    assert {page.title for role in carers for page in navigation(role)} <= known
