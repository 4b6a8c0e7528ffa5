"""The missing-person pages as carers use them: one tap, steps, photo, versions, and the walls around them."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from dashboard.guard import LONGEST_PHOTO
from tests.dashboard.missing_words import a_photo
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    import httpx

    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors


def resident(town: Town, home: str = "ada") -> int:
    return town.number("select resident_id from resident where home_id = %s", home)


def tracker(town: Town, minutes: float = 4) -> None:
    number = town.device("ada", "Pendant", "worn", "")
    town.execute(
        "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
        " received_at) values (%s, %s, 53.80712, -1.54981, 15, 'ada', %s)",
        NOW - timedelta(minutes=minutes),
        number,
        NOW,
    )


async def make_pack(browser: Browser, number: int) -> str:
    answer = await browser.send(f"/missing/{number}/pack")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def upload(browser: Browser, number: int, content: bytes, **fields: str) -> httpx.Response:
    csrf = (await browser.client.get("/api/session")).json()["csrf"]
    return await browser.client.post(
        f"/missing/{number}/photo",
        data={"csrf": csrf, **fields},
        files={"photo": ("IMG_1.jpg", content, "image/jpeg")},
    )


@pytest.mark.parametrize(
    ("zone", "called", "never"),
    [
        ("Europe/London", "Call 999 now", "112"),
        ("Europe/Berlin", "Call 112 now", "999"),
        ("America/New_York", "Call the number for emergencies now", "tel:"),
    ],
)
async def test_the_number_to_call_is_that_of_the_place(
    visitors: Visitors, town: Town, zone: str, called: str, never: str
) -> None:
    town.execute("update home set zone = %s where home_id = 'ada'", zone)
    ben, number = await visitors.of("ben"), resident(town)
    for path in (f"/missing/{number}", await make_pack(ben, number)):
        text = (await ben.text(path)).partition('class="call')[2].partition("</div>")[0]
        assert called in text
        assert never not in text
        assert ("Herbert Protocol" in text) == (zone == "Europe/London")


async def test_one_tap_makes_the_pack_also_of_an_empty_profile(
    visitors: Visitors, town: Town
) -> None:
    tracker(town)
    town.night("ada")
    ben = await visitors.of("ben")
    answer = await ben.send("/homes/ada/missing")
    assert answer.status_code == 303
    text = await ben.text(answer.headers["location"])
    for words in (
        "Call 999 now", "Front door, opened at 03:08 (12 min earlier)", "53.80712, -1.54981",
        "most likely within 15 m, at 03:16 (4 min earlier)", "battery 80%", "Ring 1",
        "Nobody has filled in a profile", "What are they wearing?",
    ):  # fmt: skip
        assert words in text, words
    ((carer, purpose, version),) = town.execute(
        "select carer_id, purpose, profile_version from missing_pack"
    )
    assert (carer, purpose, version) == (town.carers["ben"], "missing_person", None)


async def test_the_pack_is_reached_from_the_alert_and_from_today(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    ben = await visitors.of("ben")
    assert 'method="post" action="/homes/ada/missing"' in await ben.text(f"/alerts/{number}")
    assert 'href="/homes/ada/missing"' in await ben.text("/today")
    arrived = await ben.get("/homes/ada/missing")
    assert arrived.url.path == f"/missing/{resident(town)}"
    assert "Ada is missing: make the pack" in arrived.text
    clinician = await visitors.of("clinician")
    for path in (f"/alerts/{number}", "/today"):
        assert "/missing" not in await clinician.text(path)


async def test_where_two_live_it_is_asked_who(visitors: Visitors, town: Town) -> None:
    town.execute("insert into resident (home_id, name) values ('ada', 'Joe')")
    ben = await visitors.of("ben")
    text = await ben.text("/homes/ada/missing")
    assert "Who is missing?" in text
    assert "Joe" in text
    answer = await ben.send("/homes/ada/missing")
    assert answer.headers["location"] == "/homes/ada/missing"
    assert town.number("select count(*) from missing_pack") == 0


async def test_a_section_is_saved_as_a_version_and_leads_to_the_next(
    visitors: Visitors, town: Town
) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    base = f"/missing/{number}"
    assert "step 1 of 8" in await ben.text(f"{base}/profile/person")
    answer = await ben.send(
        f"{base}/profile/person", base="0", then="on", full_name="Ada Byrne", born="1944-03-03"
    )
    assert answer.headers["location"] == f"{base}/profile/looks"
    answer = await ben.send(f"{base}/profile/looks", base="1", then="stop", hair="White")
    assert answer.headers["location"] == base
    rows = town.execute(
        "select version, section, answers, carer_id from missing_profile order by version"
    )
    ada = {"full_name": "Ada Byrne", "born": "1944-03-03"}
    assert rows == [
        (1, "person", ada, town.carers["ben"]),
        (2, "looks", ada | {"hair": "White"}, town.carers["ben"]),
    ]
    assert 'value="White"' in await ben.text(f"{base}/profile/looks")


async def test_a_card_number_is_refused_beside_its_question_and_nothing_is_saved(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    answer = await ben.send(
        f"/missing/{resident(town)}/profile/carried",
        base="0",
        bank="Barclays 4111 1111 1111 1111",
        money="A little",
    )
    assert answer.status_code == 422
    assert "This is not saved yet" in answer.text
    assert 'id="bank-error">No card numbers: leave' in answer.text
    assert 'value="A little"' in answer.text, "nobody types it again"
    assert town.execute("select * from missing_profile") == []


async def test_who_saves_an_old_page_does_not_run_over_another(
    visitors: Visitors, town: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    path = f"/missing/{resident(town)}/profile/looks"
    await ben.send(path, base="0", hair="White")
    assert (await mia.send(path, base="1", hair="Grey")).status_code == 303
    refused = await ben.send(path, base="1", hair="White", eyes="Brown")
    assert refused.status_code == 409
    assert "Somebody else saved this part" in refused.text
    assert "Hair: Grey" in refused.text
    assert 'value="White"' in refused.text
    assert (await ben.send(path, base="2", hair="White", eyes="Brown")).status_code == 303
    other = f"/missing/{resident(town)}/profile/health"
    assert (await mia.send(other, base="2", doctor="Dr Lee")).status_code == 303, (
        "another section was saved meanwhile, not this one"
    )


async def test_older_versions_are_compared_and_brought_back_as_new_ones(
    visitors: Visitors, town: Town
) -> None:
    ben, base = await visitors.of("ben"), f"/missing/{resident(town)}"
    await ben.send(f"{base}/profile/looks", base="0", hair="White")
    await ben.send(f"{base}/profile/looks", base="1", hair="Red")
    text = await ben.text(f"{base}/versions/1")
    assert re.search(r"Then: White\s+Now: Red", text)
    assert (await ben.send(f"{base}/versions/1/restore")).status_code == 303
    assert town.execute(
        "select version, answers->>'hair', restored_from from missing_profile order by version"
    ) == [(1, "White", None), (2, "Red", None), (3, "White", 1)]
    text = await ben.text(f"{base}/versions")
    assert "version 1 again" in text
    assert "Ben Carter" in text
    assert (await ben.get(f"{base}/versions/9")).status_code == 404


async def test_a_photo_is_redrawn_shown_and_put_on_the_first_page(
    visitors: Visitors, town: Town
) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    answer = await upload(ben, number, a_photo(size=(3000, 4000)), taken_on="2026-01-02")
    assert answer.status_code == 303
    ((photo, wide, high, content),) = town.execute(
        "select photo_id, width, height, content from profile_photo"
    )
    assert (wide, high) == (1050, 1400)
    shown = await ben.get(f"/missing/{number}/photos/{photo}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.content == bytes(content)
    assert "Taken on 2 January 2026" in await ben.text(f"/missing/{number}/photo")
    path = await make_pack(ben, number)
    paper = await ben.get(f"{path}/pack.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert len(PdfReader(io.BytesIO(paper.content)).pages[0].images) == 1


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (b"GIF89a", {}, "This must be a picture: a JPEG, PNG or WebP file."),
        (b"", {}, "This must be a picture: a JPEG, PNG or WebP file."),
        (a_photo(size=(60, 60)), {}, "at least 120 by 120 pixels"),
        (a_photo(), {"taken_on": "2027-01-01"}, "This must be a date in the past."),
        (a_photo(), {"taken_on": "last year"}, "This must be a date, or empty."),
    ],
)
async def test_what_is_no_photo_is_refused_with_the_reason(
    visitors: Visitors, town: Town, content: bytes, fields: dict[str, str], words: str
) -> None:
    answer = await upload(await visitors.of("ben"), resident(town), content, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert town.execute("select * from profile_photo") == []


async def test_only_the_photo_may_be_long(visitors: Visitors, town: Town) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    assert (await upload(ben, number, b"x" * (LONGEST_PHOTO + 1))).status_code == 413
    assert (await upload(ben, number, b"x" * 100_000)).status_code == 422
    for path in (f"/missing/{number}/profile/looks", f"/missing/{number}/photo/", "/police"):
        answer = await ben.client.post(path, data={"hair": "x" * 100_000})
        assert answer.status_code in {307, 413}, path


async def test_what_is_old_is_said(visitors: Visitors, town: Town, clock: ManualClock) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    assert "Nothing is written down yet" in await ben.text(f"/missing/{number}")
    await upload(ben, number, a_photo(), taken_on="2024-12-01")
    await ben.send(f"/missing/{number}/profile/health", base="1", medicine="Insulin")
    text = await ben.text(f"/missing/{number}")
    assert "The photo is from December 2024, more than a year ago" in text
    assert "last looked through" not in text
    town.execute("update missing_profile set at = at - interval '200 days'")
    text = await ben.text(f"/missing/{number}")
    assert "“Health and medicine” was last looked through on" in text
    assert "The whole profile was last saved on" in text
    await ben.send(f"/missing/{number}/profile/health", base="2", medicine="Insulin")
    assert "last looked through" not in await ben.text(f"/missing/{number}")
    assert clock.now() == NOW


async def test_what_people_tell_at_the_time_goes_into_the_pack(
    visitors: Visitors, town: Town
) -> None:
    ben, mia, number = await visitors.of("ben"), await visitors.of("mia"), resident(town)
    path = await make_pack(ben, number)
    assert (await ben.send(f"{path}/told", clothing="Blue coat")).status_code == 303
    assert (await mia.send(f"{path}/told", clothing="Green coat, slippers")).status_code == 303
    text = await ben.text(path)
    assert "Last saved by Mia Stone" in text
    read = (await ben.get(f"{path}/pack.json")).json()
    told = {line["field"]: line["value"] for line in read["last_seen"]}
    assert told["clothing"] == "Green coat, slippers"
    assert town.number("select count(*) from pack_answer") == 2
    refused = await ben.send(f"{path}/told", carrying="Her PIN 1234")
    assert refused.status_code == 422
    assert "No passwords or PINs" in refused.text


async def test_a_pack_stays_as_it_was_made(visitors: Visitors, town: Town) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    await ben.send(f"/missing/{number}/profile/looks", base="0", hair="White")
    path = await make_pack(ben, number)
    await ben.send(f"/missing/{number}/profile/looks", base="1", hair="Red")
    tracker(town)
    read = (await ben.get(f"{path}/pack.json")).json()
    assert [one["value"] for one in read["first_page"]] == ["White"]
    assert read["sensors"]["position"] is None


async def test_a_position_is_seen_only_for_the_purpose_and_each_view_is_on_record(
    visitors: Visitors, town: Town
) -> None:
    tracker(town)
    ben, number = await visitors.of("ben"), resident(town)
    for path in ("", "/profile/home", "/versions", "/photo"):
        assert "53.807" not in await ben.text(f"/missing/{number}{path}")
    path = await make_pack(ben, number)
    await ben.text(path)
    await ben.get(f"{path}/pack.pdf")
    await ben.get(f"{path}/pack.json")
    seen = [
        page
        for (page,) in town.execute(
            "select page from access_record where home_id = 'ada' order by access_id"
        )
    ]
    assert seen == [
        "missing", "missing_profile", "missing_versions", "missing_photo", "missing_pack_made",
        "missing_pack", "missing_pack_pdf", "missing_pack_json",
    ]  # fmt: skip


PATHS = (
    "/homes/ada/missing", "/missing/{0}", "/missing/{0}/profile/looks", "/missing/{0}/photo",
    "/missing/{0}/photos/1", "/missing/{0}/versions", "/missing/{0}/versions/1",
    "/missing/{0}/packs/{1}", "/missing/{0}/packs/{1}/pack.pdf", "/missing/{0}/packs/{1}/pack.json",
    "/missing/{0}/links/1",
)  # fmt: skip
POSTS = (
    "/homes/ada/missing", "/missing/{0}/pack", "/missing/{0}/profile/looks",
    "/missing/{0}/versions/1/restore", "/missing/{0}/packs/{1}/told", "/missing/{0}/packs/{1}/links",
    "/missing/{0}/links/1/end",
)  # fmt: skip


@pytest.mark.parametrize("login", ["stranger", "clinician", "technician"])
async def test_for_everybody_else_there_is_nothing(
    visitors: Visitors, town: Town, login: str
) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    await upload(ben, number, a_photo())
    pack = (await make_pack(ben, number)).rsplit("/", 1)[1]
    await ben.send(f"/missing/{number}/packs/{pack}/links")
    counts = "select (select count(*) from missing_profile), (select count(*) from missing_pack),"
    counts += " (select count(*) from police_link), (select count(*) from police_link_end)"
    before = town.execute(counts)
    other = await visitors.of(login)
    for path in PATHS:
        answer = await other.get(path.format(number, pack))
        assert answer.status_code == 404, path
        assert "Ada" not in answer.text
    for path in POSTS:
        assert (await other.send(path.format(number, pack))).status_code == 404, path
    assert (await upload(other, number, a_photo())).status_code == 404
    assert town.execute(counts) == before


async def test_a_family_carer_of_another_home_sees_nothing_of_this_one(
    visitors: Visitors, town: Town
) -> None:
    town.carer("tina", "family_carer", "leeds", "tom")
    ben, number = await visitors.of("ben"), resident(town)
    pack = (await make_pack(ben, number)).rsplit("/", 1)[1]
    tina = await visitors.of("tina")
    for path in PATHS:
        assert (await tina.get(path.format(number, pack))).status_code == 404, path
    mixed = f"/missing/{resident(town, 'tom')}/packs/{pack}"
    assert (await tina.get(mixed)).status_code == 404
    for login in ("worker", "admin"):
        browser = await visitors.of(login)
        assert (await browser.get(f"/missing/{number}/packs/{pack}")).status_code == 200


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_its_token_does_nothing(
    visitors: Visitors, town: Town, path: str
) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    pack = (await make_pack(ben, number)).rsplit("/", 1)[1]
    assert (await ben.client.post(path.format(number, pack))).status_code == 403
    files = {"photo": ("a.jpg", a_photo(), "image/jpeg")}
    answer = await ben.client.post(f"/missing/{number}/photo", files=files)
    assert answer.status_code == 403
    assert town.number("select count(*) from missing_pack") == 1
    assert town.execute("select * from profile_photo") == []


async def test_no_page_of_it_has_script_or_style_in_it(visitors: Visitors, town: Town) -> None:
    tracker(town)
    ben, number = await visitors.of("ben"), resident(town)
    await ben.send(f"/missing/{number}/profile/looks", base="0", hair="White <b>")
    pack = (await make_pack(ben, number)).rsplit("/", 1)[1]
    made = await ben.send(f"/missing/{number}/packs/{pack}/links")
    texts = [await ben.text(made.headers["location"]), (await ben.get("/police")).text]
    for path in PATHS:
        answer = await ben.get(path.format(number, pack))
        if "html" in answer.headers.get("content-type", ""):
            texts.append(answer.text)
    assert len(texts) >= 8
    for text in texts:
        assert not re.search(r"<style|<script(?! type=\"module\" src=)|\son\w+=|\sstyle=", text)
        assert "White <b>" not in text
