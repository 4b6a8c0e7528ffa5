"""Certificates on the pages: asked for, taken once, shut out; by who sets the home up and nobody else."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.model.ids import HomeId
from core.store import hub_credential as store
from core.store.pool import connect
from tests.dashboard.town import NOW
from tests.identity.speaker import unpacked
from wayhome import certificates
from wayhome.identity.issuing import Terms, issue

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

PAGE = "/homes/ada/hub"
DAYS = timedelta(days=30)
CODE = re.compile(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}")


async def issue_all(database: Database, now: datetime = NOW) -> None:
    """Do what the identity service does."""
    authority = certificates.new_authority(now)
    terms = Terms(
        authority=authority,
        broker_authority=authority.certificate,
        broker="broker.example:8885",
        lasts=timedelta(days=90),
        overlap=timedelta(days=7),
    )
    async with connect(database.url_as("wayhome_identity")) as connection:
        for one in await store.standing(connection):
            if one.issued_at is None:
                await store.note_issued(connection, one, issue(one, terms, now), now, terms.overlap)


def new_request() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """Make a key and a request for it, as a hub does."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return key, made.public_bytes(serialization.Encoding.PEM).decode()


def signed_fields(hub: Path, request: str) -> dict[str, str]:
    """Sign a request with the present key of a hub."""
    key = serialization.load_pem_private_key((hub / "client.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(request.encode(), ec.ECDSA(hashes.SHA256()))
    return {
        "certificate": (hub / "client.crt").read_text(),
        "request": request,
        "signature": base64.b64encode(signature).decode(),
    }


async def _asked(browser: Browser, **fields: str) -> str:
    answer = await browser.send(f"{PAGE}/make", **({"device": ""} | fields))
    assert answer.status_code == 200, answer.text
    found = CODE.search(answer.text)
    assert found is not None
    return found[0]


async def test_a_bundle_is_asked_for_and_taken_once(
    visitors: Visitors, town: Town, plain_database: Database
) -> None:
    browser = await visitors.of("technician")
    code = await _asked(browser)
    assert code not in await browser.text(PAGE)  # shown once
    stranger = await visitors.nobody()
    early = await stranger.client.post("/hub-bundle", data={"code": code})
    assert early.status_code == 404
    await issue_all(plain_database)
    typed = code.upper().replace("-", " ")
    given = await stranger.client.post("/hub-bundle", data={"code": typed})
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
        bridge = archive.read("wayhome-ada/wayhome.conf").decode()
    assert names == {
        "README.txt",
        "client.crt",
        "client.key",
        "install.sh",
        "wayhome-alive.service",
        "wayhome-alive.timer",
        "wayhome-ca.crt",
        "wayhome.conf",
    }
    assert "address broker.example:8885" in bridge
    assert "topic homes/ada/# out 1" in bridge
    again = await stranger.client.post("/hub-bundle", data={"code": code})
    assert again.status_code == 404
    assert town.number("select count(*) from hub_credential where sealed is not null") == 0


async def test_a_code_ends_and_a_wrong_one_gives_nothing(
    visitors: Visitors, town: Town, plain_database: Database
) -> None:
    browser = await visitors.of("technician")
    code = await _asked(browser)
    await issue_all(plain_database)
    town.execute("update hub_credential set code_ends_at = %s", NOW - timedelta(seconds=1))
    for tried in (code, "abcd-efgh-jkmn-pqrs-tuvw", "", "x" * 60):
        answer = await browser.send("/hub-bundle", code=tried)
        assert answer.status_code == 404
        assert "This code gives nothing now" in answer.text


async def test_a_hub_is_shut_out_by_the_page(
    visitors: Visitors, town: Town, plain_database: Database
) -> None:
    browser = await visitors.of("technician")
    await _asked(browser)
    await issue_all(plain_database)
    number = town.number("select credential_id from hub_credential")
    text = await browser.text(PAGE)
    assert "Made, the broker is not told yet" in text
    assert (await browser.send(f"{PAGE}/{number}/revoke")).status_code == 303
    assert "To be shut out" in await browser.text(PAGE)
    again = await browser.send(f"{PAGE}/{number}/revoke")
    assert again.status_code == 409
    town.execute(
        "insert into credential_door values ('mosquitto', %s, 'the broker does not answer', %s, 0)",
        NOW,
        NOW,
    )
    assert "The broker cannot be told about changes" in await browser.text(PAGE)


async def test_home_assistant_in_the_home_is_told_only_where_somebody_has_switched_it_on(
    visitors: Visitors, town: Town
) -> None:
    browser = await visitors.of("technician")
    assert "It is off." in await browser.text(PAGE)
    for state, wanted in (("on", True), ("off", False)):
        answer = await browser.send(f"{PAGE}/home-assistant/{state}")
        assert answer.status_code == 303
        assert town.execute("select home_id, wanted from home_output") == [("ada", wanted)]
        assert ("Tell it no longer" in await browser.text(PAGE)) is wanted
    assert (await browser.send(f"{PAGE}/home-assistant/maybe")).status_code in {400, 404, 422}
    for role in ("ben", "clinician", "stranger"):
        other = await visitors.of(role)
        assert (await other.send(f"{PAGE}/home-assistant/on")).status_code == 404
    assert town.execute("select wanted from home_output") == [(False,)]


async def test_a_wrong_device_is_named(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("technician")
    for device in ("wayhome/#", "wayhome", "+/x", "a/b/"):
        answer = await browser.send(f"{PAGE}/make", device=device)
        assert answer.status_code == 400, device
        assert "a name as in its topics" in answer.text
    await _asked(browser, device="wayhome/door")
    assert town.execute("select topics from hub_credential") == [(["homes/ada/wayhome/door/#"],)]
    assert HomeId("ada") in {row[0] for row in town.execute("select home_id from hub_credential")}


async def test_for_who_does_not_set_up_homes_it_does_not_exist(visitors: Visitors) -> None:
    for role in ("ben", "clinician", "auditor", "stranger"):
        browser = await visitors.of(role)
        assert (await browser.get(PAGE)).status_code == 404
        assert (await browser.send(f"{PAGE}/make", device="")).status_code == 404


async def _hub_of(browser: Browser, database: Database, folder: Path, beside: str = "") -> Path:
    """Bring a bundle to a hub; return the folder of its files."""
    code = await _asked(browser, beside=beside)
    await issue_all(database)
    given = await browser.client.post("/hub-bundle", data={"code": code})
    return unpacked(given.content, folder)


async def _sent(browser: Browser, **fields: str) -> tuple[int, str]:
    answer = await browser.client.post("/hub-renewal", data=fields)
    return answer.status_code, answer.text


async def test_a_hub_fetches_its_next_certificate_and_the_key_stays_there(
    visitors: Visitors, town: Town, plain_database: Database, tmp_path: Path
) -> None:
    hub = await _hub_of(await visitors.of("technician"), plain_database, tmp_path)
    key, wish = new_request()
    fields = signed_fields(hub, wish)
    stranger = await visitors.nobody()
    assert (await _sent(stranger, **fields))[0] == 202
    assert (await _sent(stranger, **fields))[0] == 202  # the same one is asked for once
    assert town.number("select count(*) from hub_credential") == 2
    more = [await _sent(stranger, **signed_fields(hub, new_request()[1])) for _ in range(3)]
    assert [status for status, _ in more] == [202, 202, 403]
    assert "asked too often" in more[-1][1]
    town.execute("delete from hub_credential where credential_id > 2")
    await issue_all(plain_database)
    status, text = await _sent(stranger, **fields)
    assert status == 200
    mine = x509.load_pem_x509_certificates(text.encode())[0]
    assert mine.public_key() == key.public_key()
    ((client, topics),) = town.execute(
        "select client, topics from hub_credential where renews is not null"
    )
    assert certificates.facts(text).name == client
    assert client.startswith("hub-ada-")
    assert topics == ["homes/ada/#"]
    assert (await _sent(stranger, **fields))[1] == text  # also when the answer was lost
    ends = town.execute("select ends_at from hub_credential where renews is null")
    assert ends == [(NOW + timedelta(days=7),)]
    # who has a copy of the old key gets nothing by it any more
    town.execute("update hub_credential set asked_at = %s", NOW - timedelta(days=2))
    assert (await _sent(stranger, **signed_fields(hub, new_request()[1])))[0] == 403


async def test_who_is_no_hub_of_ours_renews_nothing(
    visitors: Visitors, town: Town, plain_database: Database, tmp_path: Path
) -> None:
    hub = await _hub_of(await visitors.of("technician"), plain_database, tmp_path)
    stranger = await visitors.nobody()
    fields = signed_fields(hub, new_request()[1])
    other_key = signed_fields(hub, new_request()[1])["signature"]
    for field, value, wanted in (
        ("certificate", "", "certificate: expected"),
        ("certificate", "x" * 9000, "certificate: expected at most"),
        ("request", "-----BEGIN", "request: expected"),
        ("request", new_request()[1], "signature: expected"),
        ("signature", other_key, "signature: expected"),
        ("signature", "%", "signature: expected"),
    ):
        status, text = await _sent(stranger, **(fields | {field: value}))
        assert (status, text.startswith(wanted)) == (400, True), (field, text)
    forged = certificates.new_client(
        certificates.new_authority(NOW), "hub-ada-1", NOW, timedelta(days=9)
    )
    (tmp_path / "client.crt").write_text(forged.certificate)
    (tmp_path / "client.key").write_text(forged.key)
    assert (await _sent(stranger, **signed_fields(tmp_path, new_request()[1])))[0] == 403
    town.execute("update hub_credential set ends_at = %s", NOW)
    assert (await _sent(stranger, **fields))[0] == 403
    town.execute("update hub_credential set ends_at = %s, revoked_at = %s", NOW + DAYS, NOW)
    assert (await _sent(stranger, **fields))[0] == 403
    assert town.number("select count(*) from hub_credential") == 1


async def test_two_hubs_of_one_home_do_not_end_each_other(
    visitors: Visitors, town: Town, plain_database: Database, tmp_path: Path
) -> None:
    """The bundle of a second hub, and each renewal of either, shut the other out a week later."""
    browser, stranger = await visitors.of("technician"), await visitors.nobody()
    first = await _hub_of(browser, plain_database, tmp_path / "1")
    second = await _hub_of(browser, plain_database, tmp_path / "2", beside="annex")
    kept = (
        "select about, replaced_at, ends_at - issued_at from hub_credential order by credential_id"
    )
    long = timedelta(days=90)
    rows = town.execute(kept)
    assert [row[:2] for row in rows] == [("hub", None), ("hub/annex", None)]
    assert all(long - row[2] < timedelta(days=1) for row in rows)
    # each says by a name of its own that it is there: one that goes is not hidden by the other
    conf = [(one / "wayhome.conf").read_text() for one in (first, second)]
    assert "notification_topic homes/ada/wayhome/hub/status" in conf[0]
    assert "notification_topic homes/ada/wayhome/hub-annex/status" in conf[1]
    fields = signed_fields(second, new_request()[1])
    assert (await _sent(stranger, **fields))[0] == 202
    await issue_all(plain_database)
    assert (await _sent(stranger, **fields))[0] == 200
    ((_, replaced, lasts), (_, ended, _), _) = town.execute(kept)
    assert (replaced, ended is None) == (None, False)
    assert long - lasts < timedelta(days=1)
    text = await browser.text(PAGE)
    assert "For the hub annex" in text
    for wrong in ("a/b", "a b", "#"):
        assert (await browser.send(f"{PAGE}/make", device="", beside=wrong)).status_code == 400
