"""Bulk export: the asynchronous pattern, within the walls, page by page, and nothing left behind."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from dashboard.fhir import bulk
from dashboard.fhir.access import reading
from dashboard.fhir.observations import ALWAYS
from dashboard.fhir.outcome import Refused
from dashboard.site import SITE
from tests.dashboard.town import NOW
from tests.fhir.clinic import DAYS, Json, Program, program, revoke, somebody, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

ASYNC = {"prefer": "respond-async"}


@pytest.fixture(autouse=True)
def _alone(town: Town) -> None:
    town.execute("delete from fhir_export")


async def begun(reader: Program, path: str = "/fhir/$export") -> str:
    """Begin an export; return where its status is."""
    answer = await reader.get(path, 202, **ASYNC)
    return answer.headers["content-location"]


async def manifest(reader: Program, place: str) -> tuple[Json, list[str]]:
    """Ask until all is there; return the manifest and what was said on the way."""
    said: list[str] = []
    for _ in range(20):
        answer = await reader.client.get(place, headers=reader.headers)
        if answer.status_code == 200:
            found: Json = answer.json()
            assert answer.headers["expires"] == "Fri, 16 Jan 2026 03:20:00 GMT"
            return found, said
        assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
        said.append(answer.headers["x-progress"])
    pytest.fail("the export never ended")


async def streamed(visitors: Visitors, reader: Program, url: str) -> AsyncIterator[bytes]:
    """Return the body of an answer as it is made; the transport of the tests would gather it whole."""
    path = url.removeprefix("http://testserver")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in reader.headers.items()],
        SITE: visitors.site,
    }
    number, name = path.split("/")[-2:]
    answer = await bulk.file(await reading(Request(scope)), number, name)
    assert isinstance(answer, StreamingResponse)
    return cast("AsyncIterator[bytes]", answer.body_iterator)


async def lines(reader: Program, url: str) -> list[Json]:
    answer = await reader.get(url)
    assert answer.headers["content-type"] == "application/fhir+ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_an_export_gives_what_the_searches_give(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PAGE", 13)
    reader = await program(visitors, token(town, "system/*.rs", key="bulk"))
    place = await begun(reader)
    found, said = await manifest(reader, place)
    assert said == [f"{n} of 7 types counted" for n in range(1, 7)]
    assert found["request"] == "http://testserver/fhir/$export"
    assert found["transactionTime"] == "2026-01-15T03:20:00Z"
    assert (found["requiresAccessToken"], found["error"]) == (True, [])
    counts = {one["type"]: one["count"] for one in found["output"]}
    assert counts["Observation"] == DAYS * (ALWAYS + 1)
    town.execute("alter table access_record disable trigger user")
    town.execute("delete from access_record")
    town.execute("delete from audit_head")
    town.execute("alter table access_record enable trigger user")
    for one in found["output"]:
        rows = await lines(reader, one["url"])
        assert len(rows) == one["count"]
        assert {row["resourceType"] for row in rows} == {one["type"]}
        assert rows == await reader.all(f"/fhir/{one['type']}?_count=200")
    looks = Counter(
        town.execute("select page, home_id from access_record where page = 'fhir_observation'")
    )
    # the searches that we compare with are of three pages of 200; the export is one view of the home
    assert looks == {("fhir_observation", "ada"): 1 + 2}
    await reader.get(place, 200)
    assert (await reader.client.delete(place, headers=reader.headers)).status_code == 202
    for gone in (place, found["output"][0]["url"]):
        await reader.json(gone, 404)


async def test_an_export_of_a_home_and_of_some_types(visitors: Visitors, town: Town) -> None:
    reader = await program(visitors, token(town, "system/*.rs", key="home"))
    place = await begun(reader, "/fhir/Group/tom/$export?_type=Patient,Flag&_outputFormat=ndjson")
    found, said = await manifest(reader, place)
    assert said == ["1 of 2 types counted"]
    assert {one["type"]: one["count"] for one in found["output"]} == {"Patient": 1, "Flag": 1}
    (patient,) = await lines(reader, found["output"][0]["url"])
    assert patient["id"] == "2"
    for home in ("eve", "%00", "nobody"):
        await reader.json(f"/fhir/Group/{home}/$export", 404, **ASYNC)


async def test_an_export_of_what_changed(visitors: Visitors, town: Town) -> None:
    reader = await program(visitors, token(town, "system/*.rs", key="since"))
    since = "2026-01-15T00:31:00Z"
    wanted = await reader.ids(f"/fhir/Flag?_lastUpdated=gt{since}")
    place = await begun(reader, f"/fhir/$export?_since={since}&_type=Flag,Communication")
    found, _ = await manifest(reader, place)
    urls = {one["type"]: one["url"] for one in found["output"]}
    if wanted:
        assert [one["id"] for one in await lines(reader, urls["Flag"])] == wanted
    told = [one["id"] for one in await lines(reader, urls["Communication"])]
    assert told == await reader.ids(f"/fhir/Communication?_lastUpdated=gt{since}")


async def test_an_export_belongs_to_whom_it_belongs_and_ends(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    reader = await program(visitors, token(town, "system/*.rs", key="mine"))
    place = await begun(reader, "/fhir/$export?_type=Patient")
    found, _ = await manifest(reader, place)
    url = found["output"][0]["url"]
    for other in (await somebody(visitors, "admin"), await somebody(visitors, "stranger")):
        await other.json(place, 404)
        await other.json(url, 404)
    # the same account, by a key that may read less
    less = await program(visitors, token(town, "system/Flag.rs", key="less"))
    await less.json(url, 403)
    clock.advance(timedelta(hours=24).total_seconds())
    await reader.json(place, 404)
    await reader.json(url, 404)


async def test_a_download_breaks_off_when_the_key_is_revoked(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PAGE", 5)
    headers = token(town, "system/*.rs", key="broken off")
    reader = await program(visitors, headers)
    found, _ = await manifest(reader, await begun(reader, "/fhir/$export?_type=Observation"))
    whole = bulk._next
    pages = 0

    async def revoking(*arguments: object) -> object:
        nonlocal pages
        pages += 1
        if pages == 3:
            revoke(town, "broken off")
        return await whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "_next", revoking)
    pieces = await streamed(visitors, reader, found["output"][0]["url"])
    taken = [await anext(pieces) for _ in range(3)]
    assert b"".join(taken).count(b"\n") == 15
    with pytest.raises(Refused):
        await anext(pieces)
    assert pages == 3


async def test_what_an_export_refuses(visitors: Visitors, town: Town) -> None:
    reader = await program(visitors, token(town, "system/Patient.rs", key="refused"))
    for path, status, words in (
        ("/fhir/$export?_type=Medication", 400, "_type: expected some of"),
        ("/fhir/$export?_type=Flag", 403, "do not give Flag.s"),
        ("/fhir/$export?_elements=id", 400, "Not understood: _elements"),
        ("/fhir/$export?_outputFormat=csv", 400, "_outputFormat"),
        ("/fhir/$export?_since=yesterday", 400, "_since"),
        ("/fhir/Group/ada/$export", 403, "scopes"),
    ):
        outcome = await reader.json(path, status, **ASYNC)
        assert words in outcome["issue"][0]["diagnostics"]
    await reader.get("/fhir/$export?_elements=id", 202, prefer="respond-async, handling=lenient")
    for _ in range(bulk.MOST_RUNNING - 1):
        await begun(reader)
    assert (await reader.json("/fhir/$export", 429, **ASYNC))["issue"][0]["code"] == "throttled"
    family = await somebody(visitors, "ben")
    await family.json("/fhir/$export", 404, **ASYNC)


async def test_a_large_export_takes_no_more_memory_than_a_page(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months more than before: the answer is read as it is made, and nothing piles up."""
    monkeypatch.setattr(bulk, "PAGE", 50)
    town.execute(
        "insert into day_count select home_id, day - (n * 30), counted_at, settled, seen, active, seen_min,"
        " active_min, facts from day_count cross join generate_series(1, 4) n where home_id = 'ada'"
    )
    reader = await program(visitors, token(town, "system/*.rs", key="large"))
    try:
        found, _ = await manifest(reader, await begun(reader, "/fhir/$export?_type=Observation"))
        (output,) = found["output"]
        assert output["count"] == DAYS * 5 * (ALWAYS + 1)
        pieces = await streamed(visitors, reader, output["url"])
        tracemalloc.start()
        size = count = 0
        async for piece in pieces:
            size += len(piece)
            count += piece.count(b"\n")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == output["count"]
        assert most < size / 3, (most, size)
    finally:
        town.execute("delete from day_count where day < %s", NOW.date() - timedelta(days=DAYS))
