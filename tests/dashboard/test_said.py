"""What detection says is read in the language of its reader: on the page of an alert, and on the phone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from alerts.intake import take_findings
from alerts.wording import outgoing
from analytics.detector import discover
from analytics.features.day_channels import CHANNELS
from analytics.features.wording import ROOMS
from analytics.sample_days import HOUSEHOLD
from analytics.trial import plain as trial
from core.model.finding import Audience, Evidence, Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.ids import HomeId, ResidentId
from core.model.playbook import PLAYBOOKS
from core.model.said import Said, facts, figure, percent, say, say_each, templates
from core.runtime import language
from core.runtime.clock import ManualClock
from core.runtime.language import ENGLISH, PSEUDO, accented
from core.runtime.saying import in_language, translated
from core.store import finding as finding_table
from core.store import forecast as forecast_table
from core.store.pool import connect, open_pool
from dashboard.typesetting import KEPT
from scripts import translate
from tests.alerts.test_wording import CLAIMED, PLAIN
from tests.dashboard import counted_days
from tests.dashboard.test_app import DATA, plain_words
from tests.dashboard.test_assessments import begun
from tests.dashboard.tongue import whole
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

TYPED = tuple(device.name for device in HOUSEHOLD.devices)
"""Names that people gave."""
SENTENCES = frozenset(one for one in DATA if " " in one or one.islower())


@pytest.fixture(params=["de", "ar"])
def tongue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A language with all its words, in one direction and in the other."""
    with whole(request.param, tmp_path, monkeypatch) as tag:
        yield tag


@cache
def noticed() -> tuple[Finding, ...]:
    """Return what every detector says in the trial, once for each sentence."""
    known: dict[object, Finding] = {}
    for spec in discover().values():
        for one in trial(spec)[0]:
            known.setdefault((one.detector, one.phase, tuple(templates(one.what))), one)
    return tuple(known.values())


def incident() -> tuple[Finding, ...]:
    """Return what is one alert: worse news joins, and then what is no worse."""
    parts = (
        ("inactivity", Severity.CHECK),
        ("sos", Severity.URGENT),
        ("walking", Severity.NOTICE),
    )
    return tuple(
        replace(
            next(one for one in noticed() if (one.detector, one.phase) == (name, Phase.OPENED)),
            home_id=HomeId("ada"),
            resident_id=ResidentId(1),
            severity=severity,
            noticed_at=NOW - timedelta(minutes=9 - place),
            onset=NOW - timedelta(hours=3),
        )
        for place, (name, severity) in enumerate(parts)
    )


def english(text: str) -> list[str]:
    """Return the words of a page that are English, without the names that people gave."""
    known = [
        *TYPED,
        *(one for one in DATA if one not in SENTENCES),
        "Europe/London",
        "Admin",
        "Technician",
    ]
    found = []
    for words in plain_words(text):
        rest = words
        for one in sorted(known, key=len, reverse=True):
            rest = re.sub(re.escape(one), "", rest, flags=re.IGNORECASE)
        if re.search("[A-Za-z]", rest):
            found.append(words)
    return found


def columns(one: Finding) -> dict[str, object]:
    """Return what a finding says as an alert keeps it."""
    evidence = [finding_table._evidence(fact) | {"device_id": None} for fact in one.evidence]
    return {
        "what": str(one.what),
        "unusual": str(one.unusual),
        "advice": str(one.advice),
        "ruled_out": Jsonb([str(phrase) for phrase in one.ruled_out]),
        "evidence": Jsonb(evidence),
        "said": finding_table.facts_of(one),
    }


async def read(browser: Browser, path: str, tag: str) -> str:
    answer = await browser.get(path, **{"accept-language": tag})
    assert answer.status_code == 200, path
    return answer.text


def sentences() -> list[Said]:
    """Return everything that detectors may say, with something in each place."""
    found = []
    for message in translate.collected():
        if not any(place.startswith("analytics/") for place, _ in message.locations):
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        places = dict.fromkeys(set(re.findall(r"%\((\w+)\)s", one)) - {"n"}, ROOMS["kitchen"])
        if isinstance(message.id, str):
            found.append(say(one, **places))
        else:
            found.append(say_each(one, message.id[1], 7, **places))
    return found


