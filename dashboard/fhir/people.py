"""Residents as Patients, and who lives in a home as a Group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fhir import terms
from dashboard.fhir.terms import extension, group_id, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import HomeId, ResidentId
    from core.store.clinical import Person
    from dashboard.fhir.terms import Resource

NHS_DIGITS = 10


def is_nhs_number(text: str) -> bool:
    """Tell whether ten digits are an NHS number: the last one checks the others (modulo 11).

    Examples
    --------
    >>> is_nhs_number("9434765919"), is_nhs_number("9434765918"), is_nhs_number("943 476 5919")
    (True, False, False)
    """
    if len(text) != NHS_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    weighted = sum(int(digit) * (10 - place) for place, digit in enumerate(text[:9]))
    return (11 - weighted % 11) % 11 == int(text[9])


def patient(person: Person, nhs_number: str = "") -> Resource:
    """Return a resident.

    There is no gender: which pronoun the carers use says nothing of it.

    Parameters
    ----------
    nhs_number
        Where it is known; what is none is left out.
    """
    identifiers = [{"system": terms.RESIDENT_ID, "value": str(person.resident_id)}]
    if is_nhs_number(nhs_number):
        identifiers.append({"system": terms.NHS_NUMBER, "value": nhs_number})
    return {
        "resourceType": "Patient",
        "id": str(person.resident_id),
        "meta": {"profile": [terms.UK_PATIENT]},
        "extension": [{"url": extension("time-zone"), "valueString": person.zone.key}],
        "identifier": identifiers,
        "active": person.lives,
        "name": [{"use": "usual", "text": said(person.name)}],
        "managingOrganization": {"display": said(person.organisation)},
    }


def group(home_id: HomeId, name: str, residents: Sequence[ResidentId]) -> Resource:
    """Return those who live in a home."""
    found: Resource = {
        "resourceType": "Group",
        "id": group_id(home_id),
        "identifier": [{"system": terms.HOME_ID, "value": home_id}],
        "active": True,
        "type": "person",
        "actual": True,
        "name": said(name),
        "quantity": len(residents),
    }
    if residents:
        found["member"] = [{"entity": {"reference": f"Patient/{one}"}} for one in residents]
    return found
