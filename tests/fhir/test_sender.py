"""From the tables to a record: only of named organisations, each thing once, through outages and kills."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from core.model.basis import Purpose
from core.model.errors import Misconfigured
from core.model.ids import OrganisationId, ResidentId
from core.model.sharing import SharingQuestion
from core.runtime.clock import ManualClock
from core.store import sharing
from core.store.pool import Pool, open_pool, transaction
from core.store.sharing import Route
from dashboard.fhir.observations import ALWAYS
from tests.dashboard.town import NOW, Town
from tests.fhir import clinic
from tests.sharing.ehr_server import EhrServer, ehr_server
from wayhome.cli import app
from wayhome.sharing import plan
from wayhome.sharing import sender as sending
from wayhome.sharing.connectors.ehrbase import Ehrbase
from wayhome.sharing.sender import Round, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.databases import Database

LEEDS = OrganisationId("leeds")
LONG_AGO = NOW - timedelta(days=400)
ROUTE = Route(
    connector="ehrbase",
    recipient="Leeds Care Record",
    purpose=Purpose.RECORD_SHARING,
    organisations=(LEEDS,),
    since=NOW.date() - timedelta(days=6),
)


def write_down(town: Town, kind: str, recipient: str, at: datetime = LONG_AGO) -> None:
    """Write into the ledger, for everybody, that days and findings may go to a recipient, or no longer."""
    bases = ("consent", "explicit_consent") if kind == "given" else ("", "")
    town.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
        " decided, said_by, valid_from, carer_id, at) select home_id, resident_id, %s, 'record_sharing', %s,"
        " %s, %s, 'person', 'R', %s, (select min(carer_id) from carer), %s from resident",
        kind, recipient, *bases, at, at,
    )  # fmt: skip


@pytest.fixture
async def pool(plain_database: Database, town: Town) -> AsyncIterator[Pool]:
    """Give the sender's own role; the outbox is empty."""
    town.execute("delete from share_outbox")
    for recipient in ("Leeds Care Record", "Early", "R", "Archive"):
        write_down(town, "given", recipient)
    async with open_pool(plain_database.url_as("wayhome_sharing")) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[EhrServer]:
    with ehr_server() as running:
        yield running


async def all_rounds(
    pool: Pool, server: EhrServer, clock: ManualClock, route: Route = ROUTE
) -> Round:
    """Send until nothing is due."""
    connector, total = Ehrbase(server.settings()), Round()
    sender = Sender(pool, clock, route, connector)
    while True:
        done = await sender.round()
        total = Round(**{
            name: getattr(total, name) + getattr(done, name) for name in Round.__dataclass_fields__
        })  # fmt: skip
        if done.idle:
            await connector.close()
            return total


async def test_days_and_findings_go_out_once(pool: Pool, server: EhrServer) -> None:
    clock = ManualClock(NOW)
    done = await all_rounds(pool, server, clock)
    # of the last six days the newest two are counted again; of the findings those about a person
    assert (done.sent, done.failed, done.refused, done.withheld) == (len(server.keys()), 0, 0, 0)
    keys = server.keys()
    kinds = Counter(key.split("-")[1] for key in keys)
    assert kinds == {"day": 4, "finding": 4}
    assert len(set(keys)) == len(keys)
    again = await all_rounds(pool, server, clock)
    assert (again.sent, again.gathered) == (0, 0)
    async with transaction(pool) as connection:
        assert await sharing.states(connection, ROUTE) == {"sent": 8}


async def test_the_compositions_say_what_fhir_says(pool: Pool, server: EhrServer) -> None:
    await all_rounds(pool, server, ManualClock(NOW))
    day = next(one for one in server.compositions if one["name"]["value"] == "Day at home")
    assert day["archetype_details"]["archetype_id"]["value"] == "openEHR-EHR-COMPOSITION.report.v1"
    (observed,) = day["content"]
    (event,) = observed["data"]["events"]
    items = event["data"]["items"]
    assert len({one["archetype_node_id"] for one in items[:ALWAYS]}) == ALWAYS
    by_name = {one["name"]["value"]: one for one in items}
    assert by_name["Movement"]["value"]["units"] == "min"
    assert by_name["Up"]["value"]["_type"] == "DV_DATE_TIME"
    assert by_name["Minutes seen"]["value"]["magnitude"] == 1440
    for one in items:
        assert ("value" in one) != ("null_flavour" in one), one
    fall = next(one for one in server.compositions if "What impact saw" in json.dumps(one))
    told = [
        one["value"]["value"] for one in fall["content"][0]["data"]["events"][0]["data"]["items"]
    ]
    assert "2026-01-15T00:20:00Z: A knock of 6 g at the wrist" in told
    assert "impact 0.1.0-1" in told


