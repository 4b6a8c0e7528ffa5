"""Who may read what, by which key; and that everybody who read is on record."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from dashboard.fhir import capability
from dashboard.fhir.scopes import parsed
from tests.dashboard.town import NOW
from tests.fhir.clinic import program, revoke, somebody, token
from wayhome.cli import app

if TYPE_CHECKING:
    from typer.testing import Result

    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.servers.databases import Database

OBSERVATION = "/fhir/Observation/1-20260110-active"
FOREIGN = ("/fhir/Patient/1", "/fhir/Group/ada", "/fhir/Flag/1", "/fhir/Communication/answer-1")


def looks(town: Town, page: str) -> list[tuple[object, ...]]:
    return town.execute(
        "select carer_id, home_id, count(*) from access_record where page = %s group by 1, 2 order by 1, 2",
        page,
    )


@pytest.fixture
def fresh_record(town: Town) -> None:
    """Forget who looked: a test counts its own."""
    town.execute("alter table access_record disable trigger user")
    town.execute("delete from access_record")
    town.execute("delete from audit_head")
    town.execute("alter table access_record enable trigger user")


async def test_nobody_reads_without_a_key_and_is_told_how(visitors: Visitors) -> None:
    for given in ("", "Bearer x", "Basic eDp5", "Bearer"):
        headers = {"authorization": given} if given else {}
        reader = await program(visitors, headers)
        answer = await reader.get("/fhir/Patient", 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["issue"][0]["code"] == "login"
    reader = await program(visitors, {})
    await reader.json("/fhir/metadata")
    said = (await reader.get("/.well-known/smart-configuration")).json()
    assert not {"authorization_endpoint", "token_endpoint"} & set(said)
    for scope in said["scopes_supported"]:
        parsed(scope)
    assert "Bearer" not in str(capability.statement("x"))


@pytest.mark.usefixtures("fresh_record")
async def test_a_role_without_the_right_gets_404_and_a_row(visitors: Visitors, town: Town) -> None:
    for login in ("ben", "worker", "technician", "resident", "auditor"):
        reader = await somebody(visitors, login)
        for path in (
            OBSERVATION,
            "/fhir/Observation?patient=1",
            *FOREIGN,
            "/fhir/Provenance/flag-1",
        ):
            outcome = await reader.json(path, 404)
            assert outcome["issue"][0]["code"] == "not-found"
    rows = looks(town, "fhir_refused")
    # an auditor sees no home at all, so there is none to write the row for
    wanted = sorted(town.carers[one] for one in ("ben", "worker", "technician", "resident"))
    # all see the home of theirs; alerts about people only those who would on the pages
    times = {
        number: 4 + 3 * (number in {town.carers["ben"], town.carers["worker"]}) for number in wanted
    }
    assert rows == [(number, "ada", times[number]) for number in wanted]
    reader = await somebody(visitors, "ben")
    await reader.json("/fhir/Group/ada/$export", 404, prefer="respond-async")
    assert looks(town, "fhir_refused")[0][2] == times[town.carers["ben"]] + 1
    assert looks(town, "fhir_observation") == []


async def test_another_organisation_reads_nothing_of_it(visitors: Visitors, town: Town) -> None:
    for reader in (
        await somebody(visitors, "stranger"),
        await program(visitors, token(town, "system/*.rs", login="stranger", key="york")),
    ):
        assert await reader.ids("/fhir/Patient") == ["4"]
        for path in (OBSERVATION, *FOREIGN):
            await reader.json(path, 404)
        assert await reader.ids("/fhir/Observation?patient=1") == []
        assert len(await reader.ids("/fhir/Flag")) == 1
        text = (await reader.get("/fhir/Device?_count=200")).text
        assert "Watch" not in text


@pytest.mark.usefixtures("fresh_record")
async def test_each_reading_is_on_record_with_who_and_whom(visitors: Visitors, town: Town) -> None:
    reader = await somebody(visitors, "clinician")
    await reader.json(OBSERVATION)
    await reader.json("/fhir/Flag")
    await reader.json("/fhir/Patient?_id=2")
    await reader.json("/fhir/Patient/99999", 404)
    await reader.json("/fhir/Observation?_count=0")
    await reader.json("/fhir/Group?_count=0")
    await reader.json("/fhir/Communication?patient=1&_count=0")
    number = town.carers["clinician"]
    assert looks(town, "fhir_observation") == [(number, "ada", 1)]
    assert looks(town, "fhir_flag") == [(number, "ada", 1), (number, "tom", 1)]
    assert looks(town, "fhir_patient") == [(number, "tom", 1)]
    assert looks(town, "fhir_group") == [], "a total over everybody tells of nobody"
    assert looks(town, "fhir_communication") == [(number, "ada", 1)], "how many about one does"
    family = await visitors.of("ben")
    page = await family.text("/looked")
    assert "the numbers of days and nights, by a program" in page
    assert "Clinician" in page


async def test_a_clinician_sees_no_sensors_and_an_administrator_does(visitors: Visitors) -> None:
    clinician, admin = await somebody(visitors, "clinician"), await somebody(visitors, "admin")
    programs = [one for one in await clinician.ids("/fhir/Device?_count=200") if one.isdigit()]
    assert programs == []
    assert len([one for one in await admin.ids("/fhir/Device?_count=200") if one.isdigit()]) == 22
    (sensor, *_) = await admin.ids("/fhir/Device?patient=1")
    await clinician.json(f"/fhir/Device/{sensor}", 404)
    flags = str(await admin.all("/fhir/Flag")) + str(await clinician.all("/fhir/Flag"))
    assert "liveness" in flags
    assert "liveness" not in str(await clinician.all("/fhir/Flag"))


async def test_scopes_give_what_they_say_and_no_more(visitors: Visitors, town: Town) -> None:
    reader = await program(
        visitors, token(town, "system/Observation.s", "system/Patient.r", key="narrow")
    )
    assert len(await reader.ids("/fhir/Observation?patient=1&code=up")) == 21
    await reader.json("/fhir/Patient/1")
    for path in (OBSERVATION, "/fhir/Patient", "/fhir/Flag", "/fhir/Communication/answer-1"):
        outcome = await reader.json(path, 403)
        assert "scopes" in outcome["issue"][0]["diagnostics"]


async def test_a_key_about_one_person_is_about_that_person(visitors: Visitors, town: Town) -> None:
    reader = await program(visitors, token(town, "patient/*.rs", key="one", patient=2))
    assert await reader.ids("/fhir/Patient") == ["2"]
    assert await reader.ids("/fhir/Flag") == await reader.ids("/fhir/Flag?patient=2")
    assert len(await reader.ids("/fhir/Flag")) == 1
    assert await reader.ids("/fhir/Observation") == []
    for path in ("/fhir/Patient/1", OBSERVATION, "/fhir/Flag/1"):
        await reader.json(path, 404)
    assert await reader.ids("/fhir/Patient?_id=1,2") == ["2"]
    assert await reader.ids("/fhir/Flag?patient=1") == []
    for path in ("/fhir/Group", "/fhir/Group/ada", "/fhir/$export"):
        await reader.json(path, 403, prefer="respond-async")


async def test_a_key_ends(visitors: Visitors, town: Town, clock: ManualClock) -> None:
    over = await program(
        visitors, token(town, "system/*.rs", key="over", lasts=-timedelta(hours=1))
    )
    await over.get("/fhir/Patient", 401)
    revoked = await program(visitors, token(town, "system/*.rs", key="revoked"))
    await revoked.get("/fhir/Patient")
    revoke(town, "revoked")
    await revoked.get("/fhir/Patient", 401)
    left = await program(visitors, token(town, "user/*.rs", login="admin", key="left"))
    await left.get("/fhir/Patient")
    town.execute("update carer set disabled_at = %s where login = 'admin'", NOW)
    try:
        await left.get("/fhir/Patient", 401)
    finally:
        town.execute("update carer set disabled_at = null where login = 'admin'")
    assert clock.now() == NOW


async def test_a_session_with_a_password_alone_does_not_do_where_more_is_wanted(
    visitors: Visitors, town: Town
) -> None:
    reader = await somebody(visitors, "clinician")
    town.execute("update organisation set second_factor = true where organisation_id = 'leeds'")
    try:
        outcome = await reader.json("/fhir/Patient", 403)
        assert "second factor" in outcome["issue"][0]["diagnostics"]
    finally:
        town.execute("update organisation set second_factor = false")


async def run(*arguments: str) -> Result:
    """Run the command in this process, beside our own loop."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["fhir", *arguments]))


