"""Searches mean what the standard says, pages have no hole and no double, errors say what was expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from core.store.date_search import PREFIXES, conditions
from dashboard.fhir.asked import date_test
from dashboard.fhir.observations import ALWAYS, DAILY
from dashboard.fhir.terms import pack
from tests.dashboard.town import NOW
from tests.fhir.clinic import DAYS, Json, finding, somebody

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

FIRST = NOW.date() - timedelta(days=DAYS)
LAST = NOW.date() - timedelta(days=1)
MOVES = "/fhir/Observation?patient=1&code=active&_count=200"


def spans(resources: list[Json]) -> set[date]:
    """Return the days of some Observations; London in winter is UTC."""
    return {date.fromisoformat(one["effectivePeriod"]["start"][:10]) for one in resources}


DATES: tuple[tuple[str, date, date], ...] = (
    ("2026-01-10", date(2026, 1, 10), date(2026, 1, 10)),
    ("ge2026-01-10", date(2026, 1, 10), LAST),
    ("gt2026-01-10", date(2026, 1, 11), LAST),
    ("le2026-01-10", FIRST, date(2026, 1, 10)),
    ("lt2026-01-10", FIRST, date(2026, 1, 9)),
    ("2026-01", date(2026, 1, 1), LAST),
    ("lt2026", FIRST, date(2025, 12, 31)),
    ("ge2026-01-10T12:00:00Z", date(2026, 1, 10), LAST),
    ("sa2026-01-10T12:00:00Z", date(2026, 1, 11), LAST),
    ("eb2026-01-10", FIRST, date(2026, 1, 9)),
    ("ge2026-01-10&date=lt2026-01-12", date(2026, 1, 10), date(2026, 1, 11)),
)


async def test_dates(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    for value, first, last in DATES:
        found = spans(await reader.all(f"{MOVES}&date={value}"))
        wanted = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        assert found == wanted, value


MOMENTS = st.integers(0, 40).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)


@given(MOMENTS, MOMENTS, MOMENTS, st.sampled_from(sorted(PREFIXES)))
def test_a_prefix_means_what_the_standard_says(
    one: datetime, other: datetime, value: datetime, prefix: str
) -> None:
    """Against the words of the standard: the span of the value, what is above it, and what is below."""
    start, end = min(one, other), max(one, other) + timedelta(hours=1)
    test = date_test(f"{prefix}{value:%Y-%m-%dT%H:%MZ}", "date")
    assert test.high - test.low == timedelta(minutes=1)
    contained = test.low <= start and end <= test.high
    above, below = end > test.high, start < test.low
    wanted = {
        "eq": contained,
        "ne": not contained,
        "gt": above,
        "lt": below,
        "ge": above or contained or start >= test.low,
        "le": below or contained or end <= test.high,
        "sa": start >= test.high,
        "eb": end <= test.low,
    }[prefix]
    text, values = conditions("d", [test], ("start", "end_"), ("start", "end_"))
    python = text.removeprefix(" and ").replace("%(d0_low)s", "low").replace("%(d0_high)s", "high")
    scope = {"start": start, "end_": end, "low": values["d0_low"], "high": values["d0_high"]}
    assert eval(python, {}, scope) == wanted  # noqa: S307 (the condition is an expression of Python too)


async def test_a_day_is_that_of_the_clock_at_home(visitors: Visitors, town: Town) -> None:
    town.execute("update home set zone = 'Asia/Tokyo' where home_id = 'ada'")
    try:
        reader = await somebody(visitors, "clinician")
        (one,) = await reader.all(f"{MOVES}&date=2026-01-10")
        assert one["effectivePeriod"] == {
            "start": "2026-01-09T15:00:00Z",
            "end": "2026-01-10T14:59:59Z",
        }
        found = await reader.all(f"{MOVES}&date=2026-01-10T00:00:00%2B09:00")
        assert found == [], "a second holds no day"
        after = await reader.all(f"{MOVES}&date=sa2026-01-12T23:59:59%2B09:00")
        starts = [one["effectivePeriod"]["start"] for one in after]
        assert starts == ["2026-01-12T15:00:00Z", "2026-01-13T15:00:00Z"]
    finally:
        town.execute("update home set zone = 'Europe/London' where home_id = 'ada'")


async def test_pages_have_no_hole_and_no_double(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    for kind in ("Observation?date=ge2026-01-13", "Flag?", "Communication?", "Device?", "Patient?"):
        whole = await reader.ids(f"/fhir/{kind}&_count=200")
        assert len(set(whole)) == len(whole) > 2
        for count in (1, 3, 17):
            assert await reader.ids(f"/fhir/{kind}&_count={count}") == whole


async def test_rows_that_arrive_between_two_pages_shift_nothing(
    visitors: Visitors, town: Town
) -> None:
    reader = await somebody(visitors, "clinician")
    before = await reader.ids("/fhir/Flag?_count=200")
    days = await reader.ids("/fhir/Observation?patient=1&_count=200")
    page = await reader.json("/fhir/Flag?_count=2")
    page_of_days = await reader.json("/fhir/Observation?patient=1&_count=20")
    late = finding(town, "overstay", home="tom")
    town.execute(
        "insert into day_count select home_id, day - 40, counted_at, settled, seen, active, seen_min,"
        " active_min, facts from day_count where home_id = 'ada'"
    )
    try:
        for first, whole in ((page, before), (page_of_days, days)):
            got = [entry["resource"]["id"] for entry in first["entry"]]
            next_ = {one["relation"]: one["url"] for one in first["link"]}["next"]
            got += await reader.ids(next_)
            assert got[: len(whole)] == whole
            assert len(set(got)) == len(got)
    finally:
        town.execute("delete from finding where finding_id = %s", late)
        town.execute("delete from day_count where day < %s", FIRST)


async def test_a_day_has_its_measures_and_counts_agree(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    for path, wanted in (
        ("Observation", DAYS * (ALWAYS + 1)),
        ("Observation?code=active,up", DAYS * 2),
        ("Observation?code=8867-4", DAYS),
        ("Observation?category=vital-signs", DAYS),
        ("Observation?category=laboratory", 0),
        ("Observation?code=active&code=up", 0),
        ("Observation?date=2026-01-10", len(DAILY)),
        ("Observation?patient=2", 0),
        ("Patient", 3),
        ("Patient?_id=2", 1),
        ("Observation?_id=1-20260110-active,1-20260110-up,9-20260110-up", 2),
        ("Flag?patient=Patient/1", 3),
        ("Flag?code=impact&status=active", 2),
        ("Communication?sent=2026-01-15", 4),
        ("Provenance?patient=1", 3),
        ("Group", 3),
    ):
        glue = "&" if "?" in path else "?"
        total = (await reader.json(f"/fhir/{path}{glue}_count=0"))["total"]
        assert total == len(await reader.ids(f"/fhir/{path}")) == wanted, path


async def test_changes_since_a_moment(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    everything = await reader.all("/fhir/Flag?_count=200")
    for moment in sorted({one["meta"]["lastUpdated"] for one in everything}):
        wanted = [one["id"] for one in everything if one["meta"]["lastUpdated"] >= moment]
        assert await reader.ids(f"/fhir/Flag?_lastUpdated=ge{moment}") == wanted
    assert await reader.ids("/fhir/Observation?_lastUpdated=gt2027") == []
    counted = await reader.ids("/fhir/Observation?_lastUpdated=ge2026&_count=200")
    assert len(counted) == DAYS * (ALWAYS + 1)


async def test_ids_are_found_with_what_else_is_asked(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    some = (await reader.ids("/fhir/Observation?patient=1&_count=200"))[5:9]
    assert await reader.ids(f"/fhir/Observation?_id={','.join(some)}") == some
    assert await reader.ids(f"/fhir/Observation?_id={some[0]}&patient=2") == []
    assert await reader.ids("/fhir/Patient?_id=1,2,99999&_id=2") == ["2"]
    assert await reader.ids(f"/fhir/Flag?patient={'9' * 5000}") == []
    assert (
        await reader.ids("/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9434765919")
        == []
    )
    assert await reader.ids("/fhir/Patient?identifier=1") == ["1"]


ERRORS: tuple[tuple[str, int, str, str], ...] = (
    ("Medication", 404, "not-supported", "Types are Communication, Device"),
    ("Patient/99999", 404, "not-found", "not for you"),
    ("Observation/1-20260110-sleep", 404, "not-found", ""),
    ("Observation/1-20269999-active", 404, "not-found", ""),
    ("Observation/" + "9" * 70, 404, "not-found", ""),
    ("Device/detector-none", 404, "not-found", ""),
    ("Communication/answer-99999", 404, "not-found", ""),
    ("Provenance/1", 404, "not-found", ""),
    ("Group/x.y", 404, "not-found", ""),
    ("Observation?date=yesterday", 400, "invalid", "date: expected a date such as"),
    ("Observation?date=ap2026", 400, "invalid", "prefixes are"),
    ("Observation?date=2026-02-30", 400, "invalid", "no such date"),
    ("Observation?date=0001", 400, "invalid", "no such date"),
    ("Observation?date=9999-12-31", 400, "invalid", "no such date"),
    ("Observation?_count=many", 400, "invalid", "_count: expected a whole number"),
    ("Observation?_cursor=xx", 400, "invalid", "_cursor"),
    ("Observation?_cursor=" + quote("YQpi"), 400, "invalid", "_cursor"),
    ("Device?_cursor=MQ", 400, "invalid", "_cursor"),
    ("Flag?_cursor=eA", 400, "invalid", "_cursor"),
    ("Observation?code:text=up", 400, "not-supported", "modifiers"),
    ("Observation?patient.name=Ada", 400, "not-supported", "chains"),
    ("Observation?patient=1,2", 400, "not-supported", "one at a time"),
    ("Provenance?target=Flag/1,Flag/2", 400, "not-supported", "one at a time"),
    ("Patient?_id=" + ",".join(map(str, range(60))), 400, "too-costly", "at most 50"),
    ("Patient?_format=xml", 406, "not-supported", "fhir+json"),
    ("$export", 400, "invalid", "respond-async"),
    ("$export-status/12", 404, "not-found", ""),
    ("$export-file/12/Patient.ndjson", 404, "not-found", ""),
    ("nothing/at/all/here", 404, "not-found", ""),
    ("Group/%00", 404, "not-found", ""),
    ("Observation?_cursor=" + pack("2026-01-10", "a\0", 1, 1), 400, "invalid", "_cursor"),
    ("Observation?_cursor=" + pack("2026-01-10", "a", 10**30, 1), 400, "invalid", "_cursor"),
    ("Observation?_cursor=" + pack("2026-01-99", "a", 1, 1), 400, "invalid", "_cursor"),
    ("Group?_cursor=" + pack("\0"), 400, "invalid", "_cursor"),
    ("Device?_cursor=" + pack("sensor", "9" * 30), 400, "invalid", "_cursor"),
    ("Communication?_cursor=" + pack("letter", 1), 400, "invalid", "_cursor"),
)


async def test_every_error_is_an_operation_outcome(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    for path, status, code, words in ERRORS:
        outcome = await reader.json(f"/fhir/{path}", status)
        assert outcome["resourceType"] == "OperationOutcome"
        (issue,) = outcome["issue"]
        assert (issue["severity"], issue["code"]) == ("error", code), path
        assert words in issue["diagnostics"], path


async def test_strange_signs_find_nothing(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    for query in (
        *("Flag?code=%00", "Flag?code=impact%00", "Flag?status=%00", "Observation?code=%00"),
        *("Patient?_id=%00", "Patient?identifier=%00", "Observation?patient=%F0%9F%A6%84"),
    ):
        assert await reader.ids(f"/fhir/{query}") == [], query


async def test_what_is_not_known_is_left_out_or_refused_as_wished(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    lenient = await reader.json("/fhir/Patient?colour=red&_count=2")
    assert [one["url"] for one in lenient["link"] if one["relation"] == "self"] == [
        "http://testserver/fhir/Patient?_count=2"
    ]
    strict = await reader.json("/fhir/Patient?colour=red", 400, prefer="handling=strict")
    assert "Not understood: colour" in strict["issue"][0]["diagnostics"]
    answer = await reader.client.post("/fhir/Patient", json={})
    assert answer.status_code == 405
    assert answer.json()["issue"][0]["code"] == "not-supported"


async def test_who_has_it_already_gets_no_copy(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    first = await reader.get("/fhir/Observation/1-20260110-active")
    assert first.headers["last-modified"] == "Thu, 15 Jan 2026 06:20:00 GMT"
    tag = first.headers["etag"]
    again = await reader.get("/fhir/Observation/1-20260110-active", 304, **{"if-none-match": tag})
    assert (again.content, again.headers["etag"]) == (b"", tag)
    await reader.get("/fhir/Observation/1-20260110-active", 200, **{"if-none-match": 'W/"x"'})
    modified = {"if-modified-since": first.headers["last-modified"]}
    await reader.get("/fhir/Observation/1-20260110-active", 304, **modified)
    other = {"if-modified-since": "Wed, 14 Jan 2026 06:20:00 GMT"}
    await reader.get("/fhir/Observation/1-20260110-active", 200, **other)
