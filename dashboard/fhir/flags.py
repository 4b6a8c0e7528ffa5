"""What detection noticed as a Flag, with its evidence inside it, and who said so as a Provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fhir import terms
from dashboard.fhir.devices import detector_id
from dashboard.fhir.terms import coding, concept, extension, group_id, instant

if TYPE_CHECKING:
    from core.model.finding import Evidence, Finding
    from core.store.noted import Noted
    from dashboard.fhir.terms import Resource

SAFETY = concept("Safety", coding(terms.FLAG_CATEGORY, "safety", "Safety"))


def subject(finding: Finding) -> Resource:
    """Return whom a finding is about: a resident, or nobody in particular of those who live there."""
    if finding.resident_id is None:
        return {"reference": f"Group/{group_id(finding.home_id)}"}
    return {"reference": f"Patient/{finding.resident_id}"}


def flag(noted: Noted) -> Resource:
    """Return a finding as a Flag; it is active until its cause went, it got worse, or a human closed it."""
    finding, over = noted.finding, noted.over_at
    period = {"start": instant(finding.onset)}
    if over is not None:
        # an episode that late data moved behind its end is no time at all
        period["end"] = instant(max(over, finding.onset))
    found: Resource = {
        "resourceType": "Flag",
        "id": str(noted.recorded.finding_id),
        "meta": {"lastUpdated": instant(noted.changed_at)},
        "extension": [*_told(finding), *_links(finding)],
        "status": "active" if over is None else "inactive",
        "category": [SAFETY],
        "code": concept(finding.what, coding(terms.DETECTOR, finding.detector)),
        "subject": subject(finding),
        "period": period,
        "author": {"reference": f"Device/{detector_id(finding.detector, noted.version)}"},
    }
    if finding.evidence:
        found["contained"] = [
            _evidence(finding, one, number) for number, one in enumerate(finding.evidence, 1)
        ]
    return found


def _told(finding: Finding) -> list[Resource]:
    """Return what the standard has no place for, in a fixed order; what is empty is left out."""
    texts = (
        ("severity", "valueCode", finding.severity.value),
        ("audience", "valueCode", finding.audience.value),
        ("phase", "valueCode", finding.phase.value),
        ("noticed-at", "valueInstant", instant(finding.noticed_at)),
        ("home", "valueString", finding.home_id),
        ("episode", "valueString", finding.subject),
        ("unusual", "valueString", finding.unusual),
        ("once-in-days", "valueDecimal", finding.once_in_days),
        ("advice", "valueString", finding.advice),
        *(("ruled-out", "valueString", one) for one in finding.ruled_out),
    )
    return [
        {"url": extension(name), kind: value}
        for name, kind, value in texts
        if value not in {None, ""}
    ]


def _links(finding: Finding) -> list[Resource]:
    return [
        {"url": extension("evidence"), "valueReference": {"reference": f"#e{number}"}}
        for number in range(1, len(finding.evidence) + 1)
    ]


def _evidence(finding: Finding, evidence: Evidence, number: int) -> Resource:
    found: Resource = {
        "resourceType": "Observation",
        "id": f"e{number}",
        "status": "final",
        "code": concept("Evidence of a finding", coding(terms.EVIDENCE, "fact")),
        "subject": subject(finding),
    }
    if evidence.at is not None:
        found["effectiveDateTime"] = instant(evidence.at)
    if evidence.text:
        found["valueString"] = evidence.text
    else:
        found["dataAbsentReason"] = concept("No words", coding(terms.ABSENT, "unknown"))
    if evidence.device_id is not None:
        found["device"] = {"reference": f"Device/{evidence.device_id}"}
    return found


def provenance(noted: Noted) -> Resource:
    """Return who said it: the detector, in its version, from which devices."""
    finding = noted.finding
    agent = {
        "type": concept("Made by software", coding(terms.PARTICIPANT, "assembler", "Assembler")),
        "who": {
            "reference": f"Device/{detector_id(finding.detector, noted.version)}",
            "display": finding.detector,
        },
        "extension": [_version(noted.version)],
    }
    found: Resource = {
        "resourceType": "Provenance",
        "id": f"flag-{noted.recorded.finding_id}",
        "meta": {"lastUpdated": instant(noted.recorded_at)},
        "target": [{"reference": f"Flag/{noted.recorded.finding_id}"}],
        "occurredDateTime": instant(finding.noticed_at),
        "recorded": instant(noted.recorded_at),
        "agent": [agent],
    }
    devices = sorted({one.device_id for one in finding.evidence if one.device_id is not None})
    if devices:
        found["entity"] = [
            {"role": "source", "what": {"reference": f"Device/{number}"}} for number in devices
        ]
    return found


def _version(version: str) -> Resource:
    url = extension("detector-version")
    if version:
        return {"url": url, "valueString": version}
    unknown = concept("It was not kept.", coding(terms.ABSENT, "unknown"))
    return {"url": url, "valueCodeableConcept": unknown}
