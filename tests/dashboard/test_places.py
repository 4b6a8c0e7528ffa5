"""Where somebody goes: told only to who said what for, for a quarter of an hour, and written down."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from dashboard.app import pages
from dashboard.clinician.places import places_of
from tests.dashboard.crossing import NEVER_ENDS, ways
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from datetime import datetime

    from core.runtime.clock import ManualClock
    from core.store.places import Fix
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

PATH = "/residents/1/places"
HOME = (53.8, -1.55)
SHOP, PARK = (53.8036, -1.55), (53.8, -1.5348)
"""400 m north and 1 km east of home."""
LONDON = ZoneInfo("Europe/London")


def walks(now: datetime) -> list[Fix]:
    """Two weeks: at home at night, to the shop each day, to the park each seventh."""
    midnight = now.replace(hour=0, minute=0)
    found: list[Fix] = []
    for back in range(14, 0, -1):
        day = midnight - timedelta(days=back)
        found += [(day + timedelta(hours=h), *HOME, 12.0) for h in (1, 3)]
        found += [(day + timedelta(hours=11, minutes=m), *SHOP, 8.0) for m in range(0, 21, 2)]
        found += [(day + timedelta(hours=12), *HOME, 12.0)]
        if back % 7 == 0:
            found += [(day + timedelta(hours=15, minutes=m), *PARK, 8.0) for m in range(0, 61, 4)]
    # of these nothing is believed: too vague, or too short to be a stay
    found += [(midnight - timedelta(hours=3), 53.9, -1.5, 900.0)]
    found += [(midnight - timedelta(hours=2, minutes=m), 53.81, -1.56, 8.0) for m in (5, 0)]
    return sorted(found)


def tell(town: Town) -> None:
    device = town.device("ada", "Tracker", "worn", "")
    for at, latitude, longitude, accuracy in walks(town.now):
        town.execute(
            "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
            " received_at) values (%s, %s, %s, %s, %s, 'ada', %s)",
            at, device, latitude, longitude, accuracy, at,
        )  # fmt: skip


def test_places_are_stays_around_where_the_nights_are(town: Town) -> None:
    found = places_of(walks(town.now), LONDON)
    assert found is not None
    assert found.home == HOME
    assert [(one.point, len(one.stays)) for one in found.places] == [(SHOP, 14), (PARK, 2)]
    assert [stay.minutes for stay in found.places[1].stays] == [60.0, 60.0]
    assert places_of([one for one in walks(town.now) if one[0].hour > 5], LONDON) is None


async def test_places_are_shown_to_who_says_what_for_and_for_a_while(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    tell(town)
    browser = await visitors.of("clinician")
    page = await browser.text(PATH)
    assert "What for?" in page
    for kind in ("svg", "csv", "json"):
        assert (await browser.get(f"{PATH}.{kind}")).status_code == 404
    assert not town.number("select count(*) from access_record where page like 'places%%'")
    answer = await browser.send(PATH, kind="review", words="Review on Monday")
    assert answer.status_code == 303
    text = plain(await browser.text(PATH))
    assert "You said: A review or an assessment, Review on Monday. Until 03:35" in text
    rows = list(csv.DictReader(io.StringIO(await browser.text(f"{PATH}.csv"))))
    assert [(r["Distance (m)"], r["Direction"], r["Stays"], r["Usual stay (min)"]) for r in rows] == [
        ("400", "north", "14", "20"), ("998", "east", "2", "60"),
    ]  # fmt: skip
    picture = await browser.get(f"{PATH}.svg")
    assert ET.fromstring(picture.content).tag.endswith("svg")  # noqa: S314 (our own)
    assert (await browser.get(f"{PATH}.json")).json()["purpose"]["kind"] == "review"
    for secret in ("53.8", "-1.5"):
        assert secret not in text
        assert secret not in (await browser.get(f"{PATH}.json")).text, "no coordinates"
    looks = town.execute(
        "select page from access_record where page like 'places%%' order by at, page"
    )
    assert [one for (one,) in looks] == ["places", "places_for_review"]
    kept = town.execute("select kind, words, home_id from stated_purpose")
    assert kept == [("review", "Review on Monday", "ada")]
    # somebody else, another resident, another session, another hour: each is asked anew
    assert "What for?" in await (await visitors.of("admin")).text(PATH)
    assert "What for?" in await browser.text("/residents/2/places")
    assert "What for?" in await (await visitors.of("clinician")).text(PATH)
    clock.advance(900.0)
    assert "What for?" in await browser.text(PATH)
    assert (await browser.get(f"{PATH}.svg")).status_code == 404


async def test_a_withdrawal_and_somebody_else_s_tracker_show_nothing(
    visitors: Visitors, town: Town
) -> None:
    tell(town)
    browser = await visitors.of("clinician")
    await browser.send(PATH, kind="review", words="Review on Monday")
    assert (await browser.get(f"{PATH}.csv")).status_code == 200
    town.execute("insert into resident (home_id, name) values ('ada', 'Bob')")
    assert (await browser.get(f"{PATH}.csv")).status_code == 404  # whose it is nobody said
    town.execute("update device set resident_id = 1 where home_id = 'ada' and name = 'Tracker'")
    assert (await browser.get(f"{PATH}.csv")).status_code == 200
    town.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, decided, said_by, valid_from,"
        " carer_id, at) values ('ada', 1, 'withdrawn', 'location', 'person', 'Ada', %s, %s, %s)",
        town.now,
        town.carers["clinician"],
        town.now,
    )
    for kind in ("svg", "csv", "json"):
        assert (await browser.get(f"{PATH}.{kind}")).status_code == 404
    text = plain(await browser.text(PATH))
    assert "No basis stands for knowing where this person goes" in text
    assert "400 m" not in text


async def test_a_purpose_must_be_said_and_a_home_must_be_known(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    for fields, wanted in (
        ({"kind": "curious", "words": "Just looking"}, "Choose one of the four purposes"),
        ({"kind": "safety", "words": "x"}, "Say in 5 to 300 letters"),
    ):
        answer = await browser.send(PATH, **fields)
        assert answer.status_code == 400
        assert wanted in answer.text
    await browser.send(PATH, kind="safety", words="Going out alone")
    assert "It is not known where home is" in await browser.text(PATH)


async def test_a_role_without_access_gets_404_and_a_row(visitors: Visitors, town: Town) -> None:
    for login in ("ben", "worker", "technician"):
        browser = await visitors.of(login)
        assert (await browser.get(PATH)).status_code == 404
        answer = await browser.send(PATH, kind="review", words="Let me look")
        assert answer.status_code == 404
        assert (await browser.get("/residents/1/spark.svg")).status_code == 404
    rows = town.execute("select page, count(*) from access_record group by 1 order by 1")
    assert rows == [("days_refused", 3), ("places_refused", 6)]
    assert not town.number("select count(*) from stated_purpose")
    assert (await (await visitors.of("stranger")).get(PATH)).status_code == 404


async def test_no_page_shows_a_carer_where_somebody_is(visitors: Visitors, town: Town) -> None:
    device = town.device("ada", "Tracker", "worn", "")
    town.execute(
        "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
        " received_at) values (now(), %s, 53.80712, -1.54981, 8, 'ada', now())",
        device,
    )
    town.alert()
    walked = [
        path
        for way in ways(pages())
        if way.method == "GET" and way.path not in NEVER_ENDS
        for path in way.filled(("ada",), (1,))
    ]
    for login in ("ben", "clinician", "admin"):
        browser = await visitors.of(login)
        shown = [path for path in walked if "53.80" in (await browser.get(path)).text]
        assert shown == [], login