async def test_an_alert_has_no_english_word_for_who_reads_another_language(
    visitors: Visitors, town: Town, tongue: str
) -> None:
    ben = await visitors.of("ben")
    for one in noticed():
        number = town.alert("ada", **columns(one))
        page = await read(ben, f"/alerts/{number}", tongue)
        head, main = page.partition("</head>")[0], page.partition("<main")[2]
        shown = f"<title{head.partition('<title')[2]}<main{main}"
        assert english(shown) == [], (one.detector, one.what)
        assert 'lang="en"' not in main, one.what
        town.execute("update alert set state = 'resolved' where alert_id = %s", number)
    assert len({one.detector for one in noticed()}) >= 10


async def test_no_sentence_of_any_detector_is_english_for_who_reads_another_language(
    visitors: Visitors, town: Town, tongue: str
) -> None:
    said = sentences()
    evidence = tuple(Evidence(at=None, text=one) for one in said)
    number = town.alert("ada", **columns(replace(noticed()[0], evidence=evidence)))
    ben = await visitors.of("ben")
    main = (await read(ben, f"/alerts/{number}", tongue)).partition("<main")[2]
    assert english(f"<main{main}") == []
    assert main.count("<li>") > len(said) > 250
    shown = (await ben.text(f"/alerts/{number}")).replace("&#39;", "'")
    assert [one for one in said if one not in shown] == [], "and English for who reads English"


def test_no_message_is_english_where_its_reader_wants_the_sentence(tongue: str) -> None:
    for what in (*sentences(), *(one.what for one in noticed())):
        claimed = replace(CLAIMED, what=what, detail="sentence", resident="")
        text = outgoing(claimed, "", None, "", tongue).text
        for typed in sorted(TYPED, key=len, reverse=True):
            text = text.replace(typed, "")
        assert not re.search("[A-Za-z]", text), text
        assert outgoing(claimed, "").text == f"{what.rstrip('.')}. {PLAIN}"
        nothing = outgoing(replace(claimed, detail="nothing"), "", None, "", tongue)
        assert in_language(what, tongue).rstrip(".") not in nothing.text


def test_what_is_said_has_the_numbers_and_plurals_of_a_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with whole("ar", tmp_path, monkeypatch) as tag:
        nights = [
            in_language(say_each("%(n)s night", "%(n)s nights", n), tag)
            for n in (0, 1, 2, 3, 11, 100)
        ]
    assert [one.count("·") for one in nights] == [0, 1, 2, 3, 4, 5], "each number has its form"
    with whole("fr", tmp_path / "more", monkeypatch) as tag:
        far = in_language(say("%(kilometres)s km", kilometres=figure(1234.5, 1)), tag)
        low = in_language(
            say("The battery of %(device)s is low (%(share)s)", device="50% off", share=percent(7)),
            tag,
        )
    assert far.startswith("1 234,5 ")
    assert low.endswith(" (7 %)")
    assert "50% off" in low, "what somebody typed stays as it is"


def test_what_a_language_lacks_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (
        (
            "No movement since %(time)s (%(room)s), %(span)s",
            "Seit %(time)s hat sich nichts bewegt (%(room)s)",
        ),
        ("Not up yet at %(time)s", "Um %(time)s noch nicht auf (%(room)s)"),
        ("Back: movement at %(time)s (%(room)s)", "Zurück: Bewegung um %(time)s (%(room)s)"),
    )
    text = "".join(f'\nmsgid "{one}"\nmsgstr "{other}"\n' for one, other in entries)
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "wayhome.po").write_text(
        f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n{text}'
    )
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    room = ROOMS["kitchen"]
    lost = say(
        "No movement since %(time)s (%(room)s), %(span)s", time="9:00", room=room, span="1 h"
    )
    assert translated(lost, "de") is None, "a place is lost"
    assert translated(say("Not up yet at %(time)s", time="9:00"), "de") is None, (
        "one place too many"
    )
    back = say("Back: movement at %(time)s (%(room)s)", time="9:00", room=room)
    assert translated(back, "de") == "Zurück: Bewegung um 9:00 (kitchen)", "no word for the room"
    assert translated(say("Gone out"), "de") is None
    far = say("%(kilometres)s km", kilometres=figure(1.3, 1))
    alike = say("%(first)s, %(next)s", first=back, next=far)
    assert translated(alike, "de") == "Zurück: Bewegung um 9:00 (kitchen), 1,3 km", "as in English"
    assert translated("Text alone", "de") is translated(back, ENGLISH) is None
    language.languages.cache_clear()


