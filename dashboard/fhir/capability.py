"""What is served, for programs: the CapabilityStatement, and what SMART is supported. Only what is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fhir import terms
from dashboard.fhir.devices import release
from dashboard.fhir.kinds import DATED, KINDS
from dashboard.fhir.scopes import CONTEXTS
from dashboard.fhir.scopes import KINDS as NAMES

if TYPE_CHECKING:
    from dashboard.fhir.kind import Kind
    from dashboard.fhir.terms import Resource

SINCE = "2026-11-29"
"""When this statement last changed."""
PROFILES = {"Patient": terms.UK_PATIENT, "Observation": terms.UK_OBSERVATION}
HOW_TO_ENTER = (
    "Somebody who is logged in to the pages reads with their session. A program reads with a bearer token"
    " that an administrator made (`wayhome fhir token`): it is shown once, has scopes, ends, and can be"
    " revoked. There is no authorization endpoint and no token endpoint. Everything is read within the own"
    " organisation, as far as the role would show it on the pages, and each reading is recorded."
)


def statement(base: str) -> Resource:
    """Return the CapabilityStatement for an address."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{terms.BASE}/CapabilityStatement/wayhome",
        "name": "Wayhome",
        "title": "Wayhome: how the days of residents are changing",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "description": "Reads; nothing can be written. Nothing here diagnoses.",
        "software": {"name": "Wayhome", "version": release()},
        "implementation": {"description": "Wayhome", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": HOW_TO_ENTER},
                "resource": [_resource(one) for one in KINDS.values()],
                "operation": [_EXPORT],
            }
        ],
    }


_EXPORT = {
    "name": "export",
    "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
}
_GROUP_EXPORT = {
    "name": "export",
    "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
}


def _resource(kind: Kind) -> Resource:
    found: Resource = {
        "type": kind.name,
        "documentation": kind.about,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "conditionalRead": "full-support" if kind.name in DATED else "not-match",
        "searchParam": [
            {"name": name, "type": form} for name, form in sorted(kind.parameters.items())
        ],
    }
    if kind.name in PROFILES:
        found["supportedProfile"] = [PROFILES[kind.name]]
    if kind.name == "Group":
        found["operation"] = [_GROUP_EXPORT]
    return found


def smart() -> Resource:
    """Return what of SMART App Launch is supported: scopes in its words, and nothing of OAuth."""
    return {
        "capabilities": ["permission-v2", "permission-patient", "permission-user"],
        "scopes_supported": [
            f"{context}/{kind}.rs" for context in CONTEXTS for kind in ("*", *NAMES)
        ],
        "grant_types_supported": [],
        "response_types_supported": [],
        "code_challenge_methods_supported": [],
    }
