"""What a record of a look says in plain words."""

from __future__ import annotations

from core.store.account import CarerRole
from dashboard.language import _, marked
from dashboard.roles import NAMES

_PAGES = {
    "today": marked("how things are today"),
    "alerts": marked("the list of alerts"),
    "alert": marked("an alert"),
    "timeline": marked("the last 24 hours at home"),
    "devices": marked("the devices"),
    "learning": marked("what answers have changed"),
    "history": marked("what happened before, and how it ended"),
    "animal": marked("whether an animal lives in the home"),
    "away": marked("whether nobody is at home for a time"),
    "visits": marked("which visits are expected in the home"),
    "plan": marked("who is told of alerts, and when"),
    "plans": marked("the list of who is told in each home"),
    "rota": marked("who is on call"),
    "missing": marked("what to do if somebody is missing"),
    "missing_who": marked("who it is that may be missing"),
    "missing_profile": marked("the profile for the police"),
    "missing_versions": marked("earlier versions of the profile for the police"),
    "missing_photo": marked("the photo for the police"),
    "missing_pack": marked("a pack for the police"),
    "missing_pack_made": marked("a pack for the police, and made it"),
    "missing_pack_pdf": marked("a pack for the police, as a PDF"),
    "missing_pack_json": marked("a pack for the police, as a file for computers"),
    "missing_link": marked("a link to a pack for the police"),
    "missing_link_made": marked("a pack for the police, and made a link to it"),
    "steps": marked("the steps of setting up the home"),
    "walk": marked("the walk test"),
    "hub": marked("the hub of the home"),
    "system": marked("what needs repair"),
    "api": marked("alerts, by a program"),
    "people": marked("who cares for whom"),
    "looked": marked("who looked"),
    "work": marked("what is to be done about devices"),
    "days": marked("weeks of days and nights"),
    "days_figures": marked("the numbers of weeks of days and nights"),
    "days_refused": marked("weeks of days and nights: refused"),
    "places": marked("places that the person goes to"),
    "places_for_review": marked("places: said to be for a review or an assessment"),
    "places_for_safety": marked("places: said to be for planning how to go out safely"),
    "places_for_missing": marked(
        "places: said to be for a time when the person was lost or missing"
    ),
    "places_for_asked": marked("places: said to be asked for by the person or who speaks for them"),
    "places_refused": marked("places that the person goes to: refused"),
    "caseload": marked("whose days are changing"),
    "annotations": marked("what is marked in days and nights"),
    "compare": marked("two periods of days and nights"),
    "compare_figures": marked("the numbers of two periods of days and nights"),
    "compare_refused": marked("two periods of days and nights: refused"),
    "compare_figures_refused": marked("the numbers of two periods: refused"),
    "assessments": marked("an assessment"),
    "assessments_refused": marked("an assessment: refused"),
    "assessment_report": marked("the report of an assessment"),
    "assessment_report_refused": marked("the report of an assessment: refused"),
    "kit": marked("devices on loan"),
    "annotations_refused": marked("what is marked in days and nights: refused"),
    "watching": marked("when the home was not watched, and who was told"),
    "consent": marked("consent and legal basis"),
    "install": marked("the registration of devices"),
    "fhir_patient": marked("the name, by a program"),
    "fhir_group": marked("who lives in the home, by a program"),
    "fhir_device": marked("the devices, by a program"),
    "fhir_observation": marked("the numbers of days and nights, by a program"),
    "fhir_flag": marked("what was noticed, by a program"),
    "fhir_provenance": marked("how something was noticed, by a program"),
    "fhir_communication": marked("who was told of alerts, by a program"),
    "fhir_refused": marked("records, by a program: refused"),
}


def page_words(page: str) -> str:
    """Return what somebody looked at.

    Examples
    --------
    >>> page_words("timeline"), page_words("a_page_of_later")
    ('the last 24 hours at home', 'a page of later')
    """
    return _(_PAGES[page]) if page in _PAGES else page.replace("_", " ")


def role_words(role: str) -> str:
    """Return what a role is called.

    Examples
    --------
    >>> role_words("care_worker"), role_words("")
    ('care worker', 'role not kept')
    """
    return _(NAMES[CarerRole(role)]).lower() if role in set(CarerRole) else _("role not kept")
