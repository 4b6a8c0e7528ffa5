"""What a record of a look says in plain words."""

from __future__ import annotations

from core.store.account import CarerRole
from dashboard.roles import NAMES

_PAGES = {
    "today": "how things are today",
    "alerts": "the list of alerts",
    "alert": "an alert",
    "timeline": "the last 24 hours at home",
    "devices": "the devices",
    "learning": "what answers have changed",
    "history": "what happened before, and how it ended",
    "animal": "whether an animal lives in the home",
    "plan": "who is told of alerts, and when",
    "plans": "the list of who is told in each home",
    "rota": "who is on call",
    "missing": "what to do if somebody is missing",
    "missing_who": "who it is that may be missing",
    "missing_profile": "the profile for the police",
    "missing_versions": "earlier versions of the profile for the police",
    "missing_photo": "the photo for the police",
    "missing_pack": "a pack for the police",
    "missing_pack_made": "a pack for the police, and made it",
    "missing_pack_pdf": "a pack for the police, as a PDF",
    "missing_pack_json": "a pack for the police, as a file for computers",
    "missing_link": "a link to a pack for the police",
    "missing_link_made": "a pack for the police, and made a link to it",
    "steps": "the steps of setting up the home",
    "walk": "the walk test",
    "hub": "the hub of the home",
    "system": "what needs repair",
    "api": "alerts, by a program",
    "people": "who cares for whom",
    "looked": "who looked",
    "work": "what is to be done about devices",
    "days": "weeks of days and nights",
    "days_figures": "the numbers of weeks of days and nights",
    "days_refused": "weeks of days and nights: refused",
    "places": "places that the person goes to",
    "places_for_review": "places: said to be for a review or an assessment",
    "places_for_safety": "places: said to be for planning how to go out safely",
    "places_for_missing": "places: said to be for a time when the person was lost or missing",
    "places_for_asked": "places: said to be asked for by the person or who speaks for them",
    "places_refused": "places that the person goes to: refused",
    "caseload": "whose days are changing",
    "annotations": "what is marked in days and nights",
    "compare": "two periods of days and nights",
    "compare_figures": "the numbers of two periods of days and nights",
    "compare_refused": "two periods of days and nights: refused",
    "compare_figures_refused": "the numbers of two periods: refused",
    "assessments": "an assessment",
    "assessments_refused": "an assessment: refused",
    "assessment_report": "the report of an assessment",
    "assessment_report_refused": "the report of an assessment: refused",
    "kit": "devices on loan",
    "annotations_refused": "what is marked in days and nights: refused",
    "watching": "when the home was not watched, and who was told",
    "consent": "consent and legal basis",
    "install": "the registration of devices",
    "fhir_patient": "the name, by a program",
    "fhir_group": "who lives in the home, by a program",
    "fhir_device": "the devices, by a program",
    "fhir_observation": "the numbers of days and nights, by a program",
    "fhir_flag": "what was noticed, by a program",
    "fhir_provenance": "how something was noticed, by a program",
    "fhir_communication": "who was told of alerts, by a program",
    "fhir_refused": "records, by a program: refused",
}


def page_words(page: str) -> str:
    """Return what somebody looked at.

    Examples
    --------
    >>> page_words("timeline"), page_words("a_page_of_later")
    ('the last 24 hours at home', 'a page of later')
    """
    return _PAGES.get(page, page.replace("_", " "))


def role_words(role: str) -> str:
    """Return what a role is called.

    Examples
    --------
    >>> role_words("care_worker"), role_words("")
    ('care worker', 'role not kept')
    """
    return NAMES[CarerRole(role)].lower() if role in set(CarerRole) else "role not kept"
