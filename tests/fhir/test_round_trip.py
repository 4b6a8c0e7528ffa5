"""A finding goes out as a Flag with its Provenance and comes back the same: who, when, evidence, version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.detector import discover
from core.model.errors import Malformed
from core.model.finding import Audience, Evidence, Finding, Phase, RecordedFinding, Severity
from core.model.ids import DeviceId, FindingId, HomeId, ResidentId
from core.store.noted import Noted
from dashboard.fhir.flags import flag, provenance
from dashboard.fhir.reading import finding_from
from tests.fhir.clinic import somebody
from tests.servers.fhir_schema import faults

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

# what a FHIR string may hold: no other control signs
WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), include_characters=" "),
    max_size=60,
)
SAID = WORDS.filter(lambda text: text.strip() != "")
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
NUMBERS = st.integers(1, 2**62)
FACTS = st.builds(
    Evidence,
    at=st.none() | MOMENTS,
    text=SAID,
    device_id=st.none() | NUMBERS.map(DeviceId),
)
FINDINGS = st.builds(
    Finding,
    home_id=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True).map(HomeId),
    resident_id=st.none() | NUMBERS.map(ResidentId),
    detector=st.sampled_from(sorted(discover())),
    subject=st.just("") | SAID,
    severity=st.sampled_from(Severity),
    audience=st.sampled_from(Audience),
    phase=st.sampled_from(Phase),
    onset=MOMENTS,
    noticed_at=MOMENTS,
    what=SAID,
    unusual=st.just("") | SAID,
    once_in_days=st.none() | st.floats(0.001, 1e6),
    ruled_out=st.lists(SAID, max_size=4).map(tuple),
    advice=st.just("") | SAID,
    evidence=st.lists(FACTS, max_size=5).map(tuple),
)
NOTED = st.builds(
    Noted,
    recorded=st.builds(RecordedFinding, finding_id=NUMBERS.map(FindingId), finding=FINDINGS),
    version=st.sampled_from(("", "0.1.0-1", "1.2.3-14")),
    recorded_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    resolved_at=st.none() | MOMENTS,
    changed_at=MOMENTS,
)


@settings(max_examples=80)
@given(NOTED)
def test_nothing_of_a_finding_is_lost_on_the_way(noted: Noted) -> None:
    out = [json.loads(json.dumps(one)) for one in (flag(noted), provenance(noted))]
    assert [faults(one) for one in out] == [[], []]
    assert finding_from(*out) == (noted.recorded, noted.version)


async def test_a_fall_of_the_tables_comes_back_as_it_was(visitors: Visitors, town: Town) -> None:
    reader = await somebody(visitors, "clinician")
    (fall,) = await reader.all("/fhir/Flag?patient=1&code=impact")
    (source,) = await reader.all(f"/fhir/Provenance?target=Flag/{fall['id']}")
    recorded, version = finding_from(fall, source)
    found = recorded.finding
    ((number, watch),) = town.execute(
        "select max(f.finding_id), max(device_id) from finding f, device d where f.detector = 'impact'"
        " and f.home_id = 'ada' and d.name = 'Watch'"
    )
    assert (recorded.finding_id, version) == (number, "0.1.0-1")
    assert (found.home_id, found.resident_id, found.detector) == ("ada", 1, "impact")
    assert found.onset == datetime(2026, 1, 15, 0, 20, tzinfo=UTC)
    assert found.severity is Severity.URGENT
    assert found.once_in_days == 84.5
    assert found.evidence == (
        Evidence(at=found.onset, text="A knock of 6 g at the wrist", device_id=watch),
        Evidence(at=None, text="She lives alone"),
    )
    assert source["entity"] == [{"role": "source", "what": {"reference": f"Device/{watch}"}}]
    software = await reader.json(f"/fhir/{source['agent'][0]['who']['reference']}")
    assert software["version"] == [{"value": "0.1.0-1"}]


@pytest.mark.parametrize("missing", ["subject", "code", "period", "extension", "id"])
def test_what_is_not_ours_is_refused_by_name(missing: str) -> None:
    noted = Noted(
        recorded=RecordedFinding(
            finding_id=FindingId(1),
            finding=Finding(
                home_id=HomeId("a"),
                resident_id=None,
                detector="impact",
                severity=Severity.CHECK,
                onset=datetime(2026, 1, 1, tzinfo=UTC),
                noticed_at=datetime(2026, 1, 1, tzinfo=UTC),
                what="w",
            ),
        ),
        version="",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=None,
        resolved_at=None,
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    out = flag(noted)
    del out[missing]
    with pytest.raises(Malformed, match="Flag"):
        finding_from(out, provenance(noted))
    with pytest.raises(Malformed, match="resourceType"):
        finding_from(provenance(noted), flag(noted))
