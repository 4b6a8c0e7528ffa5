"""Names that others must understand: our own systems and extensions, and codes of LOINC, SNOMED CT and HL7.

Only codes that stand in a public standard are used (docs/decisions/0191). What has none is coded in our own
system: a wrong standard code is worse than an own one.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.ids import HomeId

Resource = dict[str, Any]

BASE = "https://wayhome.example/fhir"
"""What our own names begin with. ``example`` belongs to nobody (RFC 2606), so nobody can take it over."""
MEASURE = f"{BASE}/CodeSystem/measure"
DETECTOR = f"{BASE}/CodeSystem/detector"
SEVERITY = f"{BASE}/CodeSystem/severity"
CHANNEL = f"{BASE}/CodeSystem/channel"
EXCHANGE = f"{BASE}/CodeSystem/exchange"
EVIDENCE = f"{BASE}/CodeSystem/evidence"
RESIDENT_ID = f"{BASE}/sid/resident"
DEVICE_ID = f"{BASE}/sid/device"
HOME_ID = f"{BASE}/sid/home"
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
UK_PATIENT = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"
UK_OBSERVATION = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation"
"""The two profiles of UK Core that are active; those of Device, Flag and Communication are drafts."""


def extension(name: str) -> str:
    """Return the address of an extension of ours."""
    return f"{BASE}/StructureDefinition/{name}"


def coding(system: str, code: str, display: str = "") -> Resource:
    """Return a code; without an empty display, which FHIR forbids."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(text: str, *codings: Resource) -> Resource:
    """Return what is meant, in words and codes."""
    return {"coding": list(codings), "text": text}


def said(text: str) -> str:
    r"""Return what people wrote as FHIR takes it: no control signs, and only plain spaces.

    Examples
    --------
    >>> said("She is\xa0well\x07"), said("\t ")
    ('She is well', '-')
    """
    plain = "".join(_plain(sign) for sign in text)
    return plain if plain.strip() else "-"


def _plain(sign: str) -> str:
    if sign in "\t\n\r":
        return sign
    if unicodedata.category(sign) == "Cc":
        return ""
    return " " if sign.isspace() else sign


def instant(moment: datetime) -> str:
    """Return a moment in UTC, with its zone.

    Examples
    --------
    >>> from datetime import datetime
    >>> instant(datetime(2026, 1, 15, 3, 20, tzinfo=UTC))
    '2026-01-15T03:20:00Z'
    """
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def safe_id(text: str) -> str:
    """Return a text of ours as an id that FHIR allows: letters, digits, ``-`` and ``.`` only.

    Examples
    --------
    >>> safe_id("7f3k"), safe_id("late_rise"), safe_id("0.1.0+g1-2")
    ('7f3k', 'late..rise', '0.1.0.2Bg1-2')
    """
    return re.sub(
        r"[^A-Za-z0-9.-]", lambda sign: ".." if sign[0] == "_" else f".{ord(sign[0]):02X}", text
    )


def group_id(home_id: HomeId) -> str:
    """Return the id of the Group of those who live in a home."""
    return safe_id(home_id)


def home_of(identifier: str) -> str:
    """Return the home of a Group; ids of homes have letters, digits, ``-`` and ``_`` only.

    Examples
    --------
    >>> from core.model.ids import HomeId
    >>> home_of(group_id(HomeId("mill_lane-3")))
    'mill_lane-3'
    """
    return identifier.replace("..", "_")


def pack(*parts: object) -> str:
    """Return the key of the last row of a page as it stands in the address of the next one.

    Examples
    --------
    >>> unpack(pack("2026-01-14", "ada", 3))
    ('2026-01-14', 'ada', '3')
    """
    return base64.urlsafe_b64encode("\n".join(map(str, parts)).encode()).decode().rstrip("=")


def unpack(text: str) -> tuple[str, ...]:
    """Read a key.

    Raises
    ------
    ValueError
        If it is none.
    """
    padded = text + "=" * (-len(text) % 4)
    return tuple(base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n"))
