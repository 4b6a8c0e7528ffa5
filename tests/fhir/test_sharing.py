"""A program finds only those of whom a basis for sharing with its recipient stands, whatever it asks for."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from core.model.basis import recipient_key
from core.store import spoken
from core.store.account import Reading
from dashboard.fhir.access import reading
from dashboard.fhir.kinds import KINDS
from tests.dashboard.town import NOW
from tests.fhir.clinic import RECIPIENT, program, share, somebody, token
from tests.fhir.test_access import looks
from tests.fhir.test_bulk import begun, lines, manifest, request

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.fhir.clinic import Program

OF_NOBODY = {"Device": ["wayhome"]}
"""What a type has that is about no resident."""
DAY = timedelta(days=1)
_numbers = count(1)


@pytest.fixture(autouse=True)
def _alone(town: Town) -> None:
    town.execute("delete from fhir_export")


async def of_recipient(visitors: Visitors, town: Town, recipient: str, *scopes: str) -> Program:
    """Let a program of an administrator come that reads for somebody."""
    key = f"sharing {next(_numbers)}"
    wanted = scopes or ("system/*.rs",)
    return await program(
        visitors, token(town, *wanted, login="admin", key=key, recipient=recipient)
    )


async def everything(reader: Program) -> dict[str, list[str]]:
    """Return the ids of all that a reader finds, type by type; each total agrees with them."""
    found = {}
    for kind in KINDS:
        found[kind] = await reader.ids(f"/fhir/{kind}?_count=200")
        counted = await reader.json(f"/fhir/{kind}?_count=0")
        assert counted["total"] == len(found[kind]), kind
    return found


@pytest.fixture
async def whole(visitors: Visitors) -> dict[str, list[str]]:
    """All there is, as a person sees it: persons read for the care of those they see."""
    found = await everything(await somebody(visitors, "admin"))
    assert all(len(ids) > len(OF_NOBODY.get(kind, ())) for kind, ids in found.items())
    return found


Entry = tuple[str, str, timedelta, timedelta | None]
NOT_STANDING: dict[str, list[Entry]] = {
    "never given": [],
    "given to somebody else": [("given", "Another clinic", -DAY, None)],
    "withdrawn": [("given", "{who}", -DAY, None), ("withdrawn", " the  CLINIC", -DAY / 2, None)],
    "withdrawn for everybody": [
        ("given", "{who}", -DAY, None),
        ("withdrawn", "", timedelta(), None),
    ],
    "lapsed": [("given", "{who}", -DAY, timedelta())],
    "not begun": [("given", "{who}", DAY, None)],
}
"""Kind of entry, recipient, from when and until when, from the present moment."""


async def test_what_is_found_is_the_same_whether_few_homes_are_named_or_all_gone_through(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A practice of twenty homes was looked for among those of a whole city: seconds a page."""
    reader = await of_recipient(visitors, town, RECIPIENT)
    of_few = await everything(reader)
    assert all(of_few.values())
    monkeypatch.setattr(spoken, "FEW", -1)
    assert await everything(reader) == of_few


@pytest.mark.parametrize("state", NOT_STANDING)
async def test_without_a_basis_there_is_nothing_of_any_type(
    visitors: Visitors, town: Town, whole: dict[str, list[str]], state: str
) -> None:
    """Every type is asked: one that is added and goes round the ledger fails here."""
    try:
        for kind, recipient, since, until in NOT_STANDING[state]:
            ends = None if until is None else NOW + until
            share(town, 1, recipient.format(who="The clinic"), kind, NOW + since, ends)
        reader = await of_recipient(visitors, town, "The clinic")
        assert await everything(reader) == {kind: OF_NOBODY.get(kind, []) for kind in KINDS}
        for kind, ids in whole.items():
            for one in (ids[0], ids[-1]):
                if one not in OF_NOBODY.get(kind, ()):
                    await reader.json(f"/fhir/{kind}/{one}", 404)
                    assert await reader.ids(f"/fhir/{kind}?_id={one}") == []
            if "patient" in KINDS[kind].parameters:
                assert await reader.ids(f"/fhir/{kind}?patient=1") == []
        text = (await reader.get("/fhir/Device?_count=200")).text
        assert "Ada" not in text
        found, _ = await manifest(reader, await begun(reader))
        assert [one["type"] for one in found["output"]] == list(OF_NOBODY)
        await reader.json("/fhir/Group/ada/$export", 404, prefer="respond-async")
    finally:
        town.execute("delete from purpose_basis where recipient <> %s", RECIPIENT)


