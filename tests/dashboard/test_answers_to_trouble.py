"""Headers, errors, static files, and a database that is gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from core.runtime.clock import ManualClock
from core.runtime.settings import DashboardSettings
from core.store.pool import open_pool
from dashboard.app import build
from dashboard.service import make_site
from tests.dashboard.town import NOW
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_every_answer_binds_the_browser(visitors: Visitors) -> None:
    browser = await visitors.of("ben")
    for path in ("/today", "/login", "/nowhere", "/api/alerts"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


async def test_no_page_has_script_or_style_in_it(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    town.night("ada")
    for login, paths in {
        "ben": ("/today", "/alerts", f"/alerts/{number}", "/homes/ada", "/homes/ada/devices"),
        "technician": ("/system",),
    }.items():
        browser = await visitors.of(login)
        for path in paths:
            text = await browser.text(path)
            assert not re.search(r"<style|<script(?! type=\"module\" src=)|\son\w+=|\sstyle=", text)
            assert "http://" not in text.replace("http://www.w3.org", "")
            assert len(text.encode()) < 60_000


async def test_static_files_are_kept_for_ever_by_their_content(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    (sheet,) = re.findall(r'href="(/static/[^"]+\.css)"', await browser.text("/login"))
    answer = await browser.get(sheet)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert (await browser.get("/static/0000/wayhome.css")).status_code == 404
    assert (await browser.get("/static/0000/../app.py")).status_code == 404


async def test_all_a_first_page_needs_is_below_100_kb(visitors: Visitors, town: Town) -> None:
    for _ in range(20):
        town.alert()
    browser = await visitors.of("ben")
    size = len((await browser.get("/alerts")).content)
    size += sum(len(asset.content) for asset in visitors.site.layout.assets.values())
    assert size < 100_000


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/alerts/0",
        "/alerts/x",
        f"/alerts/{2**70}",
        "/homes/a%00b",
        "/homes/%2e",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/metrics",
    ],
)
async def test_what_is_not_there_is_a_designed_page(visitors: Visitors, path: str) -> None:
    answer = await (await visitors.of("ben")).get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


async def test_a_field_with_a_nul_is_no_fault_of_ours(visitors: Visitors, town: Town) -> None:
    admin, technician = await visitors.of("admin"), await visitors.of("technician")
    invited = await admin.send("/people/invite", name="Kim", home="a\0da", role="family_carer")
    assert invited.status_code == 200
    assert town.execute("select home_id, name from invitation") == [("ada", "Kim")]
    refused = await technician.send("/homes/ada/walk/waive", piece="\0", reason="no")
    assert refused.status_code < 500
    csrf = (await technician.client.get("/api/session")).json()["csrf"]
    part = b'--x\r\nContent-Disposition: form-data; name="detail"\r\n\r\n\\ud800\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    headers = {"x-csrf-token": csrf, "content-type": kind}
    half = await technician.client.post("/reach/detail", content=part, headers=headers)
    assert half.status_code == 400


async def test_a_fault_of_ours_shows_no_trace(
    visitors: Visitors, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await visitors.of("ben")
    town.alert(severity="check")
    town.execute("alter table alert drop constraint alert_severity_check")
    town.execute("update alert set severity = 'nonsense'")
    answer = await browser.get("/alerts")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "nonsense" not in answer.text
    assert any(record.message == "a page failed" for record in caplog.records)


async def test_without_its_database_it_says_so() -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    settings = DashboardSettings(database_url=url, cookie_secure=False)
    async with open_pool(url) as pool:
        pool.timeout = 0.2
        app = build(make_site(pool, ManualClock(NOW), settings))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            assert (await client.get("/login")).status_code == 200
            client.cookies.set("wayhome_session", "token")
            answer = await client.get("/alerts")
            assert answer.status_code == 503
            assert "We cannot reach the records" in answer.text
            assert "call or go there" in answer.text
            assert (await client.get("/api/alerts")).json()[
                "error"
            ] == "We cannot reach the records"
