"""Every resource is valid, says what the tables say, and never a value for what was not seen."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from core.model.ids import HomeId, ResidentId
from core.store import day_count
from core.store.clinical import Person
from core.store.pool import connect
from dashboard.clinician.numbers import of_day
from dashboard.fhir.observations import ALWAYS, DAILY, code_of
from dashboard.fhir.people import patient
from tests.dashboard.town import NOW
from tests.fhir.clinic import BLIND, DAYS, Json, somebody
from tests.servers.fhir_schema import faults

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors
    from tests.servers.databases import Database

LONDON = ZoneInfo("Europe/London")


def check(resource: Json) -> None:
    """Hold a resource against fhir.resources (R4B, the nearest to R4 that it has) and HL7's schema of R4."""
    kind = resource["resourceType"]
    module = importlib.import_module(f"fhir.resources.R4B.{kind.lower()}")
    getattr(module, kind).model_validate(resource)
    assert faults(resource) == [], resource["id"]


async def test_every_resource_of_a_filled_database_is_valid(visitors: Visitors) -> None:
    reader = await somebody(visitors, "admin")
    seen: dict[str, int] = {}
    for kind in (
        "Patient",
        "Group",
        "Device",
        "Observation",
        "Flag",
        "Provenance",
        "Communication",
    ):
        for number, resource in enumerate(await reader.all(f"/fhir/{kind}?_count=200")):
            check(resource)
            seen[kind] = number + 1
            if kind != "Observation" or number % 20 == 0:
                assert await reader.json(f"/fhir/{kind}/{resource['id']}") == resource
    assert seen["Observation"] == DAYS * (ALWAYS + 1)
    # three homes of Leeds with seven devices, a watch, the program, and five detectors in their versions
    assert seen["Device"] == 3 * 7 + 1 + 1 + 5
    del seen["Observation"], seen["Device"]
    assert seen == {"Patient": 3, "Group": 3, "Flag": 6, "Provenance": 6, "Communication": 6}
    for path in ("Observation?_count=7", "Flag?patient=1", "Observation?_count=0"):
        check(await reader.json(f"/fhir/{path}") | {"id": "x"})
    said = await reader.json("/fhir/metadata")
    assert said["fhirVersion"] == "4.0.1"
    # the schema that npm has is that of 4.0.0, which did not know the number of its own correction
    check(said | {"id": "x", "fhirVersion": "4.0.0"})


async def test_the_numbers_are_those_of_the_days(
    visitors: Visitors, plain_database: Database
) -> None:
    reader = await somebody(visitors, "clinician")
    found = {one["id"]: one for one in await reader.all("/fhir/Observation?patient=1&_count=200")}
    async with connect(plain_database.url) as connection:
        first = NOW.date() - timedelta(days=DAYS)
        counts = await day_count.days_of(connection, HomeId("ada"), first, NOW.date())
    assert len(counts) == DAYS
    known = 0
    for count in counts:
        for measure in DAILY:
            one = found[f"1-{count.day:%Y%m%d}-{code_of(measure)}"]
            start = datetime.combine(count.day, datetime.min.time(), LONDON).astimezone(UTC)
            assert datetime.fromisoformat(one["effectivePeriod"]["start"]) == start
            assert one["status"] in {"final", "preliminary"}
            if measure.key in {"heart_rate", "room"}:
                continue
            value = of_day(count, measure.key, LONDON)
            if value is None:
                assert "dataAbsentReason" in one
                assert not [key for key in one if key.startswith("value")]
            elif measure.unit == "hh:mm":
                at = datetime.fromisoformat(one["valueDateTime"]).astimezone(LONDON)
                assert (value - (at.hour + at.minute / 60 + at.second / 3600)) % 24 < 0.001
            else:
                known += 1
                assert one["valueQuantity"]["value"] == pytest.approx(value, abs=1e-4)
                assert one["valueQuantity"]["code"] == measure.unit
    assert known > DAYS * 8
    early = {
        one["effectivePeriod"]["start"][:10] for one in found.values() if one["status"] != "final"
    }
    assert early == {"2026-01-13", "2026-01-14"}, "days of the last 48 h are counted again"