async def test_the_command_makes_lists_and_revokes_keys(
    visitors: Visitors, town: Town, plain_database: Database
) -> None:
    url = ("--database-url", plain_database.url)
    options = ("leeds", "Leeds Record", "--scope", "system/Patient.rs", "--json", *url)
    alone = json.loads((await run("token", *options)).stdout)["token"]
    reader = await program(visitors, {"authorization": f"Bearer {alone}"})
    assert await reader.ids("/fhir/Patient") == [], "nobody agreed to share with 'Leeds Record'"
    made = await run("token", *options, "--recipient", " leeds care  record")
    key, number = (json.loads(made.stdout)[name] for name in ("token", "number"))
    reader = await program(visitors, {"authorization": f"Bearer {key}"})
    assert await reader.ids("/fhir/Patient") == ["1", "2", "3"]
    reach = json.loads((await run("people", "leeds", "--json", *url)).stdout)
    assert {one["recipient"]: (one["with_basis"], one["without"]) for one in reach} | {
        "Leeds Record": (0, [1, 2, 3]),
        "leeds care record": (3, []),
    } == {one["recipient"]: (one["with_basis"], one["without"]) for one in reach}
    assert "leeds care record" in (await run("people", "leeds", *url)).output
    ((name, stored),) = town.execute(
        "select c.name, encode(t.token_hash, 'hex') from application_token t join carer c using (carer_id)"
        " where token_id = %s",
        number,
    )
    assert name == "Leeds Record (a program)"
    assert key not in stored
    ben = await visitors.of("ben")
    assert "Leeds Record (a program)" in await ben.text("/looked")
    assert (await run("revoke", "leeds", str(number), *url)).exit_code == 0
    await reader.get("/fhir/Patient", 401)
    listed = await run("list", "leeds", "--json", *url)
    assert "revoked on" in listed.stdout
    assert key not in listed.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scope", "system/*.cruds"), "scope: expected"),
        (("--scope", "system/*.rs", "--scope", "user/*.rs"), "of one kind only"),
        (("--scope", "patient/*.rs"), "patient: expected"),
        (("--scope", "patient/*.rs", "--patient", "4"), "of this organisation"),
        (("--scope", "user/*.rs", "--as", "nobody"), "as: expected"),
        (("--scope", "user/*.rs", "--as", "stranger"), "as: expected"),
        (("--scope", "system/*.rs", "--role", "technician"), "role: expected"),
        (("--scope", "system/*.rs", "--recipient", "x" * 101), "recipient: expected"),
    ],
)
async def test_the_command_says_what_it_expected(
    town: Town, plain_database: Database, options: tuple[str, ...], words: str
) -> None:
    before = town.number("select count(*) from application_token")
    found = await run("token", "leeds", "X", *options, "--database-url", plain_database.url)
    assert words in str(found.exception)
    assert town.number("select count(*) from application_token") == before