async def test_a_day_that_was_not_seen_says_so(pool: Pool, server: EhrServer) -> None:
    early = Route(**{
        name: getattr(ROUTE, name) for name in ("connector", "purpose", "organisations")
    }, recipient="Early", since=clinic.BLIND)  # fmt: skip
    await all_rounds(pool, server, ManualClock(NOW), early)
    (blind,) = [
        one for one in server.compositions if f"-{clinic.BLIND}" in json.dumps(one["feeder_audit"])
    ]
    items = blind["content"][0]["data"]["events"][0]["data"]["items"]
    unknown = [one["name"]["value"] for one in items if "null_flavour" in one]
    assert len(unknown) == ALWAYS - 1, "all but how much was not seen"
    assert not [one for one in items if one.get("value", {}).get("magnitude") == 0
                and one["name"]["value"] != "Minutes seen"]  # fmt: skip


async def test_nothing_goes_out_of_an_organisation_that_is_not_named(
    pool: Pool, server: EhrServer
) -> None:
    for organisations in ((), (OrganisationId("york"),)):
        route = Route(
            connector="ehrbase",
            recipient="R",
            purpose=Purpose.RECORD_SHARING,
            organisations=organisations,
            since=date(2020, 1, 1),
        )
        await all_rounds(pool, server, ManualClock(NOW), route)
        # York's one finding is about a person whom the server does not know
        assert server.compositions == []


async def test_the_question_is_answered_no_unless_all_fits(pool: Pool) -> None:
    async def asked(organisation: str, resident: int, *named: str) -> bool:
        question = SharingQuestion(
            organisation_id=OrganisationId(organisation),
            resident_id=ResidentId(resident),
            purpose=Purpose.RECORD_SHARING,
            recipient="R",
            at=NOW,
        )
        async with transaction(pool) as connection:
            return await sharing.may_be_shared(
                connection, question, named=[OrganisationId(one) for one in named]
            )

    assert await asked("leeds", 1, "leeds")
    assert not await asked("leeds", 1)
    assert not await asked("leeds", 1, "york")
    assert not await asked("leeds", 4, "leeds"), "a resident of York"
    assert not await asked("leeds", 999, "leeds")


async def test_what_was_withdrawn_is_withheld_also_when_it_was_waiting(
    pool: Pool, server: EhrServer, town: Town
) -> None:
    clock = ManualClock(NOW)
    server.trouble()
    done = await all_rounds(pool, server, clock)
    assert done.failed == 8
    server.mend()
    write_down(town, "withdrawn", ROUTE.recipient, NOW)
    clock.advance(3600)
    done = await all_rounds(pool, server, clock)
    assert (done.withheld, server.compositions) == (8, [])
    async with transaction(pool) as connection:
        assert await sharing.states(connection, ROUTE) == {"withheld": 8}
    # what is withheld stays so; a basis opens what comes from then on
    write_down(town, "given", ROUTE.recipient, NOW)
    assert (await all_rounds(pool, server, clock)).sent == 0


async def test_days_of_two_go_out_when_of_both_a_basis_stands(
    pool: Pool, server: EhrServer, town: Town
) -> None:
    other = town.number(
        "insert into resident (home_id, name) values ('ada', 'Bob') returning resident_id"
    )
    server.people.add(str(other))
    try:
        await all_rounds(pool, server, ManualClock(NOW))
        found = "select distinct kind, state from share_outbox where home_id = 'ada' order by 1"
        assert town.execute(found) == [("day", "withheld"), ("finding", "sent")]
        town.execute("delete from share_outbox")
        clinic.share(town, other, ROUTE.recipient)
        await all_rounds(pool, server, ManualClock(NOW))
        assert town.execute(found) == [("day", "sent"), ("finding", "sent")]
        days = [one for one in server.compositions if one["name"]["value"] == "Day at home"]
        assert len(days) == 8
        for one in days:
            assert "More than one person lives in this home" in json.dumps(one)
    finally:
        town.execute("delete from share_outbox")
        town.execute("delete from resident where resident_id = %s", other)
        town.execute("update home set parted_at = null")  # nobody had moved in after all


async def test_a_recipient_that_nobody_wrote_down_gets_nothing(
    pool: Pool, server: EhrServer
) -> None:
    other = replace(ROUTE, recipient="Somebody else")
    done = await all_rounds(pool, server, ManualClock(NOW), other)
    assert (done.sent, done.withheld, server.compositions) == (0, 8, [])


async def test_an_outage_delays_and_a_lost_answer_doubles_nothing(
    pool: Pool, server: EhrServer, town: Town
) -> None:
    clock = ManualClock(NOW)
    server.lose_answers()
    done = await all_rounds(pool, server, clock)
    assert (done.failed, len(server.compositions)) == (8, 8), (
        "the server has them and never said so"
    )
    waits = town.execute("select distinct next_try_at - %s, error from share_outbox", NOW)
    assert waits == [(timedelta(minutes=1), "no answer: RemoteProtocolError")]
    server.trouble()
    clock.advance(61)
    assert (await all_rounds(pool, server, clock)).failed == 8
    server.mend()
    clock.advance(60)
    assert (await all_rounds(pool, server, clock)).sent == 0, "the wait has doubled"
    clock.advance(61)
    assert (await all_rounds(pool, server, clock)).sent == 8
    assert len(server.compositions) == len(set(server.keys())) == 8
    references = {one for (one,) in town.execute("select reference from share_outbox")}
    assert references == {f"uid-{n}::fake::1" for n in range(8)}


