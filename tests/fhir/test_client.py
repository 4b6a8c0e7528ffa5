"""A client library of others reads a patient's observations page by page from the running service."""

from __future__ import annotations

import time

import httpx
import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, ResourceNotFound

from dashboard.fhir.observations import ALWAYS
from tests.fhir.clinic import DAYS, RUNNING

FASTEST_OF = 5
SLOWEST_S = 0.25
"""Far above what a page takes: the figure is in docs/how-to/fhir.md, this only notices a mishap."""


def test_fhirpy_reads_a_patient_page_by_page(address: str) -> None:
    client = SyncFHIRClient(f"{address}/fhir", authorization=f"Bearer {RUNNING}")
    patient = client.resources("Patient").search(_id="1").first()
    assert patient is not None
    assert patient["name"][0]["text"] == "Ada"
    search = client.resources("Observation").search(patient=patient["id"]).limit(50)
    assert len(search.fetch()) == 50
    read = list(search)
    assert len({one["id"] for one in read}) == len(read) == DAYS * (ALWAYS + 1)
    assert search.count() == len(read)
    one = client.reference("Observation", read[0]["id"]).to_resource()
    assert dict(one) == dict(read[0])
    days = client.resources("Observation").search(patient="1", code="up", date__ge="2026-01-10")
    assert len(list(days)) == 5
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", "4").to_resource()
    with pytest.raises(AuthorizationError):
        SyncFHIRClient(f"{address}/fhir", authorization="Bearer x").resources("Patient").fetch()


def test_a_page_of_fifty_is_quick(address: str) -> None:
    headers = {"authorization": f"Bearer {RUNNING}"}
    taken = []
    with httpx.Client(base_url=address, headers=headers) as client:
        for _ in range(FASTEST_OF):
            begin = time.perf_counter()
            answer = client.get("/fhir/Observation?patient=1&_count=50&date=ge2026-01-10")
            taken.append(time.perf_counter() - begin)
            assert len(answer.json()["entry"]) == 50
    assert min(taken) < SLOWEST_S
