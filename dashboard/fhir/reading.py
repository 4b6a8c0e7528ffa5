"""From a Flag and its Provenance back to the finding: nothing of it is lost on the way out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed
from core.model.finding import Audience, Evidence, Finding, Phase, RecordedFinding, Severity
from core.model.ids import DeviceId, FindingId, HomeId, ResidentId
from dashboard.fhir.terms import extension

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.fhir.terms import Resource


def finding_from(flag: Resource, provenance: Resource) -> tuple[RecordedFinding, str]:
    """Return the finding that a Flag of ours tells of, and the version of its detector.

    Raises
    ------
    Malformed
        Naming the element, if one is missing or not as `dashboard.fhir.flags` writes it.
    """
    for element, resource in (("Flag", flag), ("Provenance", provenance)):
        if resource.get("resourceType") != element:
            raise Malformed("resourceType", element)
    try:
        finding = _finding(flag)
        number = FindingId(int(flag["id"]))
        targets = {one["reference"] for one in provenance["target"]}
        version = _one(_extensions(provenance["agent"][0]), "detector-version", "valueString", "")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Malformed("Flag", f"what Wayhome writes; something lacks: {error}") from error
    except ValueError as error:
        raise Malformed("Flag", "what Wayhome writes; a value is none of those allowed") from error
    if f"Flag/{number}" not in targets:
        raise Malformed("Provenance.target", "the Flag that it is about")
    return RecordedFinding(finding_id=number, finding=finding), version


def _finding(flag: Resource) -> Finding:
    told = _extensions(flag)
    kind, _, number = flag["subject"]["reference"].partition("/")
    return Finding(
        home_id=HomeId(told["home"][0]["valueString"]),
        resident_id=ResidentId(int(number)) if kind == "Patient" else None,
        detector=flag["code"]["coding"][0]["code"],
        subject=_one(told, "episode", "valueString", ""),
        severity=Severity(told["severity"][0]["valueCode"]),
        audience=Audience(told["audience"][0]["valueCode"]),
        phase=Phase(told["phase"][0]["valueCode"]),
        onset=_moment(flag["period"]["start"]),
        noticed_at=_moment(told["noticed-at"][0]["valueInstant"]),
        what=flag["code"]["text"],
        unusual=_one(told, "unusual", "valueString", ""),
        once_in_days=_one(told, "once-in-days", "valueDecimal", None),
        ruled_out=tuple(one["valueString"] for one in told.get("ruled-out", ())),
        advice=_one(told, "advice", "valueString", ""),
        evidence=tuple(_evidence(flag, told)),
    )


def _evidence(flag: Resource, told: Mapping[str, list[Resource]]) -> list[Evidence]:
    contained = {one["id"]: one for one in flag.get("contained", ())}
    named = [one["valueReference"]["reference"][1:] for one in told.get("evidence", ())]
    return [_fact(contained[name]) for name in named]


def _fact(observation: Resource) -> Evidence:
    at, device = observation.get("effectiveDateTime"), observation.get("device")
    return Evidence(
        at=None if at is None else _moment(at),
        text=observation.get("valueString", ""),
        device_id=None
        if device is None
        else DeviceId(int(device["reference"].removeprefix("Device/"))),
    )


def _extensions(element: Resource) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    prefix = extension("")
    for one in element.get("extension", ()):
        found.setdefault(one["url"].removeprefix(prefix), []).append(one)
    return found


def _one(told: Mapping[str, list[Resource]], name: str, kind: str, otherwise: Any) -> Any:
    return told[name][0].get(kind, otherwise) if name in told else otherwise


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