async def test_a_sender_that_died_with_things_in_hand_is_followed_by_another(
    pool: Pool, server: EhrServer, town: Town
) -> None:
    clock = ManualClock(NOW)
    async with transaction(pool) as connection:
        for what, _ in await sharing.waiting(connection, ROUTE, 100):
            await sharing.put(connection, ROUTE, what, NOW, allowed=True)
        held = await sharing.claim(connection, ROUTE, NOW, sending.LEASE, 3)
    assert (await all_rounds(pool, server, clock)).sent == 5, "three are held by somebody else"
    clock.advance(sending.LEASE.total_seconds())
    assert (await all_rounds(pool, server, clock)).sent == 3
    # the dead one wakes up: what it says of its attempts changes nothing
    async with transaction(pool) as connection:
        await sharing.failed(connection, held[0], "late", NOW)
        await sharing.ended(connection, held[1], "refused", "late")
    assert town.execute("select distinct state, error from share_outbox") == [("sent", "")]


async def test_what_the_record_refuses_is_not_sent_for_ever(
    pool: Pool, server: EhrServer, town: Town
) -> None:
    clock = ManualClock(NOW)
    server.refuse()
    assert (await all_rounds(pool, server, clock)).refused == 8
    assert town.execute("select distinct state, error from share_outbox") == [
        ("refused", "the server refused it: 422")
    ]
    server.mend()
    clock.advance(86_400)
    assert (await all_rounds(pool, server, clock)).sent == 0


async def test_somebody_whom_the_record_does_not_know_holds_nobody_else_up(
    pool: Pool, server: EhrServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    server.people = {"2"}
    done = await all_rounds(pool, server, ManualClock(NOW))
    assert done.refused > 1
    async with transaction(pool) as connection:
        assert set(await sharing.states(connection, ROUTE)) == {"refused", "sent"}


async def test_the_command_sends_into_a_folder(
    pool: Pool, plain_database: Database, tmp_path: Path
) -> None:
    del pool
    out = tmp_path / "out"
    out.mkdir()
    file = tmp_path / "sharing.toml"
    file.write_text(
        'connector = "folder"\nrecipient = "Archive"\npurpose = "record_sharing"\n'
        f'organisations = ["leeds"]\nsince = 2026-01-09\n[settings]\nfolder = "{out}"\n'
    )
    url = ["--database-url", plain_database.url_as("wayhome_sharing")]

    def run(*arguments: str) -> str:
        found = CliRunner().invoke(app, ["sharing", *arguments, *url])
        assert found.exit_code == 0, found.exception
        return str(found.stdout)

    done = await asyncio.to_thread(run, "run", str(file), "--once", "--json")
    assert json.loads(done) == {"sent": 8, "failed": 0, "refused": 0, "withheld": 0}
    files = sorted(out.iterdir())
    assert len(files) == 8
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    state = await asyncio.to_thread(run, "state", str(file), "--json")
    assert json.loads(state) == {"sent": 8}


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("refuse", {"sent": 0, "failed": 0, "refused": 8, "withheld": 0}),
        ("trouble", {"sent": 0, "failed": 8, "refused": 0, "withheld": 0}),
    ],
)
async def test_the_command_ends_with_an_error_where_not_all_was_taken(
    pool: Pool,
    plain_database: Database,
    server: EhrServer,
    tmp_path: Path,
    trouble: str,
    said: dict[str, int],
) -> None:
    del pool
    getattr(server, trouble)()
    file = tmp_path / "sharing.toml"
    file.write_text(
        'connector = "ehrbase"\nrecipient = "Archive"\npurpose = "record_sharing"\n'
        f'organisations = ["leeds"]\nsince = 2026-01-09\n[settings]\nurl = "{server.settings().url}"\n'
    )
    arguments = ["sharing", "run", str(file), "--once", "--json", "--database-url"]
    found = await asyncio.to_thread(
        CliRunner().invoke, app, [*arguments, plain_database.url_as("wayhome_sharing")]
    )
    assert json.loads(found.stdout) == said
    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("folder", "fax"), "connector: expected one of ehrbase, folder"),
        (('["leeds"]', "[]"), "organisations: expected"),
        (("record_sharing", "fun"), "Invalid enum value"),
        (("2026-01-09", '"soon"'), "since"),
        (("recipient", "receiver"), "recipient"),
    ],
)
def test_a_file_that_is_wrong_says_where(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    text = (
        'connector = "folder"\nrecipient = "Archive"\npurpose = "record_sharing"\n'
        'organisations = ["leeds"]\nsince = 2026-01-09\n[settings]\nfolder = "x"\n'
    )
    file = tmp_path / "sharing.toml"
    file.write_text(text.replace(*change, 1))
    with pytest.raises(Misconfigured, match=words):
        plan.read(file)