async def test_a_gap_is_a_gap_and_never_zero(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    blind = await reader.all(f"/fhir/Observation?patient=1&date={BLIND}&_count=200")
    assert len(blind) == ALWAYS + 1
    for one in blind:
        assert one["extension"][0]["valueQuantity"]["value"] < 60
        if one["code"]["coding"][-1]["code"] != "unseen":
            assert one["dataAbsentReason"]["text"], one["id"]
            assert not {"valueQuantity", "valueDateTime", "component"} & set(one) or one.get(
                "component"
            ), one["id"]


async def test_a_heart_rate_has_the_standard_codes_and_no_other_measure_pretends_to(
    visitors: Visitors,
) -> None:
    reader = await somebody(visitors, "clinician")
    beats = await reader.all("/fhir/Observation?code=http://loinc.org|8867-4&patient=1")
    assert len(beats) == DAYS
    (known,) = [one for one in beats if "valueQuantity" in one]
    assert known["effectivePeriod"]["start"][:10] == f"{NOW - timedelta(days=2):%Y-%m-%d}"
    assert known["valueQuantity"] == {
        "value": 73.5,
        "unit": "/min",
        "system": "http://unitsofmeasure.org",
        "code": "/min",
    }
    assert [one["code"] for one in known["code"]["coding"]] == ["8867-4", "364075005", "heart-rate"]
    systems = {
        one["system"]
        for resource in await reader.all("/fhir/Observation?category=activity&_count=200")
        for one in resource["code"]["coding"]
    }
    assert systems == {"https://wayhome.example/fhir/CodeSystem/measure"}


async def test_what_was_told_and_answered(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    found = await reader.all("/fhir/Communication?patient=1")
    told = [
        (one["status"], one.get("medium", [{}])[0].get("text"), one.get("received"))
        for one in found
    ]
    assert told == [
        ("completed", None, None),
        ("completed", None, None),
        ("completed", "ntfy", "2026-01-15T03:09:02Z"),
        ("stopped", "sms", None),
        ("preparation", "web", None),
        ("completed", "sms", None),
    ]
    answer = found[1]
    assert answer["sender"] == {"type": "RelatedPerson", "display": "Ben Carter"}
    assert answer["payload"] == [{"contentString": "She sat on the floor and is well"}]
    assert [one["text"] for one in answer["reasonCode"]] == ["resolve", "helped"]
    (fall,) = await reader.all("/fhir/Flag?patient=1&code=impact")
    assert {one["about"][0]["reference"] for one in found} == {f"Flag/{fall['id']}"}


async def test_a_flag_goes_on_until_its_cause_went_or_a_human_closed_it(visitors: Visitors) -> None:
    reader = await somebody(visitors, "clinician")
    active = await reader.all("/fhir/Flag?status=active")
    over = await reader.all("/fhir/Flag?status=inactive")
    assert {one["code"]["coding"][0]["code"] for one in active} == {"impact", "rhythm", "exit"}
    (rise,) = over
    assert rise["period"]["end"] == "2026-01-14T08:20:00Z"
    nobody = next(one for one in active if one["code"]["coding"][0]["code"] == "exit")
    assert nobody["subject"] == {"reference": "Group/ada"}
    assert "operators" not in str(active), "a clinician sees nothing of devices"


async def test_a_record_of_somebody_who_lives_there_no_more_is_not_active(
    visitors: Visitors, town: Town
) -> None:
    reader = await somebody(visitors, "admin")

    async def active() -> list[bool]:
        found = await reader.all("/fhir/Patient?_count=200")
        for one in found:
            check(one)
        return [one["active"] for one in found if one["id"] == str(number)]

    number = town.number("select resident_id from resident where home_id = 'ada'")
    assert await active() == [True]
    for change, back in (
        ("update home set mode = 'archive'", "update home set mode = 'live'"),
        ("update resident set left_at = now()", "update resident set left_at = null"),
    ):
        town.execute(f"{change} where home_id = 'ada'")
        try:
            assert await active() == [False]
        finally:
            town.execute(f"{back} where home_id = 'ada'")


def test_an_nhs_number_stands_there_only_when_it_is_one() -> None:
    ada = Person(
        resident_id=ResidentId(1),
        home_id=HomeId("ada"),
        name="Ada",
        organisation="Leeds",
        zone=LONDON,
    )
    for number, known in (("", False), ("9434765918", False), ("9434765919", True)):
        found = patient(ada, number)
        check(found)
        systems = [one["system"] for one in found["identifier"]]
        assert ("https://fhir.nhs.uk/Id/nhs-number" in systems) == known
        assert "gender" not in found