async def test_a_basis_opens_that_person_of_all_types_and_nobody_else(
    visitors: Visitors, town: Town, whole: dict[str, list[str]]
) -> None:
    reader = await of_recipient(visitors, town, " ada's   CLINIC")
    share(town, 1, "Ada's clinic")
    found = await everything(reader)
    assert (found["Patient"], found["Group"]) == (["1"], ["ada"])
    assert found["Observation"] == whole["Observation"]
    clinician = await somebody(visitors, "admin")
    for kind in ("Flag", "Provenance", "Communication", "Device"):
        of_ada = [
            one
            for one in whole[kind]
            if "tom" not in json.dumps(await clinician.json(f"/fhir/{kind}/{one}"))
        ]
        assert set(found[kind]) <= set(of_ada), kind
        assert len(found[kind]) > len(OF_NOBODY.get(kind, ())), kind
    for kind, ids in found.items():
        await reader.json(f"/fhir/{kind}/{ids[-1]}")
    assert len([one for one in found["Device"] if one.isdigit()]) == 8
    bulk, _ = await manifest(reader, await begun(reader))
    assert {one["type"]: one["count"] for one in bulk["output"]} == {
        kind: len(ids) for kind, ids in found.items()
    }
    # a key that acts as a person is a program's all the same
    as_person = await of_recipient(visitors, town, "Ada's clinic", "user/*.rs")
    assert await as_person.ids("/fhir/Patient") == ["1"]
    town.execute("delete from purpose_basis where recipient <> %s", RECIPIENT)


async def test_a_withdrawal_ends_pages_and_exports_that_have_begun(
    visitors: Visitors, town: Town
) -> None:
    who = "A clinic that is left"
    share(town, 1, who)
    reader = await of_recipient(visitors, town, who)
    page = await reader.json("/fhir/Observation?patient=1&_count=5")
    (following,) = [one["url"] for one in page["link"] if one["relation"] == "next"]
    found, _ = await manifest(
        reader, await begun(reader, "/fhir/$export?_type=Observation,Patient")
    )
    share(town, 1, who, "withdrawn", NOW)
    assert await reader.ids(following) == []
    for one in found["output"]:
        assert await lines(reader, one["url"]) == []
    town.execute("delete from purpose_basis where recipient = %s", who)


async def test_whom_it_asked_about_in_vain_is_on_record(visitors: Visitors, town: Town) -> None:
    def refused() -> int:
        return sum(int(str(row[2])) for row in looks(town, "fhir_refused") if row[1] == "ada")

    reader, number = await of_recipient(visitors, town, "Nobody's clinic"), refused()
    (flag, *_) = [
        one for (one,) in town.execute("select finding_id from finding where home_id = 'ada'")
    ]
    for path in (
        "Patient/1",
        "Patient/01",
        f"Flag/{flag}",
        "Observation/1-20260110-active",
        "Group/ada",
    ):
        await reader.json(f"/fhir/{path}", 404)
    assert refused() == (number := number + 4), "no id, nobody asked about"
    for path in ("Observation?patient=1", "Flag?patient=1&_count=0", "Patient?_id=1,2"):
        await reader.json(f"/fhir/{path}")
    assert refused() == (number := number + 3)
    await reader.json("/fhir/Group/ada/$export", 404, prefer="respond-async")
    assert refused() == (number := number + 1)
    for path in ("Observation", "Patient", "Flag?patient=4", "Patient/4", "Patient/99999"):
        await reader.client.get(f"/fhir/{path}", headers=reader.headers)
    assert refused() == number, "nor whom another organisation looks after"
    assert "refused" in await (await visitors.of("ben")).text("/looked")


async def test_every_transaction_of_a_key_names_its_recipient(
    visitors: Visitors, town: Town
) -> None:
    """The walls go by what `acting` says: a key without it would read as a person does."""
    headers = token(town, "system/*.rs", key="named", recipient=" Park  Surgery")
    found = await reading(request(visitors, await program(visitors, headers), "/fhir/Patient"))
    assert found.visitor.program == Reading(recipient_key=recipient_key("Park Surgery"), at=NOW)
    query = "select current_setting('wayhome.recipient'), current_setting('wayhome.moment')::timestamptz"
    for open_one, said in ((found.acting, "park surgery"), (found.as_person, "")):
        async with open_one() as connection:
            cursor = await connection.execute(query if said else query.partition(",")[0])
            row = await cursor.fetchone()
            assert row == ((said, NOW) if said else ("",))
