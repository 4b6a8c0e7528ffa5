"""Days and findings as compositions of openEHR, in canonical JSON. Pure.

The numbers are those of `dashboard.fhir.observations`, so that two interfaces never say two things. A finding
is told by the published archetypes COMPOSITION.report.v1 and OBSERVATION.story.v1. No published archetype has
a day at home in numbers: that one is ours (docs/decisions/0194).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.model.day_count import bounds
from dashboard.fhir.devices import release
from dashboard.fhir.observations import ALWAYS, DAILY, OF_ALL, observation
from dashboard.fhir.terms import said

if TYPE_CHECKING:
    from core.model.sharing import Share
    from core.store.clinical import ResidentDay
    from core.store.noted import Noted
    from wayhome.sharing.connector import Composition

REPORT = "openEHR-EHR-COMPOSITION.report.v1"
STORY = "openEHR-EHR-OBSERVATION.story.v1"
DAY = "openEHR-EHR-OBSERVATION.wayhome_day.v0"
TEMPLATES = {"day": "wayhome_day.v0", "finding": "wayhome_finding.v0"}
SYSTEM = "wayhome"
RM = "1.0.4"
Node = dict[str, Any]


def of_day(share: Share, day: ResidentDay) -> Composition:
    """Return a counted day."""
    start, end = bounds(day.count.day, day.zone)
    items = [_element(_at(place), *_measure(day, place)) for place in range(ALWAYS)]
    rooms = [
        _element("at0101", f"Movement in {said(name)}", _quantity(float(sum(minutes)), "min"))
        for name, minutes in sorted(day.count.rooms.items())
        if sum(day.count.seen)
    ]
    seen = _element("at0100", "Minutes seen", _quantity(float(sum(day.count.seen)), "min"))
    others = [] if day.alone else [_element("at0102", "Of whom", _text(OF_ALL))]
    content = _observation(DAY, "Day at home", end, [*items, *rooms, seen, *others])
    return _report(share, "Day at home", (start, end), content)


def of_finding(share: Share, noted: Noted) -> Composition:
    """Return what a detector noticed, with its evidence; nothing of it diagnoses."""
    finding = noted.finding
    facts = [
        f"{_utc(one.at)}: {one.text}" if one.at is not None else one.text
        for one in finding.evidence
    ]
    told = (
        ("What was observed", [finding.what]),
        ("How unusual", [finding.unusual]),
        ("Ruled out", finding.ruled_out),
        ("Evidence", facts),
        ("Noticed by", [f"{finding.detector} {noted.version}".strip()]),
    )
    items = [
        _element("at0004", name, _text(said(one))) for name, texts in told for one in texts if one
    ]
    content = _observation(STORY, "What was noticed at home", finding.onset, items)
    return _report(share, "What was noticed at home", (finding.onset, finding.noticed_at), content)


def _at(place: int) -> str:
    """Return the node of a measure: its place in the table, from at0010."""
    return f"at{place + 10:04}"


def _measure(day: ResidentDay, place: int) -> tuple[str, Node | None]:
    found = observation(day, place)
    name = DAILY[place].name
    if "valueQuantity" in found:
        quantity = found["valueQuantity"]
        return name, _quantity(float(quantity["value"]), quantity["code"])
    if "valueDateTime" in found:
        return name, {"_type": "DV_DATE_TIME", "value": found["valueDateTime"]}
    if "component" in found:
        total = sum(one["valueQuantity"]["value"] for one in found["component"])
        return name, _quantity(float(total), "min")
    return name, None


def _quantity(value: float, unit: str) -> Node:
    return {"_type": "DV_QUANTITY", "magnitude": round(value, 4), "units": unit}


def _element(node: str, name: str, value: Node | None) -> Node:
    """Return a leaf; without a value it says that it is not known."""
    found: Node = {"_type": "ELEMENT", "name": _text(name), "archetype_node_id": node}
    if value is None:
        return found | {"null_flavour": _coded("unknown", "253")}
    return found | {"value": value}


def _observation(archetype: str, name: str, at: datetime, items: list[Node]) -> Node:
    moment = _moment(at)
    tree = {
        "_type": "ITEM_TREE",
        "name": _text("Tree"),
        "archetype_node_id": "at0003",
        "items": items,
    }
    event = {
        "_type": "POINT_EVENT",
        "name": _text("Any event"),
        "archetype_node_id": "at0002",
        "time": moment,
        "data": tree,
    }
    return {
        "_type": "OBSERVATION",
        "name": _text(name),
        "archetype_node_id": archetype,
        "archetype_details": _details(archetype),
        "language": _phrase("ISO_639-1", "en"),
        "encoding": _phrase("IANA_character-sets", "UTF-8"),
        "subject": {"_type": "PARTY_SELF"},
        "data": {
            "_type": "HISTORY",
            "name": _text("Event Series"),
            "archetype_node_id": "at0001",
            "origin": moment,
            "events": [event],
        },
    }


def _report(share: Share, name: str, span: tuple[datetime, datetime], content: Node) -> Composition:
    start, end = span
    return {
        "_type": "COMPOSITION",
        "name": _text(name),
        "archetype_node_id": REPORT,
        "archetype_details": _details(REPORT)
        | {"template_id": {"_type": "TEMPLATE_ID", "value": TEMPLATES[share.kind]}},
        "feeder_audit": {
            "_type": "FEEDER_AUDIT",
            "originating_system_audit": {"_type": "FEEDER_AUDIT_DETAILS", "system_id": SYSTEM},
            "originating_system_item_ids": [
                {
                    "_type": "DV_IDENTIFIER",
                    "issuer": SYSTEM,
                    "assigner": SYSTEM,
                    "id": share.key,
                    "type": share.kind,
                }
            ],
        },
        "language": _phrase("ISO_639-1", "en"),
        "territory": _phrase("ISO_3166-1", "GB"),
        "category": _coded("event", "433"),
        "composer": {"_type": "PARTY_IDENTIFIED", "name": f"Wayhome {release()}"},
        "context": {
            "_type": "EVENT_CONTEXT",
            "start_time": _moment(start),
            "end_time": _moment(max(start, end)),
            "setting": _coded("home", "225"),
        },
        "content": [content],
    }


def _details(archetype: str) -> Node:
    return {
        "_type": "ARCHETYPED",
        "archetype_id": {"_type": "ARCHETYPE_ID", "value": archetype},
        "rm_version": RM,
    }


def _text(value: str) -> Node:
    return {"_type": "DV_TEXT", "value": value}


def _coded(value: str, code: str) -> Node:
    return {
        "_type": "DV_CODED_TEXT",
        "value": value,
        "defining_code": _phrase("openehr", code),
    }


def _phrase(terminology: str, code: str) -> Node:
    return {
        "_type": "CODE_PHRASE",
        "terminology_id": {"_type": "TERMINOLOGY_ID", "value": terminology},
        "code_string": code,
    }


def _moment(at: datetime) -> Node:
    return {"_type": "DV_DATE_TIME", "value": _utc(at)}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