async def test_an_incident_goes_on_speaking_the_language_of_its_reader(
    plain_database: Database, visitors: Visitors, town: Town, tongue: str
) -> None:
    """From detection through the tables and the alerting to the page: what was said before stays, too."""
    told = incident()
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        await finding_table.record_findings(connection, told, shard=0, step=1)
    async with open_pool(plain_database.url_as("wayhome_alerts")) as pool:
        assert await take_findings(pool, ManualClock(NOW)) == len(told)
    ((number, said),) = town.execute("select alert_id, said from alert where audience = 'carers'")
    assert said["what"] == facts(told[1].what)
    ben = await visitors.of("ben")
    page = await read(ben, f"/alerts/{number}", tongue)
    assert english(f"<main{page.partition('<main')[2]}") == []
    before = say("Before that: %(text)s", text=told[0].what)
    for what in (before, *(one.what for one in told)):
        assert in_language(what, tongue) in page, what


async def test_lists_days_and_what_happens_next_speak_the_language_of_their_reader(
    plain_database: Database, visitors: Visitors, town: Town, tongue: str
) -> None:
    lately = timedelta(days=3)
    change = replace(
        incident()[0],
        detector="day_change",
        audience=Audience.CARERS,
        severity=Severity.NOTICE,
        onset=NOW - lately,
        noticed_at=NOW - lately,
        what=say("%(title)s: %(detail)s", title=say(CHANNELS[0].title), detail=say("a room")),
    )
    coming = Forecast(
        home_id=change.home_id,
        resident_id=change.resident_id,
        detector="exit",
        speaks_at=NOW + timedelta(hours=1),
        severity=Severity.CHECK,
        what=say("If nothing moves by %(time)s, the first carer is told", time="04:20"),
    )
    town.night("ada")
    async with connect(plain_database.url_as("wayhome_analytics")) as connection:
        await finding_table.record_findings(connection, [change], shard=0, step=1)
        await forecast_table.replace_forecasts(connection, {change.home_id: [coming]}, NOW)
    alert = next(one for one in noticed() if one.detector == "overstay")
    town.alert("ada", **columns(alert))
    for login, path, what in (
        ("ben", "/alerts", alert.what),
        ("ben", "/history", alert.what),
        ("ben", "/homes/ada", alert.what),
        ("clinician", "/caseload", change.what),
        ("clinician", "/residents/1/days", change.what),
        ("ben", "/today", coming.what),
    ):
        page = await read(await visitors.of(login), path, tongue)
        assert in_language(what, tongue) in page.replace(KEPT, " "), path
        assert f"{what}" not in page, path


@pytest.mark.parametrize("name", PLAYBOOKS)
async def test_what_operators_are_told_and_what_they_do_first_is_in_their_language(
    visitors: Visitors, town: Town, name: str
) -> None:
    book = PLAYBOOKS[name]
    what = say("An alert is open and nobody of the care team can be reached away from the page.")
    told = replace(noticed()[0], what=what, advice=say(book.first))
    subject = f"{book.subject}{book.subject_end}"
    about = {"detector": book.detector, "subject": subject, "audience": "operators"}
    number = town.alert("ada", **columns(told) | about)
    page = await read(await visitors.of("technician"), f"/alerts/{number}", PSEUDO)
    assert english(f"<main{page.partition('<main')[2]}") == []
    assert accented(book.meaning).rstrip(".") in page


async def test_what_is_kept_and_read_by_programs_stays_english(
    visitors: Visitors, town: Town
) -> None:
    """A report is the same whoever opens it: its versions are told apart by what they say."""
    counted_days.put(town)
    told = noticed()[0]
    town.alert("ada", **columns(told) | {"onset": NOW - timedelta(days=2)})
    clinician, ben = await visitors.of("clinician"), await visitors.of("ben")
    path = await begun(clinician)
    kept = [await read(clinician, f"{path}/report.json", tag) for tag in (PSEUDO, ENGLISH)]
    facts_ = await read(ben, "/api/alerts", PSEUDO)
    assert f"{told.what}" in kept[0]
    assert kept[0] == kept[1]
    assert f"{told.what}" in facts_


async def test_a_service_of_before_goes_on_in_english(
    plain_database: Database, visitors: Visitors, town: Town, tongue: str
) -> None:
    """It writes texts and knows of no facts: what stands beside them is not shown for them."""
    number = town.alert("ada", **columns(noticed()[0]))
    town.execute(
        "update alert set what = 'No movement since 08:30', ruled_out = '[\"Not out\", \"At home\"]'"
    )
    page = await read(await visitors.of("ben"), f"/alerts/{number}", tongue)
    for text in ("No movement since 08:30.", "Not out.", "At home."):
        assert f'<bdi lang="en">{text}</bdi>' in page
    del plain_database
